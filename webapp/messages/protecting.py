"""A batch protects itself: when its messages are refused for a reason that none of them can help."""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from sqlalchemy import bindparam, select, update

from webapp.extensions import db
from webapp.messages.batches import hold_by_id
from webapp.messages.channels import Channel, OutcomeKind
from webapp.messages.channels.outcomes import Flag, explain
from webapp.messages.models import Batch
from webapp.notices.endings import tell_of
from webapp.notices.models import Level

#: So many refusals with one and the same code, with no other answer between them, hold a batch.
RUN = 10
#: Refused because of its receiver, so it says nothing about the others.
OF_THE_RECIPIENT = frozenset(
    {
        Flag.BAD_ADDRESS,
        Flag.HARD_BOUNCE,
        Flag.SUPPRESS_CHANNEL,
        Flag.SUPPRESS_MARKETING,
        Flag.SAME_RECIPIENT,
        Flag.NEEDS_TEMPLATE,
    }
)


class Verdict(NamedTuple):
    """What a provider said of one message of a batch, in the order in which it said so."""

    batch_id: int
    channel: Channel
    kind: OutcomeKind
    code: str | None


def protect(verdicts: Iterable[Verdict]) -> None:
    """Hold the batches that must stop, with the reason in words. The caller commits.

    In the transaction that stores the outcomes. Called by the sender, and by whoever hears later
    that a message was not delivered.
    """
    by_batch: dict[int, list[Verdict]] = {}
    for verdict in verdicts:
        by_batch.setdefault(verdict.batch_id, []).append(verdict)
    for batch_id in sorted(by_batch):
        _protect(batch_id, by_batch[batch_id])


def _protect(batch_id: int, verdicts: list[Verdict]) -> None:
    stops = [verdict for verdict in verdicts if verdict.kind == OutcomeKind.STOP_CAMPAIGN]
    if stops:
        _hold(stops[0])
        return
    telling = [verdict for verdict in verdicts if tells(verdict)]
    if not telling:
        return
    if all(verdict.kind == OutcomeKind.ACCEPTED for verdict in telling):
        # Most often: all is well, and there is no run to end.
        db.session.connection().execute(_END_RUN, {"of": batch_id})
        return
    _count(batch_id, telling)


_END_RUN = (
    update(Batch)
    .where(Batch.id == bindparam("of"), Batch.run_length > 0)
    .values(run_code=None, run_length=0)
)


def _count(batch_id: int, telling: list[Verdict]) -> None:
    query = select(Batch.run_code, Batch.run_length).where(Batch.id == batch_id).with_for_update()
    row = db.session.execute(query).one_or_none()
    code, length = (row.run_code, row.run_length) if row else (None, 0)
    worst = None
    for verdict in telling:
        if verdict.kind == OutcomeKind.ACCEPTED:
            code, length = None, 0
            continue
        code, length = verdict.code, length + 1 if verdict.code == code else 1
        if length >= RUN:
            worst = verdict
    db.session.execute(
        update(Batch)
        .where(Batch.id == batch_id)
        .values(run_code=code, run_length=length)
        .execution_options(synchronize_session=False)
    )
    if worst is not None:
        _hold(worst)


def _hold(verdict: Verdict) -> None:
    words = explain(verdict.channel, verdict.code)
    if hold_by_id(verdict.batch_id, words.sentence, words.advice):
        _tell(verdict.batch_id)


def _tell(batch_id: int) -> None:
    """Tell whoever had it sent: nothing goes on until somebody has looked."""
    batch = db.session.get_one(Batch, batch_id, populate_existing=True)
    if batch.rehearsal is None and batch.held_at is not None:
        tell_of(
            batch.subject_type,
            batch.subject_id,
            "Has paused itself",
            " ".join(filter(None, (batch.reason, batch.advice))),
            level=Level.BAD,
            key=f"batch:{batch_id}:{batch.held_at.timestamp():.0f}",
        )


def tells(verdict: Verdict) -> bool:
    """Say whether a verdict tells of the whole batch: an acceptance, or a refusal of any message."""
    if verdict.kind == OutcomeKind.ACCEPTED:
        return True
    return verdict.kind == OutcomeKind.PERMANENT and _is_general(verdict.channel, verdict.code)


@cache
def _is_general(channel: Channel, code: str | None) -> bool:
    flags = explain(channel, code).flags
    return Flag.PAUSE_ON_RUN in flags or not flags & OF_THE_RECIPIENT
