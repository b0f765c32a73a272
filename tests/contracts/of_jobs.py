"""Who may open the pages of jobs, and what changes something there."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.contracts.world import World, send
from webapp.extensions import db
from webapp.jobs.acting import bulk
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.listing.filters import Filter
from webapp.jobs.models import Job, JobState

VIEWERS = """
    jobs.children jobs.log
    failures.index filters.index filters.save filters.show filters.remove
"""
OPERATORS = """
    jobs.ask_cancel jobs.take_back jobs.change jobs.retry_with jobs.preview_many jobs.ask_many
    jobs.take_back_many exports.jobs
"""
ADMINS = ""


def take_back(client: FlaskClient, world: World) -> TestResponse:
    job = world.jobs["FAILURE"]
    send(client, f"/jobs/{job.id}/retry")
    return send(client, f"/jobs/{job.id}/take-back")


def retry_with(client: FlaskClient, world: World) -> TestResponse:
    job = world.jobs["FAILURE"]
    job.kind, job.args = JobKind.BOOKING_NOTIFY, {**job.args, "what": "confirmed"}
    db.session.commit()
    return send(client, f"/jobs/{job.id}/change", what="cancelled")


def ask_many(client: FlaskClient, _world: World) -> TestResponse:
    return send(client, "/jobs/many/retry", show="failed")


def take_back_many(client: FlaskClient, world: World) -> TestResponse:
    many = Job(
        kind=JobKind.JOBS_CANCEL, queue=Queue.DEFAULT, max_attempts=4, state=JobState.SUCCESS,
        args={"chosen": bulk.chosen(Filter()).to_json()}, finished_at=world.jobs["FAILURE"].finished_at,
    )  # fmt: skip
    db.session.add(many)
    db.session.commit()
    one = world.jobs["PENDING"]
    send(client, f"/jobs/{one.id}/cancel")
    one.bulk_id = many.id
    db.session.commit()
    return send(client, f"/jobs/{many.id}/take-back-all")


def remove(client: FlaskClient, world: World) -> TestResponse:
    """Delete a filter of whoever asks: nobody sees another one's."""
    saved = send(client, "/jobs/filters?kind=jobs.nothing", name="To be deleted")
    assert saved.status_code == 303
    page = client.get("/jobs/filters").text
    number = page.rsplit("/delete", 1)[0].rsplit("/", 1)[1]
    return send(client, f"/jobs/filters/{number}/delete")


#: Of each route that changes something, how it is asked for one change: (client, world) -> answer.
WAYS: dict[str, Any] = {
    "jobs.take_back": take_back,
    "jobs.retry_with": retry_with,
    "jobs.ask_many": ask_many,
    "jobs.take_back_many": take_back_many,
    "filters.save": lambda c, _w: send(c, "/jobs/filters?show=failed", name="What failed"),
    "filters.remove": remove,
    "exports.jobs": lambda c, _w: send(c, "/exports/jobs?show=failed"),
}
