"""Who is acting: known to the domain without its knowing of a request."""

from contextvars import ContextVar
from typing import Any, NamedTuple

from webapp import logs
from webapp.accounts.models import AuditEntry
from webapp.extensions import db


class Actor(NamedTuple):
    """The person behind a change, or nobody: a customer, a provider, a job."""

    user_id: int | None = None
    address: str | None = None


NOBODY = Actor()
_actor: ContextVar[Actor] = ContextVar("actor", default=NOBODY)


def act_as(actor: Actor) -> None:
    """Say who is behind all that follows in this request or job."""
    _actor.set(actor)


def who() -> Actor:
    """Return who is acting."""
    return _actor.get()


def record(action: str, text: str, *, about: Any = None, **detail: Any) -> None:
    """Write down that somebody changed something, in the transaction of the change itself.

    ``action`` is "noun.verb" ("booking.confirmed"); ``text`` is the sentence that people read.
    """
    actor = who()
    db.session.add(
        AuditEntry(
            user_id=actor.user_id,
            action=action,
            subject_type=type(about).__name__.lower() if about is not None else None,
            subject_id=str(about.id) if about is not None else None,
            text=text,
            detail=detail,
            request_id=logs.request_id(),
            address=actor.address,
        )
    )
