"""How long the jobs of a kind usually take, by the last that went well."""

import time
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, select

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.page.together import Found, Parts, ask, given, row
from webapp.states import stands

#: So many are looked at, and with fewer nothing is said.
LAST, LEAST = 200, 20
#: Among so many jobs of all kinds, the newest: a kind that is seldom asked for costs no more than others.
LOOKED_AT = 20_000
#: Seconds for which a process remembers what it found: it changes slowly.
REMEMBERED = 60.0
SINCE = timedelta(days=90)

_known: dict[tuple[str, JobKind], tuple[float, timedelta | None]] = {}


def parts(kind: JobKind) -> Parts:
    """Return the question that ``learn`` wants answered: none while the answer is remembered."""
    return Parts() if _remembers(kind) else _asked(kind)


def learn(kind: JobKind, found: Found) -> None:
    """Remember what was found of a kind."""
    took = sorted(one.at - one.began_at for one in found.get("took", ()))
    usual = took[len(took) * 95 // 100] if len(took) >= LEAST else None
    _known[_key(kind)] = (time.monotonic(), usual)


def most(kind: JobKind) -> timedelta | None:
    """Return the time within which 95 of 100 were done; None where too few were to say that."""
    if not _remembers(kind):
        learn(kind, ask(_asked(kind)))
    return _known[_key(kind)][1]


def forget() -> None:
    """Look anew the next time."""
    _known.clear()


def _remembers(kind: JobKind) -> bool:
    at, _ = _known.get(_key(kind), (float("-inf"), None))
    return time.monotonic() - at <= REMEMBERED


def _key(kind: JobKind) -> tuple[str, JobKind]:
    return str(db.engine.url), kind


def _asked(kind: JobKind) -> Parts:
    return Parts((_LAST,), {"kind": kind, "since": now() - SINCE})


def _last() -> Select[Any]:
    columns = (Job.id, Job.kind, Job.state, Job.created_at, Job.started_at, Job.finished_at)
    newest = select(*columns).order_by(Job.id.desc()).limit(LOOKED_AT).subquery().c
    last = (
        select(newest.started_at, newest.finished_at)
        .where(
            newest.kind == given("kind", Job.kind.type),
            stands(newest.state, JobState.SUCCESS),
            newest.started_at.is_not(None),
            newest.created_at > given("since", Job.created_at.type),
        )
        .order_by(newest.id.desc())
        .limit(LAST)
        .subquery()
    )
    return select(*row("took", began_at=last.c.started_at, at=last.c.finished_at))


_LAST = _last()
