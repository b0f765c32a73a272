"""Whether messages leave, and whether those who carry them say what became of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, func, or_, select, union_all

from webapp.clock import first_id, now
from webapp.extensions import db, settings
from webapp.health.thresholds import NOTHING_SENT, PROVIDER_SILENT, UNREPORTED
from webapp.messages import due
from webapp.messages.channels import Channel
from webapp.messages.models import Batch, EventState, Message, MessageState, ProviderEvent
from webapp.messages.opened import Open, open_batches
from webapp.messages.quieting import open_at
from webapp.messages.stopping import open_channels
from webapp.states import stands

DAY = timedelta(days=1)
#: Who reports by which name; a mail server reports nothing.
REPORTS = {Channel.SMS: "twilio", Channel.WHATSAPP: "whatsapp"}
UNFINISHED = (MessageState.QUEUED, MessageState.SENDING)


def stuck_channels() -> list[Channel]:
    """Return the open channels whose messages could have left for minutes, while none left at all."""
    since, ready, batches = now() - NOTHING_SENT, open_channels(), open_batches()
    waiting = _with_due(ready, batches, since)
    written = _written_since(batches) if waiting else since
    return [channel for channel in waiting if not _sent_since(channel, since, written)]


def _with_due(ready: list[Channel], batches: Sequence[Open], since: datetime) -> list[Channel]:
    """Return the channels by which something could have left since a moment."""
    alone = select(Message.channel).where(*due.OWN_DUE, due.OWN_FREE).distinct()
    found = set(db.session.scalars(alone, {"moment": since}))
    of_batch = (
        select(Message.id)
        .where(
            *due.BATCH_DUE, due.BATCH_FREE, open_at(bindparam("soon", type_=Message.due_at.type))
        )
        .limit(1)
    )
    for batch in batches:
        for channel in set(ready) - found:
            values = {"of_batch": batch.id, "by": channel, "moment": since, "soon": now()}
            if db.session.scalar(of_batch, values) is not None:
                found.add(channel)
    return [channel for channel in ready if channel in found]


def _written_since(batches: Sequence[Open]) -> datetime:
    """Return since when what leaves now may have been written: a large batch takes days to leave."""
    ids = [batch.id for batch in batches]
    begun = db.session.scalar(select(func.min(Batch.created_at)).where(Batch.id.in_(ids)))
    return min(begun or now(), now() - DAY)


def _sent_since(channel: Channel, since: datetime, written: datetime) -> bool:
    """Say whether anything has left since a moment: the newest first, of which one has as a rule."""
    sent = (
        select(Message.id)
        .where(Message.id >= first_id(written), Message.channel == channel, Message.sent_at > since)
        .order_by(Message.id.desc())
        .limit(1)
    )
    return db.session.scalar(sent) is not None


class Silence(NamedTuple):
    """A provider that has reported nothing about what was sent by its channel."""

    channel: Channel
    #: When it last reported anything.
    since: datetime


def silent_providers() -> list[Silence]:
    """Return the channels whose provider used to report and has fallen silent."""
    return list(_silent())


def _silent() -> Iterator[Silence]:
    moment = now()
    for provider_channel, last in last_reports().items():
        if last is None or not moment - DAY * 7 < last < moment - PROVIDER_SILENT:
            continue  # it just reported, or never does
        waiting = (
            select(Message.id)
            .outerjoin(Batch, Batch.id == Message.batch_id)
            .where(
                Message.id >= first_id(moment - DAY),
                Message.channel == provider_channel,
                Message.state == MessageState.SENT,
                Message.sent_at.between(last, moment - PROVIDER_SILENT),
                or_(Message.batch_id.is_(None), Batch.rehearsal.is_(None)),
            )
            .limit(UNREPORTED)
        )
        if len(db.session.execute(waiting).all()) == UNREPORTED:
            yield Silence(provider_channel, last)


def last_reports() -> dict[Channel, datetime | None]:
    """Return when the provider of each channel that is in use last reported; None: never."""
    config = settings()
    used = {Channel.SMS: config.twilio, Channel.WHATSAPP: config.whatsapp}
    asked = [channel for channel in REPORTS if used[channel]]
    if not asked:
        return {}
    newest = [
        select(func.max(ProviderEvent.received_at))
        .where(ProviderEvent.provider == REPORTS[channel])
        .scalar_subquery()
        for channel in asked
    ]
    row = db.session.execute(select(*newest)).one()
    return dict(zip(asked, row, strict=True))


class Reports(NamedTuple):
    """Reports that were received and not worked through yet."""

    waiting: int
    #: Seconds since the oldest of them came.
    oldest: float


def waiting_reports() -> dict[str, Reports]:
    """Return what waits of each provider's reports; a provider of which none waits is not named."""
    moment = now()
    rows = db.session.execute(
        select(ProviderEvent.provider, func.count(), func.min(ProviderEvent.received_at))
        .where(stands(ProviderEvent.state, EventState.NEW))
        .group_by(ProviderEvent.provider)
    )
    return {
        provider: Reports(count, max(0.0, (moment - oldest).total_seconds()))
        for provider, count, oldest in rows
    }


class Flow(NamedTuple):
    """The messages of a channel in one state."""

    number: int
    #: Seconds for which the oldest of them has been due.
    oldest: float


def unfinished() -> dict[tuple[Channel, MessageState], Flow]:
    """Return the messages that are due, or under way, or of which nobody knows whether they arrived.

    Two statements in one: each half has an index of few rows, which an OR would miss.
    """
    moment = now()
    columns = (Message.channel, Message.state, func.count(), func.min(Message.due_at))
    waiting = select(*columns).where(stands(Message.state, *UNFINISHED), Message.due_at <= moment)
    uncertain = select(*columns).where(
        stands(Message.state, MessageState.UNKNOWN), Message.finished_at.is_(None)
    )
    halves = (half.group_by(Message.channel, Message.state) for half in (waiting, uncertain))
    rows = db.session.execute(union_all(*halves))
    return {
        (channel, state): Flow(count, max(0.0, (moment - oldest).total_seconds()))
        for channel, state, count, oldest in rows
    }


def of_last_day() -> dict[tuple[Channel, MessageState], int]:
    """Count the messages that were written in the last 24 hours, by channel and where they stand."""
    rows = db.session.execute(
        select(Message.channel, Message.state, func.count())
        .where(Message.id >= first_id(now() - DAY))
        .group_by(Message.channel, Message.state)
    )
    return {(channel, state): count for channel, state, count in rows}
