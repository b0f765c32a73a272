"""The workers that are there: each says every few seconds that it lives."""

from datetime import timedelta

from sqlalchemy import delete, func, select

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs import owners
from webapp.jobs.models import ALIVE_FOR, Worker

SAY_EVERY = timedelta(seconds=5)


def sign_in(concurrency: int) -> None:
    """Say that this worker lives. Commits."""
    row = db.session.get(Worker, owners.me())
    if row is None:
        db.session.execute(delete(Worker).where(Worker.seen_at < now() - timedelta(days=1)))
        db.session.add(Worker(name=owners.me(), concurrency=concurrency))
    elif row.seen_at < now() - SAY_EVERY:
        row.seen_at = now()
    db.session.commit()


def sign_off() -> None:
    """Say that this worker leaves. The caller commits."""
    db.session.execute(delete(Worker).where(Worker.name == owners.me()))


def at_work() -> int:
    """Return how many workers have lately said that they live."""
    alive = select(func.count()).select_from(Worker).where(Worker.seen_at > now() - ALIVE_FOR)
    return db.session.scalar(alive) or 0
