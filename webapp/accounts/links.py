"""Links that work once: made for somebody, handed over, used or expired."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from webapp.accounts import tokens
from webapp.accounts.acting import record
from webapp.accounts.models import Link, User
from webapp.clock import now
from webapp.extensions import db, settings
from webapp.states import rows_changed

SETUP = "setup"
SETUP_LIFE = timedelta(minutes=30)
PASSWORD_LIFE = timedelta(hours=24)


class AccountExists(Exception):
    """The first account has been made, so nobody may make it again."""


def for_setup() -> str:
    """Return an address for making the first account. Raises AccountExists."""
    token = _make(SETUP, life=SETUP_LIFE)
    if db.session.scalar(select(User.id).limit(1)) is not None:
        raise AccountExists
    record("setup.link", "Made a link for the first account")
    return f"{settings().public_url}/setup/{token}"


def for_password(user: User) -> str:
    """Return an address at which a person sets a password; an older one stops working."""
    token = _make(f"user:{user.id}", life=PASSWORD_LIFE, user_id=user.id)
    return f"{settings().public_url}/password/{token}"


def find(token: str, *, slot: str | None = None) -> Link | None:
    """Return the link while it works: a person's, or that of a slot."""
    link = db.session.scalar(
        select(Link).where(
            Link.token_hash == tokens.fingerprint(token),
            Link.used_at.is_(None),
            Link.expires_at > now(),
        )
    )
    if link is None or (link.slot == SETUP) != (slot == SETUP):
        return None
    return link if link.user is None or link.user.active else None


def use(link: Link, token: str) -> bool:
    """Use a link up, in the transaction of what it is used for; of two people one gets True."""
    used = db.session.execute(
        update(Link)
        .where(
            Link.token_hash == tokens.fingerprint(token),
            Link.used_at.is_(None),
            Link.expires_at > now(),
        )
        .values(used_at=now())
        .execution_options(synchronize_session=False)
    )
    db.session.expire(link)
    return bool(rows_changed(used))


def void(user: User) -> None:
    """Make a person's link stop working."""
    db.session.execute(delete(Link).where(Link.user_id == user.id))


def _make(slot: str, *, life: timedelta, user_id: int | None = None) -> str:
    token = tokens.new()
    values = {"token_hash": tokens.fingerprint(token), "expires_at": now() + life, "used_at": None}
    if not _renew(slot, values):
        try:
            with db.session.begin_nested():
                db.session.add(Link(slot=slot, user_id=user_id, **values))
        except IntegrityError:  # somebody has made one for it in this very moment
            _renew(slot, values)
    return token


def _renew(slot: str, values: dict[str, Any]) -> bool:
    changed = db.session.execute(update(Link).where(Link.slot == slot).values(**values))
    return bool(rows_changed(changed))
