"""What providers report: stored as it came, answered at once, worked through by a task.

Whoever knows what a provider's reports mean registers a handler; a report may come any number of
times, in any order and in any company, and changes a row once.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from sqlalchemy import Row, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import Wake
from webapp.jobs.queue import wake
from webapp.jobs.sweeping import backlog
from webapp.messages.models import EventState, ProviderEvent
from webapp.states import rows_changed, stands

log = structlog.get_logger(__name__)

BATCH = 400

#: Works through one report. Returns the provider's id of a message or order that is not known yet,
#: or None when all is done. Raises ValueError for a report that makes no sense.
Handler = Callable[[bytes, dict[str, Any]], str | None]
handlers: dict[str, Handler] = {}


#: Works through many reports in one transaction, without a commit. Returns the numbers of those that
#: must be handled one by one.
Together = Callable[[Sequence[Row[Any]]], list[int]]
together: dict[str, Together] = {}


def handles(provider: str) -> Callable[[Handler], Handler]:
    """Register what works through a provider's reports."""

    def register(handler: Handler) -> Handler:
        handlers[provider] = handler
        return handler

    return register


def takes_many(*providers: str) -> Callable[[Together], Together]:
    """Register what works through many reports of some providers at once."""

    def register(work: Together) -> Together:
        together.update(dict.fromkeys(providers, work))
        return work

    return register


def store(
    provider: str, body: bytes, *, event_id: str | None = None, extra: dict[str, Any] | None = None
) -> bool:
    """Keep a verified report and wake whoever works through it. False when it was known.

    ``event_id`` is the provider's own id for the report; without one, the same bytes are the same
    report. The caller commits, and answers 200 only after that.
    """
    identity = event_id.encode() if event_id else body
    digest = hashlib.sha256(b"%s\0%s" % (provider.encode(), identity)).hexdigest()
    try:
        with db.session.begin_nested():
            db.session.add(
                ProviderEvent(provider=provider, digest=digest, body=body, extra=extra or {})
            )
    except IntegrityError:
        return False
    wake(Wake.RECEIVE)
    return True


@backlog(Wake.RECEIVE)
def reports_wait() -> bool:
    """Say whether reports wait to be worked through."""
    waiting = select(ProviderEvent.id).where(stands(ProviderEvent.state, EventState.NEW)).limit(1)
    return db.session.scalar(waiting) is not None


def receive() -> bool:
    """Work through the oldest reports. True when more wait. Commits."""
    waiting = db.session.execute(
        select(ProviderEvent.id, ProviderEvent.provider, ProviderEvent.body, ProviderEvent.extra)
        .where(stands(ProviderEvent.state, EventState.NEW))
        .order_by(ProviderEvent.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    left = [event.id for event in waiting if event.provider not in together]
    for work in set(together.values()):
        left += _at_once(work, [event for event in waiting if together.get(event.provider) == work])
    db.session.commit()
    for event_id in left:
        handle(event_id)
        db.session.commit()
    return len(waiting) == BATCH


def _at_once(work: Together, events: Sequence[Row[Any]]) -> list[int]:
    """Work through many reports, or leave all of them to be handled one by one."""
    if len(events) <= 1:
        return [event.id for event in events]
    try:
        with db.session.begin_nested():
            return work(events)
    except OperationalError:
        raise
    except Exception as problem:  # one of them is at fault, and is found when each goes by itself
        log.error("reports could not be worked through together", exc_info=problem)
        return [event.id for event in events]


def handle(event_id: int) -> None:
    """Work through one report, unless somebody else just did. The caller commits."""
    event = db.session.scalar(
        select(ProviderEvent)
        .where(ProviderEvent.id == event_id, ProviderEvent.state == EventState.NEW)
        .with_for_update(skip_locked=True)
    )
    if event is None:
        return
    try:
        with db.session.begin_nested():
            event.orphan_of = handlers[event.provider](event.body, event.extra)
    except OperationalError:  # the database is away: the report says nothing wrong
        raise
    except Exception as problem:  # whatever it is, the reports behind this one must not wait for it
        log.error(
            "a report makes no sense", provider=event.provider, report=event.id, exc_info=problem
        )
        event.state, event.problem = EventState.BAD, str(problem) or repr(problem)
    else:
        event.state = EventState.ORPHAN if event.orphan_of else EventState.DONE
    event.handled_at = now()


def adopt(*provider_ids: str) -> None:
    """Have the reports worked through that came before we knew what they were about."""
    if not provider_ids:
        return
    found = db.session.execute(
        update(ProviderEvent)
        .where(ProviderEvent.orphan_of.in_(provider_ids), ProviderEvent.state == EventState.ORPHAN)
        .values(state=EventState.NEW, orphan_of=None)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(found):
        wake(Wake.RECEIVE)
