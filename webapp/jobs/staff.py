"""The workers: each says every few seconds that it lives and what it does, and hears what it is to do."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import case, delete, func, or_, select, true, update
from sqlalchemy.orm import joinedload

from webapp.accounts.acting import record, who
from webapp.accounts.models import User
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs import owners
from webapp.jobs.kinds import POLICIES, Queue, Wake
from webapp.jobs.models import Job, JobState
from webapp.jobs.worker_models import ALIVE_FOR, Pause, Wish, Worker
from webapp.states import rows_changed, stands

SAY_EVERY = timedelta(seconds=5)
#: For so long it is told of a worker that is gone.
REMEMBER = timedelta(days=1)
#: Of more jobs that one worker left, only the newest are told.
LEFT_TOLD = 50
WAKES = {
    Wake.DELIVER: "Sends messages",
    Wake.SEND_BATCHES: "Sends messages",
    Wake.RECEIVE: "Reads what providers report",
    Wake.RECONCILE: "Asks what became of messages",
}


class NotThere(Exception):
    """The worker is gone, so nothing can be asked of it; the text says so."""


class Presence(NamedTuple):
    """What a worker says of itself."""

    concurrency: int
    queues: list[str]
    memory: int | None
    #: The names of its children.
    children: list[str]
    #: ``[child's name, task's name, since when in epoch seconds]``
    doing: list[list[Any]]


class Doing(NamedTuple):
    """What one process does, or has left in the middle."""

    words: str
    #: None for what is no job.
    job_id: uuid.UUID | None
    since: datetime | None


class Colleague(NamedTuple):
    """A worker, as it is told of."""

    name: str
    spoken: str
    alive: bool
    concurrency: int
    queues: list[Queue]
    started_at: datetime
    seen_at: datetime
    memory: int | None
    doing: list[Doing]
    #: What it left in the middle, when it is gone: others go on with it.
    left: list[Doing]
    wish: Wish
    wished_at: datetime | None
    wished_by: str | None
    wish_reason: str | None
    resting_since: datetime | None


class Paused(NamedTuple):
    """A queue that somebody has paused."""

    queue: Queue
    since: datetime
    by: str | None
    reason: str


def sign_on(here: Presence) -> None:
    """Say that this worker begins. Whatever an earlier life under its name was asked is over. Commits."""
    db.session.execute(
        delete(Worker).where(or_(Worker.name == owners.me(), Worker.seen_at < now() - REMEMBER))
    )
    db.session.add(Worker(name=owners.me(), **here._asdict()))
    db.session.commit()


def sign_in(look: Callable[[], Presence], *, resting: bool) -> Wish:
    """Say that this worker lives, and whether it rests; return what it is to do. Commits.

    Written every few seconds only; ``look`` is called when it is.
    """
    row = db.session.get(Worker, owners.me(), populate_existing=True)
    if row is None:  # taken for gone a day ago, when this machine slept
        sign_on(look())
        return Wish.WORK
    if row.seen_at < now() - SAY_EVERY or resting != (row.resting_since is not None):
        for name, value in look()._asdict().items():
            setattr(row, name, value)
        row.seen_at = now()
        row.resting_since = (row.resting_since or now()) if resting else None
        row.version += 1
    wish = row.wish
    db.session.commit()
    return wish


def sign_off() -> None:
    """Say that this worker leaves. The caller commits."""
    db.session.execute(delete(Worker).where(Worker.name == owners.me()))


def ask(name: str, wish: Wish, reason: str | None = None) -> None:
    """Ask something of a worker that lives; it hears it within a second or two. Raises NotThere."""
    asked = db.session.execute(
        update(Worker)
        .where(Worker.name == name, Worker.seen_at > now() - ALIVE_FOR)
        .values(
            wish=wish,
            wished_at=now(),
            wished_by_id=who().user_id,
            wish_reason=reason,
            version=Worker.version + 1,
        )
    )
    if rows_changed(asked) != 1:
        raise NotThere("This worker is gone, so nothing can be asked of it.")
    words = {Wish.WORK: "to work again", Wish.QUIET: "to rest", Wish.RESTART: "to begin anew"}[wish]
    because = f": {reason}" if reason else ""
    record(
        f"worker.{wish}", f"Asked the worker {owners.spoken(name)} {words}{because}", worker=name
    )


def at_work() -> int:
    """Return how many workers have lately said that they live."""
    alive = select(func.count()).select_from(Worker).where(Worker.seen_at > now() - ALIVE_FOR)
    return db.session.scalar(alive) or 0


class House(NamedTuple):
    """What every page tells of the work: how many workers live, how many of them rest, what is paused."""

    alive: int
    resting: int
    pauses: list[Paused]


def house() -> House:
    """Return it, in one statement."""
    rests = case((Worker.resting_since.is_not(None), 1))
    one = (
        select(func.count().label("alive"), func.count(rests).label("resting"))
        .where(Worker.seen_at > now() - ALIVE_FOR)
        .subquery()
    )
    rows = db.session.execute(
        select(one.c.alive, one.c.resting, Pause.queue, Pause.paused_at, User.name, Pause.reason)
        .select_from(one)
        .outerjoin(Pause, true())
        .outerjoin(User, User.id == Pause.paused_by_id)
    ).all()
    pauses = [Paused(*row[2:]) for row in rows if row.queue is not None]
    return House(
        rows[0].alive, rows[0].resting, sorted(pauses, key=lambda one: list(Queue).index(one.queue))
    )


def note_left(left: Iterable[tuple[str, uuid.UUID]]) -> None:
    """Note which jobs processes of which worker have left in the middle. The caller commits."""
    by_process: dict[str, list[str]] = {}
    for process, job_id in left:
        by_process.setdefault(process, []).append(str(job_id))
    if not by_process:
        return
    for row in db.session.scalars(select(Worker).order_by(Worker.name)):
        jobs = [job for child in row.children for job in by_process.get(child, [])]
        if jobs:
            row.left = [*(job for job in row.left if job not in jobs), *jobs][-LEFT_TOLD:]
            row.version += 1


def workers() -> list[Colleague]:
    """Return the workers of the last day, those that live first; in two statements."""
    rows = db.session.scalars(
        select(Worker)
        .options(joinedload(Worker.wished_by))
        .where(Worker.seen_at > now() - REMEMBER)
        .order_by(Worker.started_at)
    ).all()
    left = {uuid.UUID(job_id) for row in rows for job_id in row.left}
    held: dict[str, list[Doing]] = {}
    known: dict[uuid.UUID, Doing] = {}
    for job in _jobs(left):
        doing = Doing(POLICIES[job.kind].title, job.id, job.started_at)
        known[job.id] = doing
        if job.state == JobState.PROGRESS:
            held.setdefault(job.worker, []).append(doing)
    told = [_told(row, held, known) for row in rows]
    return sorted(told, key=lambda one: not one.alive)


def _jobs(left: set[uuid.UUID]) -> Sequence[Any]:
    running = stands(Job.state, JobState.PROGRESS)
    wanted = or_(running, Job.id.in_(left)) if left else running
    columns = (Job.id, Job.kind, Job.state, Job.worker, Job.started_at)
    return db.session.execute(select(*columns).where(wanted).order_by(Job.started_at)).all()


def _told(row: Worker, held: dict[str, list[Doing]], known: dict[uuid.UUID, Doing]) -> Colleague:
    alive = row.seen_at > now() - ALIVE_FOR
    jobs = [doing for child in row.children for doing in held.get(child, [])]
    busy = {child for child in row.children if child in held}
    others = [
        Doing(WAKES[Wake(task)], None, datetime.fromtimestamp(since, UTC))
        for child, task, since in row.doing
        if alive and child not in busy
    ]
    left = [known[job] for job in map(uuid.UUID, row.left) if job in known]
    return Colleague(
        row.name,
        owners.spoken(row.name),
        alive,
        row.concurrency,
        [queue for queue in Queue if queue.value in row.queues],
        row.started_at,
        row.seen_at,
        row.memory,
        jobs + others if alive else [],
        [] if alive else left + [doing for doing in jobs if doing not in left],
        row.wish,
        row.wished_at,
        row.wished_by.name if row.wished_by else None,
        row.wish_reason,
        row.resting_since,
    )
