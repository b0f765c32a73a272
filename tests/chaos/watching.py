"""Looking at a house while everything goes wrong in it."""

from collections.abc import Callable, Iterator

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from tests.chaos.accidents import keep_alive
from tests.live import wait_for
from tests.stack import Stack
from webapp.jobs.models import UNFINISHED, Job, JobState
from webapp.messages.models import EventState, Message, MessageState, ProviderEvent

ARRIVED = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)
MOVING = (MessageState.QUEUED, MessageState.SENDING)


def look_after(stack: Stack, what: Callable[[], bool], *, within: float = 240) -> None:
    """Wait for something; meanwhile start again what ends by itself, as every platform does."""

    def done() -> bool:
        keep_alive((stack.web, stack.worker, stack.beat))
        return what()

    wait_for(done, within=within)


def told(stack: Stack) -> int:
    """Return how many messages have left, as far as anybody knows."""
    return count(stack, select(func.count()).where(Message.state.not_in(MOVING)))


def unknown(stack: Stack) -> int:
    return count(stack, select(func.count()).where(Message.state == MessageState.UNKNOWN))


def all_quiet(stack: Stack) -> bool:
    """Say whether nothing is left to do: no job, no message, no report."""
    coming = stack.sandbox.ask("/_/webhooks")["waiting"]
    jobs = count(stack, select(func.count()).where(Job.state.in_(UNFINISHED)))
    moving = count(stack, select(func.count()).where(Message.state.in_(MOVING)))
    reports = count(stack, select(func.count()).where(ProviderEvent.state == EventState.NEW))
    return coming == jobs == moving == reports == 0


def count(stack: Stack, question: Select[tuple[int]]) -> int:
    return int(stack.look(lambda s: s.scalar(question)))


def accepted(stack: Stack) -> dict[str, int]:
    """Return how often the sandbox accepted each message."""
    found: dict[str, int] = stack.sandbox.ask("/_/accepted")
    return found


def wrong_jobs(session: Session) -> Iterator[str]:
    """Name the jobs that did not end well, and the reports that were not understood."""
    for job in session.query(Job).filter(Job.state != JobState.SUCCESS):
        yield f"the job {job.kind} ended as {job.state}: {job.error}"
    strange = ProviderEvent.state.in_((EventState.BAD, EventState.ORPHAN))
    for event in session.query(ProviderEvent).filter(strange):
        yield f"a report of {event.provider} is {event.state}: {event.problem}"
