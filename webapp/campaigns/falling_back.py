"""Where one channel has failed for certain, the next one is tried."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update
from uuid_utils.compat import uuid7

from webapp.campaigns.composing import Composer, Letter, composer
from webapp.campaigns.ending import reopen
from webapp.campaigns.expanding import Plan, Windows, message, purpose
from webapp.campaigns.in_turn import READ
from webapp.campaigns.models import Campaign, Recipient
from webapp.extensions import db
from webapp.messages import recording
from webapp.messages.channels.outcomes import Flag, explain
from webapp.messages.models import Batch, Message, MessageState
from webapp.messages.writing import write_many

#: Who does not want to be written to gets nothing by another channel either.
NOT_WANTED = {Flag.SUPPRESS_MARKETING, Flag.SUPPRESS_CHANNEL}


def register() -> None:
    """Have the next channel tried whenever a message of a campaign fails."""
    if fall_back not in recording.when_failed:
        recording.when_failed.append(fall_back)


def fall_back(ids: Sequence[uuid.UUID]) -> None:
    """Write the next message for each that has failed and has another way. The caller commits.

    Only where it is certain that nothing arrived. An answer and a report that both say "failed"
    write one message: the first marks the old one as superseded.
    """
    failed = db.session.execute(
        select(Message.id, Message.batch_id, Message.channel, Message.recipient, Message.code)
        .join(Batch, Batch.id == Message.batch_id)
        .where(
            Message.id.in_(ids),
            Message.state == MessageState.FAILED,
            Message.superseded.is_(False),
            Message.recipient.is_not(None),
            Batch.subject_type == "campaign",
            Batch.cancelled_at.is_(None),
        )
    ).all()
    by_batch: defaultdict[int, list[Any]] = defaultdict(list)
    for row in failed:
        if not explain(row.channel, row.code).flags & NOT_WANTED:
            by_batch[row.batch_id or 0].append(row)
    for batch_id, rows in sorted(by_batch.items()):
        _fall_back(db.session.get_one(Batch, batch_id), rows)


def _fall_back(batch: Batch, failed: Sequence[Any]) -> None:
    campaign = db.session.get(Campaign, int(batch.subject_id))
    if campaign is None or len(campaign.channels) < 2:
        return
    letters = _letters(batch, campaign, composer(campaign), failed)
    if not letters:
        return
    # Whoever marks the old one writes the new one; nobody else can.
    marked = set(
        db.session.scalars(
            update(Message)
            .where(
                Message.id.in_(list(letters)),
                Message.state == MessageState.FAILED,
                Message.superseded.is_(False),
            )
            .values(superseded=True, version=Message.version + 1)
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        )
    )
    rows = [row for old, row in letters.items() if old in marked]
    if rows:
        reopen(batch.id)
        write_many(rows)


def _letters(
    batch: Batch, campaign: Campaign, texts: Composer, failed: Sequence[Any]
) -> dict[uuid.UUID, dict[str, Any]]:
    """Return the rows to write, by the message in whose place each comes."""
    query = select(*READ).where(Recipient.id.in_([row.recipient for row in failed]))
    people = {one.id: one for one in db.session.execute(query)}
    suppressed, written = texts.suppressed(people.values()), _written(batch, people)
    plan = Plan.of(campaign, batch)
    windows, letters = Windows(plan), {}
    for old in failed:
        who = people.get(old.recipient)
        if who is None:
            continue
        ref = uuid7()
        letter = texts.next(who, old.channel, suppressed=suppressed, ref=ref)
        if isinstance(letter, Letter) and (str(who.id), letter.channel) not in written:
            letters[old.id] = message(plan, who, ref, letter, windows)
    return letters


def _written(batch: Batch, people: dict[int, Row[Any]]) -> set[tuple[str, Any]]:
    """Return by which channels some people have been written to."""
    query = select(Message.subject_id, Message.channel).where(
        Message.subject_type == "recipient",
        Message.subject_id.in_([str(number) for number in people]),
        Message.purpose == purpose(batch.id),
    )
    return {(row.subject_id, row.channel) for row in db.session.execute(query)}
