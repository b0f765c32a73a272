"""The job that asks something of many jobs: some at a time, each batch one short transaction.

How far it is stands in its arguments, written with each batch; a row that it has asked carries its
id. So a run that follows on one that was killed asks nobody twice and leaves nobody out.
"""

import time
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, insert, null, or_, select, update
from sqlalchemy.exc import IntegrityError

from webapp.accounts.acting import who
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.acting import bulk, things
from webapp.jobs.acting.asking import AGAIN, BEING_RUN, again, asked_to_stop, stopped
from webapp.jobs.acting.bulk import Chosen
from webapp.jobs.acting.previewing import ENDED, LATER, TWINS, why_not
from webapp.jobs.acting.remembering import has_twin, not_begun, remembered
from webapp.jobs.history import JobEvent, What
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import WAITING, Job, JobState
from webapp.jobs.running import STOPPED, Ended, Run, tell_end

BATCH = 500
#: Seconds after which a slice ends, so that what else waits in the queue has its turn.
SLICE = 15.0
#: SQLite lets in one writer at a time: smaller batches, and after each others may write for at
#: least so many seconds, and for as long as it took.
BATCH_OF_SQLITE, BREATH = 200, 0.03


def go_on(
    run: Run, wish: JobKind, *, batch: int | None = None, seconds: float = SLICE
) -> str | None:
    """Ask of the next jobs of the set for a while, and say what came of it; None: there is more.

    Commits after each batch; there it can be stopped.
    """
    chosen = Chosen.from_json(run.args["chosen"])
    progress = _Progress(run)
    if "total" not in run.args:
        progress.begin(wish, chosen)
    until = time.monotonic() + seconds
    pace = _Pace(batch)
    while rows := _next(run, wish, chosen, pace.batch):
        done = _retry(run, rows) if wish == JobKind.JOBS_RETRY else _cancel(run, rows)
        progress.add(rows, done, skipped=TWINS if wish == JobKind.JOBS_RETRY else ENDED)
        pace.breathe()
        if time.monotonic() > until:
            return None
    return progress.words(wish)


def take_back(
    run: Run, bulk_id: uuid.UUID, *, batch: int | None = None, seconds: float = SLICE
) -> str | None:
    """Take back what has not begun of all that a job has asked, for a while; None: there is more."""
    progress = _Progress(run)
    if "total" not in run.args:
        progress.plan(_count(Job.bulk_id == bulk_id, not_begun()))
    until = time.monotonic() + seconds
    pace = _Pace(batch)
    while rows := _of_bulk(run, bulk_id, pace.batch):
        progress.add(rows, _take_back(run, bulk_id, rows), skipped=BEGUN)
        pace.breathe()
        if time.monotonic() > until:
            return None
    done, begun = run.args["done"], _count(Job.bulk_id == bulk_id)
    stand = "1 job stands" if done == 1 else f"{done:,} jobs stand"
    return f"{stand} as before. {begun:,} had begun already and stay as they are."


BEGUN = "had begun already"


class _Pace:
    """How many at once, and how long others may write between two batches."""

    def __init__(self, batch: int | None) -> None:
        self.alone = db.engine.dialect.name == "sqlite"
        self.batch = batch or (BATCH_OF_SQLITE if self.alone else BATCH)
        self.began = time.monotonic()

    def breathe(self) -> None:
        """Let others write, where they could not meanwhile."""
        if self.alone:
            time.sleep(max(BREATH, time.monotonic() - self.began))
        self.began = time.monotonic()


class _Progress:
    """How far it is, in the job's arguments."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def begin(self, wish: JobKind, chosen: Chosen) -> None:
        """Count the set, which may be large: nobody waits here."""
        able = bulk.can(wish, chosen)
        stopping = Job.cancel_requested_at.is_not(None)
        found = db.session.execute(
            select(Job.state, stopping, able, func.count())
            .where(*chosen.conditions(), Job.bulk_id.is_distinct_from(self.run.id))
            .group_by(Job.state, stopping, able)
        ).all()
        db.session.commit()
        skipped: Counter[str] = Counter()
        for state, asked, fits, number in found:
            if not fits:
                skipped[why_not(wish, state, stopping=asked) or LATER] += number
        self.plan(sum(row[3] for row in found if row[2]), skipped)

    def plan(self, total: int, skipped: dict[str, int] | None = None) -> None:
        """Remember how many there are."""
        self.run.args.update(total=total, done=0, seen=0, after=None, skipped=dict(skipped or {}))
        self._store()

    def add(self, rows: Sequence[Any], done: int, *, skipped: str) -> None:
        """Remember that these were asked, in the transaction that asked them."""
        args = self.run.args
        left = len(rows) - done
        if left:
            args["skipped"][skipped] = args["skipped"].get(skipped, 0) + left
        args.update(done=args["done"] + done, seen=args["seen"] + len(rows), after=str(rows[-1].id))
        self._store()

    def _store(self) -> None:
        args, run = self.run.args, self.run
        db.session.execute(
            update(Job)
            .where(Job.id == run.id)
            .values(args=dict(args))
            .execution_options(synchronize_session=False)
        )
        total = max(args["total"], args["seen"])
        run.step(args["seen"], total, f"{args['seen']:,} of {total:,} looked at.")

    def words(self, wish: JobKind) -> str:
        """Say what came of it."""
        done, skipped = self.run.args["done"], self.run.args["skipped"]
        runs = "1 job runs" if done == 1 else f"{done:,} jobs run"
        told = f"{runs} again." if wish == JobKind.JOBS_RETRY else f"{done:,} stopped."
        left = ", ".join(f"{number:,} {why}" for why, number in skipped.items() if number)
        return f"{told} Left out: {left}." if left else f"{told} None was left out."


def _count(*conditions: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(Job).where(*conditions)) or 0


def _next(run: Run, wish: JobKind, chosen: Chosen, batch: int) -> Sequence[Any]:
    after = run.args["after"]
    query = select(Job.id, Job.kind, Job.key).where(
        *chosen.conditions(),
        bulk.can(wish, chosen),
        Job.bulk_id.is_distinct_from(run.id),
    )
    if after:
        query = query.where(Job.id > uuid.UUID(after))
    return db.session.execute(query.order_by(Job.id).limit(batch)).all()


def _of_bulk(run: Run, bulk_id: uuid.UUID, batch: int) -> Sequence[Any]:
    query = select(Job.id).where(Job.bulk_id == bulk_id, not_begun())
    if run.args["after"]:
        query = query.where(Job.id > uuid.UUID(run.args["after"]))
    return db.session.execute(query.order_by(Job.id).limit(batch)).all()


def _retry(run: Run, rows: Sequence[Any]) -> int:
    """Let these run again; of those with the same work the newest. The sweep publishes them."""
    ids = list({(row.kind, row.key or row.id): row.id for row in rows}.values())
    statement = (
        update(Job)
        .where(
            Job.id.in_(ids),
            Job.state.in_(AGAIN),
            or_(Job.key.is_(None), ~has_twin()),
        )
        .values(**again(bulk_id=run.id, published_at=null(), asked_by_id=Job.asked_by_id))
    )
    text = "Asked to run again, with others"
    return _follow(_apart(ids, statement, What.AGAIN, run, text), taken_back=False)


def _cancel(run: Run, rows: Sequence[Any]) -> int:
    """Stop these: at once what waits, at its next step what runs."""
    ids = [row.id for row in rows]
    text = "Asked to stop, with others"
    waited = update(Job).where(Job.id.in_(ids), Job.state.in_(WAITING))
    running = update(Job).where(Job.id.in_(ids), *BEING_RUN)
    ended = _each(waited.values(**stopped(bulk_id=run.id)), What.CANCEL, run, text)
    asked = _each(running.values(**asked_to_stop(bulk_id=run.id)), What.CANCEL, run, text)
    for row in ended:
        tell_end(
            Ended(row.id, row.kind, JobState.REVOKED, row.attempt, row.asked_by_id, error=STOPPED)
        )
    return len(ended) + len(asked)


def _take_back(run: Run, bulk_id: uuid.UUID, rows: Sequence[Any]) -> int:
    ids = [row.id for row in rows]
    statement = (
        update(Job)
        .where(Job.id.in_(ids), Job.bulk_id == bulk_id, not_begun())
        .values(**remembered())
    )
    text = "Taken back, with others"
    return _follow(_apart(ids, statement, What.TAKEN_BACK, run, text), taken_back=True)


def _apart(
    ids: Sequence[uuid.UUID], statement: Any, what: What, run: Run, text: str
) -> Sequence[Any]:
    """Run an UPDATE that makes jobs wait again; where two would do the same work, one by one."""
    try:
        with db.session.begin_nested():
            return _each(statement, what, run, text)
    except IntegrityError:  # the same work was asked for in this very moment
        return [
            found for one in ids for found in _one(statement.where(Job.id == one), what, run, text)
        ]


def _one(statement: Any, what: What, run: Run, text: str) -> Sequence[Any]:
    try:
        with db.session.begin_nested():
            return _each(statement, what, run, text)
    except IntegrityError:
        return []


def _follow(rows: Sequence[Any], *, taken_back: bool) -> int:
    """Let the things of these jobs follow them, where they do; return how many jobs there are."""
    for row in rows:
        if row.kind in things.things:
            job = db.session.get_one(Job, row.id, populate_existing=True)
            things.follow(job, taken_back=taken_back)
    return len(rows)


def _each(statement: Any, what: What, run: Run, text: str) -> Sequence[Any]:
    """Run an UPDATE of jobs, write down for each that it happened, and let their things follow."""
    done = db.session.execute(
        statement.returning(Job.id, Job.kind, Job.attempt, Job.asked_by_id).execution_options(
            synchronize_session=False
        )
    ).all()
    if done:
        told = {
            "at": now(), "what": what, "text": text, "user_id": who().user_id,
            "reason": run.args.get("reason"),
        }  # fmt: skip
        db.session.execute(insert(JobEvent), [{"job_id": row.id, **told} for row in done])
    return done
