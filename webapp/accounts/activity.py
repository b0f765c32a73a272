"""What people did, newest first, page by page."""

from typing import NamedTuple

from sqlalchemy import and_, or_, select

from webapp.accounts.models import AuditEntry
from webapp.extensions import db

PAGE = 50


class Page(NamedTuple):
    """Some entries, and the ids at which the pages beside them begin."""

    entries: list[AuditEntry]
    newer: int | None
    older: int | None


def page(
    *, person: int | None, words: str, before: int | None = None, after: int | None = None
) -> Page:
    """Return the entries older than ``before``, or newer than ``after``, or the newest.

    ``person`` finds what somebody did and what was done about him; ``words`` what the text says.
    """
    found = select(AuditEntry)
    if person is not None:
        about = and_(AuditEntry.subject_type == "user", AuditEntry.subject_id == str(person))
        found = found.where(or_(AuditEntry.user_id == person, about))
    if words:
        found = found.where(AuditEntry.text.icontains(words, autoescape=True))
    if after is not None:
        found = found.where(AuditEntry.id > after).order_by(AuditEntry.id)
        rows = list(db.session.scalars(found.limit(PAGE + 1)))
        more, rows = len(rows) > PAGE, rows[:PAGE][::-1]
        return Page(rows, rows[0].id if more else None, rows[-1].id if rows else None)
    if before is not None:
        found = found.where(AuditEntry.id < before)
    rows = list(db.session.scalars(found.order_by(AuditEntry.id.desc()).limit(PAGE + 1)))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    newer = rows[0].id if before is not None and rows else None
    return Page(rows, newer, rows[-1].id if more else None)
