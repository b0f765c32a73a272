"""While a campaign is sent, whatever can be killed is killed: everybody gets it exactly once."""

import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.chaos import accidents
from tests.chaos.operator import Operator, Pause
from tests.chaos.recipients import prepare
from tests.chaos.watching import (
    ARRIVED,
    accepted,
    all_quiet,
    look_after,
    told,
    unknown,
    wrong_jobs,
)
from tests.stack import Stack, release
from webapp.campaigns.models import Campaign, CampaignState, Recipient
from webapp.clock import now
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.messages.models import Attempt, Batch, Message, MessageState
from webapp.notices.models import Notice

if TYPE_CHECKING:
    from tests.services import Kind, NewDatabase

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]

PEOPLE = int(os.environ.get("CHAOS_RECIPIENTS", "300"))
KILLS = max(6, PEOPLE // 100)
FLUSHES = 2
PAUSES = max(2, KILLS // 8)
#: Messages a second by each channel: slow enough that the work spans all accidents.
RATE = max(12, PEOPLE // 200)
KILLERS: tuple[accidents.Accident, ...] = (
    accidents.kill_a_worker_child,
    accidents.kill_the_worker,
    accidents.kill_the_web,
    accidents.kill_a_worker_child,
    accidents.kill_the_workers_main_process,
    accidents.kill_beat,
    accidents.kill_a_worker_child,
    accidents.deploy_the_worker,
    accidents.kill_a_web_child,
)


class Happening(NamedTuple):
    """Something that happens after a share of the work."""

    share: float
    name: str
    happen: Callable[[random.Random], None]


@pytest.fixture(scope="module")
def stack(
    kind: "Kind", new_database: "NewDatabase", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Return the whole product with a limit of its own, on each database."""
    pace = {"BATCH_RATE": str(RATE), "RATE_WINDOW_SECONDS": "1"}
    here = Stack(tmp_path_factory.mktemp("stack"), new_database(kind, release), **pace)
    try:
        here.open()
        here.whole()
        yield here
    finally:
        here.close()


def test_everybody_gets_a_campaign_exactly_once_whatever_dies(stack, chaos_seed):
    chance = random.Random(chaos_seed)
    stack.sandbox.ask("/_/settings", {"webhook_longest_gap": 4.0})
    campaign_id = prepare(stack, PEOPLE)
    operator = Operator(stack, campaign_id)
    operator.check()
    accidents.kill_a_worker_child(stack, chance)
    look_after(stack, lambda: ended(stack, JobKind.CAMPAIGN_CHECK))
    operator.send()
    began = time.monotonic()
    for share, name, happen in plan(stack, operator, chance):
        look_after(stack, lambda share=share: told(stack) >= share * PEOPLE)
        time.sleep(chance.uniform(0, 0.3))
        print(f"{now():%H:%M:%S.%f} {told(stack):5} told: {name}")
        happen(chance)
    look_after(stack, lambda: is_done(stack, campaign_id) and all_quiet(stack))
    # Some are still reported as delivered; a moment later they are counted too.
    look_after(stack, lambda: counted(stack) == operator.numbers() == of_rows(stack), within=60)
    print(
        f"seed {chaos_seed}: {PEOPLE} people in {time.monotonic() - began:.0f} s, {KILLS} kills, "
        f"{len(operator.pauses)} pauses, {operator.repeated} answers got lost, "
        f"{unknown(stack)} unknown"
    )

    with stack.session() as session:
        problems = [
            *wrong_jobs(session),
            *wrong_messages(session, campaign_id, accepted(stack)),
            *left_in_a_pause(session, operator.pauses),
            *wrong_notices(session),
        ]
    assert problems == []


def plan(stack: Stack, operator: Operator, chance: random.Random) -> list[Happening]:
    """Return what happens, in order.

    The first kills meet the job that writes the messages, before any of them has left.
    """
    kills = [KILLERS[number % len(KILLERS)] for number in range(KILLS)]
    later = [*kills[2:], *([accidents.flush_redis] * FLUSHES)]
    happens = [(one.__name__, partial(one, stack)) for one in later]
    happens += [("pause and go on", operator.pause_and_go_on)] * PAUSES
    chance.shuffle(happens)
    shares = sorted(chance.uniform(0.02, 0.9) for _ in happens)
    first = [Happening(0.0, one.__name__, partial(one, stack)) for one in kills[:2]]
    return first + [
        Happening(share, *happening) for share, happening in zip(shares, happens, strict=True)
    ]


def ended(stack: Stack, kind: JobKind) -> bool:
    done = select(func.count()).where(Job.kind == kind, Job.state == JobState.SUCCESS)
    return bool(stack.look(lambda s: s.scalar(done)))


def is_done(stack: Stack, campaign_id: int) -> bool:
    state = select(Campaign.state).where(Campaign.id == campaign_id)
    return bool(stack.look(lambda s: s.scalar(state)) == CampaignState.DONE)


def of_rows(stack: Stack) -> dict[str, int]:
    """Count the rows by their state."""
    states = select(Message.state, func.count()).group_by(Message.state)
    return {str(state): number for state, number in stack.look(lambda s: s.execute(states).all())}


def counted(stack: Stack) -> dict[str, int]:
    """Return what pages go by."""
    counts: dict[str, int] = stack.look(lambda s: s.scalar(select(Batch.counts)))
    return counts


def wrong_messages(session: Session, campaign_id: int, times: dict[str, int]) -> Iterator[str]:
    """Name whoever got it not at all, or more than once, or perhaps more than once."""
    people = session.scalars(select(Recipient.id).where(Recipient.campaign_id == campaign_id))
    missing, seen = set(people), set()
    for message in session.query(Message):
        key = f"{message.channel}:{message.id}"
        found, missing = times.get(key, 0), missing - {message.recipient}
        seen.add(key)
        allowed = {0, 1} if message.state == MessageState.UNKNOWN else {1}
        if message.state not in (*ARRIVED, MessageState.UNKNOWN) or found not in allowed:
            yield f"a {message.channel} is {message.state} and was accepted {found} times"
    if missing or len(seen) != PEOPLE:
        yield f"{len(seen)} messages were written, {len(missing)} people have none"
    if strangers := set(times) - seen:
        yield f"{len(strangers)} messages were accepted that stand nowhere"


def left_in_a_pause(session: Session, pauses: list[Pause]) -> Iterator[str]:
    """Name what left although the answer to the pause had come."""
    for pause in pauses:
        began, until = (datetime.fromtimestamp(moment, UTC) for moment in pause)
        left = session.scalar(
            select(func.count()).where(Attempt.started_at > began, Attempt.started_at < until)
        )
        if left:
            yield f"{left} messages left while it was paused from {began:%X.%f} to {until:%X.%f}"


def wrong_notices(session: Session) -> Iterator[str]:
    """Whoever asked for a job is told of its end once, and once of the end of the whole."""
    asked = session.query(Job).where(Job.asked_by_id.is_not(None)).count()
    jobs = session.query(Notice).where(Notice.key.startswith("job:")).count()
    ends = session.query(Notice).where(Notice.key.startswith("campaign:")).count()
    if (jobs, ends) != (asked, 1):
        yield f"of {asked} jobs {jobs} were told, and the end {ends} times"
