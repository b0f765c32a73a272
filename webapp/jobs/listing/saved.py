"""Filters of the list of jobs that a person keeps under a name."""

from sqlalchemy import delete, func, select

from webapp.accounts.acting import record
from webapp.extensions import db
from webapp.jobs.known import SavedFilter
from webapp.jobs.listing.filters import Filter

MOST = 30
LENGTH = 60


class NotSaved(Exception):
    """It cannot be kept; the text says why."""


def save(user_id: int, name: str, wanted: Filter) -> SavedFilter:
    """Keep a filter under a name; one of the same name is replaced. Raises NotSaved."""
    if not name or len(name) > LENGTH:
        raise NotSaved(f"Give it a name of at most {LENGTH} letters.")
    mine = select(SavedFilter).where(SavedFilter.user_id == user_id)
    kept = db.session.scalar(mine.where(SavedFilter.name == name))
    if kept is None:
        number = db.session.scalar(select(func.count()).select_from(mine.subquery())) or 0
        if number >= MOST:
            raise NotSaved(f"You have {MOST} filters already. Delete one first.")
        kept = SavedFilter(user_id=user_id, name=name)
        db.session.add(kept)
    kept.args = wanted.to_json()
    db.session.flush()
    record("filter.saved", f"Saved the filter “{name}”", filter=kept.args)
    return kept


def find(user_id: int, filter_id: int) -> SavedFilter | None:
    """Return a person's own filter; nobody sees another one's."""
    mine = select(SavedFilter).where(SavedFilter.id == filter_id, SavedFilter.user_id == user_id)
    return db.session.scalar(mine)


def remove(kept: SavedFilter) -> None:
    """Forget a filter."""
    record("filter.removed", f"Deleted the filter “{kept.name}”")
    db.session.execute(delete(SavedFilter).where(SavedFilter.id == kept.id))
