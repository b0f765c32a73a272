"""The list of jobs shows what people look for."""

from typing import Any

from flask.testing import FlaskClient

from webapp.clock import now
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import Job, JobState


def by_the_clock(db: Any, state: JobState) -> None:
    db.session.add(
        Job(kind=JobKind.PAYMENT_CHECK, queue=Queue.DEFAULT, state=state, max_attempts=4,
            finished_at=now(), routine=state == JobState.SUCCESS)
    )  # fmt: skip
    db.session.commit()


def test_what_the_clock_asks_for_and_went_well_stands_apart(vera: FlaskClient, db: Any) -> None:
    by_the_clock(db, JobState.SUCCESS)
    assert "No jobs yet" in vera.get("/jobs").text
    assert "Nothing found" in vera.get("/jobs?show=done").text
    assert "/jobs/0" in vera.get("/jobs?show=routine").text


def test_what_the_clock_asks_for_and_failed_is_seen_by_everybody(
    vera: FlaskClient, db: Any
) -> None:
    by_the_clock(db, JobState.FAILURE)
    assert "/jobs/0" in vera.get("/jobs").text
