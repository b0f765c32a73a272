"""The recipients of a campaign, some at a time, in the order in which they came."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, exists, func, select, update

from webapp.campaigns.composing import Letter, Trouble
from webapp.campaigns.models import Recipient, Source, SourceState
from webapp.extensions import db

SLICE = 2_000
#: Columns instead of rows of the ORM: a third of the time, and nothing is kept.
READ = (
    Recipient.id,
    Recipient.phone,
    Recipient.email,
    Recipient.zone,
    Recipient.country,
    Recipient.values,
    Recipient.customer_id,
    Recipient.problem,
    Recipient.detail,
)
Person = Row[Any]
Result = Letter | Trouble


def people_after(campaign_id: int, reached: int) -> Sequence[Person]:
    """Return the next recipients of a campaign, in the order in which they came.

    While a source is being read there are none: a number that is given out and not stored yet
    would be left behind for ever. The end is looked up before that is asked, so that it is exact.
    """
    last = last_recipient(campaign_id)
    if last <= reached or being_read(campaign_id):
        return ()
    return db.session.execute(
        select(*READ)
        .where(Recipient.campaign_id == campaign_id, Recipient.id > reached, Recipient.id <= last)
        .order_by(Recipient.id)
        .limit(SLICE)
    ).all()


def last_recipient(campaign_id: int) -> int:
    """Return the number of the newest recipient; 0 when there is none."""
    query = select(func.max(Recipient.id)).where(Recipient.campaign_id == campaign_id)
    return db.session.scalar(query) or 0


def being_read(campaign_id: int) -> bool:
    """Say whether recipients are still being added."""
    reading = exists().where(Source.campaign_id == campaign_id, Source.state == SourceState.READING)
    return bool(db.session.scalar(select(reading)))


def note_problems(people: Sequence[Person], found: Sequence[Result]) -> None:
    """Write at each recipient why nothing can be sent to them, where that has changed."""
    rows = []
    for one, result in zip(people, found, strict=True):
        trouble = result if isinstance(result, Trouble) else None
        problem = trouble.code if trouble else None
        detail = trouble.sentence[:300] if trouble else None
        if (problem, detail) != (one.problem, one.detail):
            rows.append({"of": one.id, "new_problem": problem, "new_detail": detail})
    if rows:
        db.session.connection().execute(_NOTE, rows)


_NOTE = (
    update(Recipient)
    .where(Recipient.id == bindparam("of"))
    .values(problem=bindparam("new_problem"), detail=bindparam("new_detail"))
)
