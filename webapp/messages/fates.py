"""What follows from an answer that is not an acceptance."""

from typing import NamedTuple

from webapp.extensions import settings
from webapp.jobs.running import backoff
from webapp.messages.channels import Outcome, OutcomeKind
from webapp.messages.channels.outcomes import Explanation
from webapp.messages.models import MessageState


class Fate(NamedTuple):
    """What follows from a refusal: the state, the seconds until the next try, the failures so far."""

    state: MessageState
    wait: float
    failures: int


def after_refusal(
    outcome: Outcome, words: Explanation, *, failures: int, of_batch: bool = False
) -> Fate:
    """Decide what follows from an outcome that is not an acceptance.

    A limit costs no retry; a passing trouble is tried as often as RETRY_SECONDS has entries, less
    where the table says so for its code. What stops a channel or a batch fails none of its messages.
    """
    planned = settings().retry_seconds
    if outcome.kind == OutcomeKind.UNKNOWN:
        return Fate(MessageState.UNKNOWN, 0, failures)
    if outcome.kind == OutcomeKind.THROTTLED:
        return Fate(MessageState.QUEUED, outcome.retry_after or planned[0], failures)
    if outcome.kind == OutcomeKind.STOP_CHANNEL or (
        outcome.kind == OutcomeKind.STOP_CAMPAIGN and of_batch
    ):
        return Fate(MessageState.QUEUED, 0, failures)
    allowed = min(len(planned), words.retries) if words.retries is not None else len(planned)
    if outcome.kind == OutcomeKind.TRANSIENT and failures < allowed:
        wait = max(outcome.retry_after or 0, backoff(failures, planned))
        return Fate(MessageState.QUEUED, wait, failures + 1)
    return Fate(MessageState.FAILED, 0, failures + 1)
