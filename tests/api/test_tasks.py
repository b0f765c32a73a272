import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from uuid_utils.compat import uuid7

from tests.api.conftest import Caller, Program
from tests.queues import Queue
from webapp.accounts.models import AuditEntry
from webapp.clock import first_id, now
from webapp.extensions import db
from webapp.jobs.history import JobEvent
from webapp.jobs.kinds import JobKind
from webapp.jobs.known import Subject
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue

OLD = timedelta(days=3)


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [task["id"] for task in answer.json["tasks"]]


@pytest.fixture
def jobs(program: Program) -> dict[str, Job]:
    """Return jobs that differ in what can be asked for."""
    old = enqueue(JobKind.NOTHING)
    old.id = first_id(now() - OLD)
    found = {
        "old": old,
        "routine": enqueue(JobKind.SESSIONS_CLEAN, routine=True),
        "failed": enqueue(JobKind.NOTHING),
        "about": enqueue(JobKind.PAYMENT_CHECK),
    }
    db.session.flush()
    found["failed"].state, found["failed"].finished_at = JobState.FAILURE, now()
    found["failed"].error, found["failed"].advice = "The number is wrong.", "Mend it."
    subject = Subject(type="booking", ref="12", name="BELL-12 Asha Rao")
    db.session.add(subject)
    db.session.flush()
    found["about"].subject_type, found["about"].subject_id = "booking", "12"
    found["about"].about_id = subject.id
    db.session.commit()
    return found


def test_tasks_are_found_by_all_that_is_said_of_them(
    program: Program, jobs: dict[str, Job]
) -> None:
    caller = program("tasks:read")
    day_ago = (now() - timedelta(days=1)).isoformat()
    wanted = {
        "": ["about", "failed", "routine", "old"],
        "state=FAILURE": ["failed"],
        "state=FAILURE,REVOKED": ["failed"],
        "type=booking": ["about"],
        "who=-": ["about", "failed", "routine", "old"],
        "who=1": [],
        "cause=7": [],
        "kind=jobs.nothing": ["failed", "old"],
        f"queue={jobs['about'].queue}": ["about", "failed", "old"],
        "about=booking:12": ["about"],
        "about=booking:1": [],
        "routine=true": ["routine"],
        f"until={day_ago}": ["old"],
        f"since={day_ago}&routine=false": ["about", "failed"],
        f"since={day_ago}&kind=jobs.nothing&state=PENDING": [],
    }
    for query, names in wanted.items():
        address = f"/api/tasks?{query}".replace("+", "%2B")
        assert ids(caller.get(address)) == [str(jobs[name].id) for name in names], query


def test_a_list_is_read_to_its_end_by_the_address_of_the_next_part(
    program: Program, jobs: dict[str, Job]
) -> None:
    caller, seen = program("tasks:read"), []
    address: str | None = "/api/tasks?limit=3&routine=false"
    while address:
        answer = caller.get(address)
        seen.append(ids(answer))
        address = (answer.json or {})["next"]
    assert [len(part) for part in seen] == [3]
    first = caller.get("/api/tasks?limit=2&routine=false").json or {}
    assert ids(caller.get(first["next"])) == [str(jobs["old"].id)]


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Return what is asked of the database while the test runs."""
    asked: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    yield asked
    event.remove(db.engine, "before_cursor_execute", hear)


def test_a_long_list_takes_no_more_statements_than_a_short_one(
    program: Program, statements: list[str]
) -> None:
    caller = program("tasks:read")
    caller.get("/api/tasks")  # and writes down that the token was used
    counts = []
    for _ in range(2):
        for _ in range(20):
            enqueue(JobKind.NOTHING)
        db.session.commit()
        del statements[:]
        caller.get("/api/tasks")
        counts.append(len([one for one in statements if one.startswith("SELECT")]))
    assert counts[0] == counts[1] <= 8, statements


def test_a_task_tells_what_it_is_and_how_far(program: Program, queue: Queue) -> None:
    caller = program("tasks:write")
    job = enqueue(JobKind.NOTHING)
    job.total, job.done, job.note = 8, 3, "Looked at three."
    db.session.commit()
    task = caller.get(f"/api/tasks/{job.id}").json or {}
    assert (task["state"], task["title"], task["attempts"]) == ("PENDING", job.title, 0)
    assert task["progress"] == {
        "state": "PENDING", "current": 3, "total": 8, "percent": 37,
        "note": "Looked at three.", "seconds_left": None,
    }  # fmt: skip
    queue.run()
    task = caller.get(task["links"]["self"]).json or {}
    assert (task["state"], task["progress"]["percent"]) == ("SUCCESS", 100)
    assert task["finished_at"] > task["created_at"]


def test_progress_that_has_not_changed_is_304(program: Program, queue: Queue) -> None:
    caller = program("tasks:read")
    job = enqueue(JobKind.NOTHING)
    db.session.commit()
    address = f"/api/tasks/{job.id}/progress"
    first = caller.get(address)
    seen = {"If-None-Match": first.headers["ETag"]}
    again = caller.get(address, headers=seen)
    assert (again.status_code, again.data) == (304, b"")
    queue.run()
    ended = caller.get(address, headers=seen)
    assert ended.status_code == 200
    assert (ended.json or {})["state"] == "SUCCESS"


def test_what_people_ask_of_a_job_programs_can_ask_too(program: Program, queue: Queue) -> None:
    caller = program("tasks:write")
    job = enqueue(JobKind.NOTHING)
    db.session.commit()
    answer = ask(caller, job, "cancel", {"reason": "Asked  for twice"})
    assert (answer.status_code, (answer.json or {})["state"]) == (202, "REVOKED")
    told = db.session.query(JobEvent).filter_by(job_id=job.id).one()
    assert told.reason == "Asked for twice"
    assert ask(caller, job, "cancel").status_code == 409
    again = ask(caller, job, "retry")
    assert (again.status_code, (again.json or {})["state"]) == (202, "PENDING")
    assert (again.json or {})["asked_by"] == "the program The till"
    refused = ask(caller, job, "retry")
    assert refused.status_code == 409
    assert "not finished" in (refused.json or {})["error"]
    actions = [entry.action for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)]
    assert actions == ["token.made", "job.cancelled", "job.retried"]
    queue.run()
    assert db.session.get_one(Job, job.id).state == JobState.SUCCESS


def ask(caller: Caller, job: Job, wish: str, body: dict[str, str] | None = None) -> Any:
    return (
        caller.post(f"/api/tasks/{job.id}/{wish}", json=body)
        if body
        else caller.post(f"/api/tasks/{job.id}/{wish}")
    )


def test_a_cookie_is_no_token(ada: FlaskClient, jobs: dict[str, Job]) -> None:
    job = jobs["failed"]
    assert ada.get(f"/api/tasks/{job.id}").status_code == 401
    assert ada.post(f"/api/tasks/{job.id}/retry").status_code == 401
    assert db.session.get_one(Job, job.id).state == JobState.FAILURE


def test_ids_of_jobs_rise_with_time() -> None:
    before, made, after = now(), uuid7(), now()
    assert first_id(before - timedelta(milliseconds=1)) < made
    assert made < first_id(after + timedelta(milliseconds=1))
    moment = before
    assert first_id(moment.replace(year=2999)) < uuid.UUID(int=2**128 - 1)
