"""A notice is given: once to each user, however often it is asked for."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select

from webapp.accounts.models import User
from webapp.clock import now
from webapp.extensions import db, insertion
from webapp.notices.models import Level, Notice
from webapp.states import rows_changed

TITLE, TEXT = 200, 2000


def tell(
    user_id: int,
    title: str,
    text: str = "",
    *,
    level: Level = Level.INFO,
    link: str | None = None,
    key: str | None = None,
) -> bool:
    """Give a user a notice; False when he has it already, or works here no longer.

    ``link`` is a path of this site. With a ``key``, such as a job's id, a second notice of the same
    key is none. Stored with the caller's transaction.
    """
    one = select(User.id).where(User.id == user_id)
    return bool(give(one, title, text, level=level, link=link, key=key or uuid.uuid4().hex))


def give(
    users: Select[Any],
    title: str,
    text: str,
    *,
    level: Level,
    key: str,
    link: str | None = None,
) -> int:
    """Give each of some users the same notice by one statement; return how many had it not yet."""
    values: dict[str, ColumnElement[Any]] = {
        name: literal(value, column.type)
        for name, column, value in (
            ("level", Notice.__table__.c.level, level),
            ("title", Notice.__table__.c.title, title[:TITLE]),
            ("text", Notice.__table__.c.text, text[:TEXT]),
            ("link", Notice.__table__.c.link, link),
            ("key", Notice.__table__.c.key, key),
            ("created_at", Notice.__table__.c.created_at, now()),
        )
    }
    chosen = users.where(User.active.is_(True)).add_columns(*values.values())
    given = db.session.execute(
        insertion(Notice)
        .from_select(["user_id", *values], chosen, include_defaults=False)
        .on_conflict_do_nothing(index_elements=["user_id", "key"])
        .execution_options(preserve_rowcount=True)
    )
    return rows_changed(given)
