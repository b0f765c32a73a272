"""The thread in each web process that looks whether all is well: one of them all at a time.

It must be the web that watches: when the workers are gone, or Redis is, nobody else is left to say so.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from webapp.accounts import acting
from webapp.charts import totals
from webapp.clock import now
from webapp.database import reading
from webapp.extensions import db, settings
from webapp.health import alerts, blackout, checklist, lamps, mailing, rules
from webapp.health.looking import look
from webapp.health.models import Watch
from webapp.states import rows_changed

log = structlog.get_logger(__name__)

ONLY = 1
#: Whoever looks has died if it takes longer than this.
AT_MOST = timedelta(seconds=120)


def start(app: Flask) -> None:
    """Begin to look, in a thread of this process; to be called in a child, never before a fork."""
    with app.app_context():
        every = settings().signals.alert_seconds
    if every:
        threading.Thread(target=_run, args=(app, every), name="watch", daemon=True).start()


def _run(app: Flask, every: int) -> None:
    pause = threading.Event()
    # Processes that start together do not ask together.
    while not pause.wait(random.uniform(0.5, 1.0) * every):  # noqa: S311 - spreads load, guards nothing
        try:
            with app.app_context():
                take_turn(every)
                blackout.over()
        except SQLAlchemyError as problem:
            log.error("the watch met a database error and goes on", problem=str(problem))
            with app.app_context():
                blackout.noticed()
        except Exception:
            log.exception("the watch failed and goes on")


def take_turn(every: float) -> bool:
    """Look, if it is time and nobody else does; False when it is not. Commits."""
    acting.act_as(acting.NOBODY)
    moment = now()
    if not _due(moment, every):
        return False
    if not _take(moment, every):
        return False
    try:
        _look()
    finally:
        db.session.rollback()
        db.session.execute(update(Watch).values(busy_until=None, version=Watch.version + 1))
        db.session.commit()
    return True


def _due(moment: datetime, every: float) -> bool:
    """Say whether it may be time: read alone, since most who ask find that it is not."""
    with _only_reading():
        row = db.session.execute(select(Watch.looked_at)).one_or_none()
    if row is None:
        return True
    due: bool = row.looked_at <= moment - timedelta(seconds=every * 0.9)
    return due


def _take(moment: datetime, every: float) -> bool:
    if db.session.get(Watch, ONLY) is None:
        _begin(moment)
    taken = db.session.execute(
        update(Watch)
        .where(
            Watch.looked_at <= moment - timedelta(seconds=every * 0.9),
            or_(Watch.busy_until.is_(None), Watch.busy_until < moment),
        )
        .values(looked_at=moment, busy_until=moment + AT_MOST)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    mine: bool = rows_changed(taken) == 1
    return mine


@contextmanager
def _only_reading() -> Iterator[None]:
    """Keep no other writer of SQLite out meanwhile; what is read outlives the transaction."""
    token = reading.set(True)
    try:
        yield
    finally:
        db.session.rollback()
        reading.reset(token)


def _begin(moment: datetime) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(Watch(id=ONLY, looked_at=moment - timedelta(days=1)))
    except IntegrityError:
        pass  # another process begins in this moment


def _look() -> None:
    totals.go_on()
    watch = db.session.get_one(Watch, ONLY, populate_existing=True)
    with _only_reading():
        seen = look()
        shown = [lamp.kept() for lamp in lamps.lamps(seen)]
    alerts.follow(rules.troubles(seen))
    db.session.commit()
    checklist.keep(seen)
    watch.found = {
        "missed": len(seen.missed),
        "stalled": seen.stalled,
        "vanished": len(seen.vanished),
        "stuck": [channel.value for channel in seen.stuck],
        "silent": [silence.channel.value for silence in seen.silent],
        "alerts": [alert.rule for alert in alerts.standing()],
    }
    watch.lamps = shown
    db.session.commit()
    mailing.write(watch)
