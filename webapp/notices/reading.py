"""What a user has read of the notices, and what not yet."""

from sqlalchemy import (
    ScalarSelect,
    SQLColumnExpression,
    bindparam,
    func,
    literal_column,
    select,
    update,
)

from webapp.accounts.models import User
from webapp.clock import now
from webapp.extensions import db
from webapp.notices.models import Notice
from webapp.states import rows_changed

#: More unread notices than this are not counted: nobody reads the number then.
MANY = 99


def unread_of(user_id: SQLColumnExpression[int]) -> ScalarSelect[int]:
    """Return the number of a user's unread notices as a part of a SELECT, at most MANY and one."""
    some = (
        select(literal_column("1"))
        .where(Notice.user_id == user_id, Notice.read_at.is_(None))
        .limit(MANY + 1)
        .correlate(User)
        .subquery()
    )
    return select(func.count()).select_from(some).scalar_subquery()


_UNREAD = select(unread_of(bindparam("user_id")))  # built once: it is part of every page


def unread(user_id: int) -> int:
    """Return how many notices a user has not read, at most MANY and one."""
    return db.session.scalar(_UNREAD, {"user_id": user_id}) or 0


def find(notice_id: int, user_id: int) -> Notice | None:
    """Return a notice of this user, and nobody else's."""
    return db.session.scalar(
        select(Notice).where(Notice.id == notice_id, Notice.user_id == user_id)
    )


def read(notice: Notice) -> None:
    """Mark a notice as read; when it was read first is kept."""
    notice.read_at = notice.read_at or now()


def read_all(user_id: int, *, newest: int) -> int:
    """Mark as read what a user has seen: all up to the newest on his page. Return how many."""
    marked = db.session.execute(
        update(Notice)
        .where(Notice.user_id == user_id, Notice.read_at.is_(None), Notice.id <= newest)
        .values(read_at=now())
        .execution_options(synchronize_session=False)
    )
    return rows_changed(marked)
