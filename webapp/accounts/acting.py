"""Who is acting: known to the domain without its knowing of a request."""

import uuid
from contextvars import ContextVar
from typing import Any, NamedTuple

from webapp import logs
from webapp.accounts.models import AuditEntry
from webapp.extensions import db


class Actor(NamedTuple):
    """The person behind a change, or nobody: a customer, a provider, a job."""

    user_id: int | None = None
    address: str | None = None
    #: The job in whose run all this happens.
    job_id: uuid.UUID | None = None
    #: The token of the program that acts; the person is then who made that token.
    token_id: int | None = None


NOBODY = Actor()
_actor: ContextVar[Actor] = ContextVar("actor", default=NOBODY)


def act_as(actor: Actor) -> None:
    """Say who is behind all that follows in this request or job."""
    _actor.set(actor)


def who() -> Actor:
    """Return who is acting."""
    return _actor.get()


def subject_of(about: Any) -> tuple[str, str] | tuple[None, None]:
    """Return as what a row is named where something is about it: its kind's name, and its id."""
    if about is None:
        return None, None
    return getattr(about, "as_subject", type(about).__name__.lower()), str(about.id)


def record(action: str, text: str, *, about: Any = None, **detail: Any) -> None:
    """Write down that somebody changed something, in the transaction of the change itself.

    ``action`` is "noun.verb" ("booking.confirmed"); ``text`` is the sentence that people read.
    """
    actor, (subject_type, subject_id) = who(), subject_of(about)
    db.session.add(
        AuditEntry(
            user_id=actor.user_id,
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
            text=text,
            detail=detail,
            request_id=logs.request_id(),
            address=actor.address,
            token_id=actor.token_id,
        )
    )
