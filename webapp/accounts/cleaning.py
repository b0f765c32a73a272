"""What is over and need not be kept: expired sessions, links that were used or have expired."""

from sqlalchemy import ColumnElement, delete, or_, select

from webapp.accounts.models import Link, Session
from webapp.clock import now
from webapp.extensions import db

BATCH = 500


def remove_some(limit: int = BATCH) -> int:
    """Remove at most so many rows of each kind; return how many there were."""
    moment = now()
    sessions = _remove(Session, Session.expires_at <= moment, limit)
    links = _remove(Link, or_(Link.expires_at <= moment, Link.used_at.is_not(None)), limit)
    return sessions + links


def _remove(table: type[Session] | type[Link], over: ColumnElement[bool], limit: int) -> int:
    ids = db.session.scalars(select(table.id).where(over).limit(limit)).all()
    if ids:
        db.session.execute(delete(table).where(table.id.in_(ids), over))
    return len(ids)
