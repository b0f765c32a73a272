"""What stands at the bell and on the page of notices."""

from typing import Any

from selectolax.lexbor import LexborHTMLParser

from webapp.accounts.models import Role, User
from webapp.extensions import db
from webapp.notices.models import Notice


def user(role: Role) -> User:
    return db.session.query(User).filter_by(role=role).one()


def notices(of: User) -> list[Notice]:
    return db.session.query(Notice).filter_by(user_id=of.id).order_by(Notice.id).all()


def titles(of: User) -> list[str]:
    return [notice.title for notice in notices(of)]


def bell(page: Any) -> str:
    """Return what a screen reader says of the bell."""
    found = LexborHTMLParser(page.text).css_first("a#bell")
    assert found is not None
    return found.attributes["aria-label"] or ""
