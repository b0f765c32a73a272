"""The house as the watch sees it: turns of the watch, and what it then has to say."""

from datetime import timedelta

import time_machine

from webapp.clock import now
from webapp.extensions import db
from webapp.health import alerts, watching
from webapp.health.models import Alert
from webapp.jobs.history import JobEvent, What
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.worker_models import Worker
from webapp.schedules.models import Beat

EVERY = 20
STEP = 30


def a_worker(name="box-a/1:77:5", **values):
    """Let a worker say that it lives."""
    usual = {"concurrency": 2, "queues": ["urgent"], "memory": 64_000_000, "seen_at": now()}
    db.session.merge(Worker(name=name, **{**usual, **values}))
    db.session.commit()


def a_tick():
    """Let beat be heard."""
    db.session.merge(Beat(id=1, heard_at=now()))
    db.session.commit()


def a_job(kind=JobKind.BOOKING_NOTIFY, **values):
    """Add a job that waits since it was asked for."""
    usual = {"kind": kind, "queue": POLICIES[kind].queue, "max_attempts": 4, "published_at": now()}
    job = Job(**{**usual, **values})
    db.session.add(job)
    db.session.commit()
    return job


def ended(state=JobState.SUCCESS, **values):
    """Add a job that has just ended, told of as one that ends is."""
    job = a_job(state=state, started_at=now(), finished_at=now(), attempt=1, **values)
    if state == JobState.FAILURE:
        db.session.add(JobEvent(job_id=job.id, what=What.ERROR, text="It broke."))
        db.session.commit()
    return job


def watch(*, well=True):
    """Take one turn of the watch, in a house in which people and clock are at work, or nothing is."""
    if well:
        a_worker()
        a_tick()
    assert watching.take_turn(EVERY)
    db.session.expire_all()


def watch_for(seconds, *, well=True):
    """Let the watch look again and again for so long."""
    start = now()
    for past in range(0, seconds + 1, STEP):
        with time_machine.travel(start + timedelta(seconds=past), tick=True):
            watch(well=well)


def open_rules():
    return [alert.rule for alert in alerts.standing()]


def all_alerts():
    return db.session.query(Alert).order_by(Alert.id).all()
