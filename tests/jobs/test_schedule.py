"""What happens by the clock: however many beats tick, each turn is taken once."""

from datetime import timedelta

from tests.bookings.making import in_threads
from tests.queues import task_bodies
from webapp.clock import now
from webapp.extensions import db as database
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, Turn


def test_two_ticks_at_once_ask_once(app, db, queue):
    schedule = _schedule(app)

    in_threads(app, 4, lambda _number: schedule.tick())

    assert _asked(JobKind.PAYMENT_CHECK) == 1
    assert _asked(JobKind.SESSIONS_CLEAN) == 1
    assert queue.names().count("messages.reconcile") == 1


def test_a_turn_comes_again_when_its_time_is_over(app, db, queue):
    schedule = _schedule(app)
    schedule.tick()
    queue.run()
    db.session.get_one(Turn, JobKind.PAYMENT_CHECK.value).last_at = now() - timedelta(minutes=2)
    db.session.commit()

    in_threads(app, 4, lambda _number: schedule.tick())

    assert _asked(JobKind.PAYMENT_CHECK) == 2
    assert _asked(JobKind.SESSIONS_CLEAN) == 1


def _schedule(app):
    task_bodies(app)
    from worker import schedule

    return schedule


def _asked(kind):
    return database.session.query(Job).filter_by(kind=kind).count()
