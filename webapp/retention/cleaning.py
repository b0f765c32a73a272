"""The clean-up: kind by kind, a few rows at a time, with rests between them."""

from typing import Any, NamedTuple

from sqlalchemy import select, update

from webapp.accounts.acting import record
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Run
from webapp.looking import a_look
from webapp.retention import rules
from webapp.retention.pacing import Pace
from webapp.retention.rules import Term

#: Also the key under which the clock asks for it: the two are one job.
KEY = "periodic"


class Some(NamedTuple):
    """The keys of the next rows that go, and how far that is."""

    keys: list[Any]
    mark: Any


def ask() -> Job:
    """Ask for a clean-up now; while there is one, that is returned."""
    job = enqueue(JobKind.RETENTION_CLEAN, key=KEY)
    record("retention.clean_asked", "Asked that old data is removed now", about=job)
    return job


def cleanup_old_data(run: Run, days: int | None = None) -> str | None:
    """Remove what is older than its kind is kept, and say how much that was; None: there is more.

    ``days`` takes, for this time, the place of the 90 days that most kinds are kept unless somebody
    has chosen otherwise. Commits after every few rows. It can be stopped and killed anywhere: what
    is gone is gone, and nothing is half removed that somebody could meet.
    """
    counts: dict[str, int] = run.args.get("counts", {})
    ended: list[str] = run.args.get("ended", [])
    pace = Pace(run)
    for name, term in rules.terms(days).items():
        if name in ended or term.before is None:
            continue
        whole = _clean(run, term, pace, counts)
        if whole:
            ended.append(name)
            _close(run, term, counts.get(name, 0))
        _remember(run, counts, ended)
        if not whole:
            return None
    return _told(counts)


def _clean(run: Run, term: Term, pace: Pace, counts: dict[str, int]) -> bool:
    """Remove what is due of a kind; False when time is up."""
    kept, mark, before = term.kept, None, term.before
    removed = counts.get(kept.name, 0)
    last: list[Any] = []
    while not pace.over:
        some = _next(term, before, mark, pace.size)
        if (
            not some.keys or some.keys == last
        ):  # what cannot be removed just now waits for the next time
            return True
        pace.begin()
        for count in kept.remove(some.keys, pace.size):
            removed += count
            counts[kept.name] = removed
            pace.end(sum(counts.values()), f"{kept.title}: {removed:,} {kept.unit} so far.")
        mark, last = some.mark, some.keys
    run.step(sum(counts.values()))
    return False


def _next(term: Term, before: Any, mark: Any, size: int) -> Some:
    kept = term.kept
    after = rules.since(term) if mark is None else [kept.by >= mark]
    query = (
        select(kept.key, kept.by)
        .where(*rules.goes(term, before), *after)
        .order_by(kept.by)
        .limit(size)
    )
    with a_look() as look:
        rows = look.execute(query).all()
    return Some([row[0] for row in rows], rows[-1][1] if rows else None)


def _close(run: Run, term: Term, removed: int) -> None:
    """Write down how it went, and where the next one may begin to look."""
    kept = term.kept
    rest = select(kept.by).where(kept.holds, *rules.since(term)).order_by(kept.by).limit(1)
    with a_look() as look:
        mark = look.execute(rest).scalar()
    rule = rules.rule_of(kept)
    rule.last_at, rule.last_job_id, rule.last_count = now(), run.id, removed
    if mark is not None:
        rule.reached = rules.write_mark(mark)
    db.session.commit()


def _remember(run: Run, counts: dict[str, int], ended: list[str]) -> None:
    """Keep with the job what it has done, for its next slice."""
    run.args.update(counts=counts, ended=ended)
    db.session.execute(update(Job).where(Job.id == run.id).values(args=dict(run.args)))
    db.session.commit()


def _told(counts: dict[str, int]) -> str:
    known = {name: term.kept for name, term in rules.terms().items()}
    told = [f"{known[name].title}: {count:,}." for name, count in counts.items() if count]
    return " ".join(told) or "Nothing was old enough."
