"""What a program asks of tasks: with other values, of many at once, or not after all."""

import uuid
from typing import Any

import pytest

from tests.api.conftest import Program
from tests.jobs.making import a_job, at_work
from tests.jobs.test_many import done
from tests.queues import Queue
from webapp.accounts.models import AuditEntry
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.history import JobEvent
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState

FAILED: dict[str, Any] = {"filter": {"state": ["FAILURE"]}}


def failed(kind: JobKind = JobKind.NOTHING, **values: Any) -> Job:
    return a_job(kind, state=JobState.FAILURE, finished_at=now(), error="It is away.", **values)


@pytest.fixture
def crawl(db: Any) -> Job:
    """Return a crawl that failed."""
    return failed(JobKind.WEBSITE_CRAWL, args={"source_id": 7, "max_pages": 3}, key="7")


def told(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json
    return found


def actions() -> list[str]:
    return [one.action for one in db.session.query(AuditEntry).order_by(AuditEntry.id)][1:]


def test_what_failed_is_asked_for_anew_with_other_arguments(
    program: Program, queue: Queue, crawl: Job
) -> None:
    caller = program("tasks:write")
    old = told(caller.get(f"/api/tasks/{crawl.id}"), 200)
    assert (old["changeable"], old["arguments"]) == (
        ["max_pages"],
        {"source_id": 7, "max_pages": 3},
    )
    body = {"arguments": {"max_pages": 1200}, "reason": "It is large"}
    key = {"Idempotency-Key": "crawl-7"}
    for _ in range(2):  # the second time it is the same answer, and makes nothing
        answer = caller.post(f"/api/tasks/{crawl.id}/retry-with", json=body, headers=key)
        new = told(answer, 202)
        assert (new["follows_id"], new["state"]) == (str(crawl.id), "PENDING")
        assert new["arguments"] == {"source_id": 7, "max_pages": 1200}
        assert answer.headers["Location"] == new["links"]["self"]
    assert told(caller.get(new["links"]["self"]), 200)["id"] == new["id"]
    assert queue.names() == ["websites.crawl"]
    assert db.session.query(JobEvent).filter_by(job_id=crawl.id).one().reason == "It is large"
    assert actions() == ["job.changed"]
    twin = told(
        caller.post(f"/api/tasks/{crawl.id}/retry-with", json={"arguments": {"max_pages": 9}}), 409
    )
    assert "not finished yet" in twin["error"]


def test_an_argument_may_be_left_out_where_there_is_a_usual_one(
    program: Program, queue: Queue, crawl: Job
) -> None:
    answer = program().post(
        f"/api/tasks/{crawl.id}/retry-with", json={"arguments": {"max_pages": None}}
    )
    assert told(answer, 202)["arguments"] == {"source_id": 7}


@pytest.mark.parametrize(
    ("arguments", "field", "said"),
    [
        ({"max_pages": "none"}, "arguments.max_pages", "Write a whole number."),
        ({"max_pages": -1}, "arguments.max_pages", "Write a whole number."),
        ({"max_pages": 0}, "arguments.max_pages", "Write a number from 1 to 10,000."),
        ({"max_pages": 1.5}, "arguments.max_pages", "Give a text, a whole number, or null."),
        ({"max_pages": True}, "arguments.max_pages", "Give a text, a whole number, or null."),
        ({"max_pages": {"a": 1}}, "arguments.max_pages", "Give a text, a whole number, or null."),
        ({"source_id": 8}, "arguments.source_id", "Only these can be changed: max_pages."),
        ({"max_pages": 3}, "arguments", "Nothing would be other than before."),
        ({}, "arguments", "Nothing would be other than before."),
        (None, "arguments", "Field may not be null."),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_meant_is_told_at_its_field(
    program: Program, queue: Queue, crawl: Job, arguments: Any, field: str, said: str
) -> None:
    answer = program().post(f"/api/tasks/{crawl.id}/retry-with", json={"arguments": arguments})
    [(name, [sentence])] = told(answer, 422)["fields"].items()
    assert (name, sentence.startswith(said)) == (field, True)
    assert db.session.query(Job).count() == 1


def test_what_has_nothing_to_change_or_still_runs_says_so(program: Program, queue: Queue) -> None:
    caller, body = program(), {"arguments": {"max_pages": 9}}
    nothing, running = failed(), at_work(JobKind.WEBSITE_CRAWL, args={"source_id": 8})
    for job, said in ((nothing, "can be changed"), (running, "failed or was stopped")):
        answer = caller.post(f"/api/tasks/{job.id}/retry-with", json=body)
        assert said in told(answer, 409)["error"]


def test_what_was_asked_is_taken_back_while_nothing_has_begun(
    program: Program, queue: Queue
) -> None:
    caller, job = program("tasks:write"), failed()
    address = f"/api/tasks/{job.id}"
    assert told(caller.post(f"{address}/retry"), 202)["state"] == "PENDING"
    back = told(caller.post(f"{address}/take-back"), 202)
    assert (back["state"], back["error"]) == ("FAILURE", "It is away.")
    assert "nothing to take back" in told(caller.post(f"{address}/take-back"), 409)["error"]
    caller.post(f"{address}/retry")
    queue.run()
    assert "gone on since" in told(caller.post(f"{address}/take-back"), 409)["error"]
    assert actions() == ["job.retried", "job.taken_back", "job.retried"]


def test_a_stop_that_leaves_something_half_done_needs_a_reason(program: Program) -> None:
    caller, job = program("tasks:write"), at_work(JobKind.SOURCE_REMOVE)
    assert job.asks_first
    refused = told(caller.post(f"/api/tasks/{job.id}/cancel"), 422)
    assert "Say why" in refused["fields"]["reason"][0]
    stopped = caller.post(f"/api/tasks/{job.id}/cancel", json={"reason": "The wrong file"})
    assert told(stopped, 202)["cancel_requested_at"]


def test_many_are_run_again_by_a_task_and_taken_back_by_another(
    program: Program, queue: Queue
) -> None:
    caller, jobs = program("tasks:write"), [failed() for _ in range(3)]
    asked = told(caller.post("/api/tasks/many/retry", json=FAILED), 202)
    assert (asked["kind"], asked["state"]) == ("jobs.retry_many", "PENDING")
    back = f"/api/tasks/{asked['id']}/take-back-all"
    assert "still asking" in told(caller.post(back), 409)["error"]

    many = done(db, queue, db.session.get_one(Job, uuid.UUID(asked["id"])))
    assert states(jobs) == ["PENDING"] * 3
    assert told(caller.get(asked["links"]["self"]), 200)["result"] == many.result

    answer = caller.post(back)
    done(db, queue, db.session.get_one(Job, uuid.UUID(told(answer, 202)["id"])))
    assert states(jobs) == ["FAILURE"] * 3
    assert "nothing left" in told(caller.post(back), 409)["error"]
    elsewhere = told(caller.post(f"/api/tasks/{jobs[0].id}/take-back-all"), 409)
    assert "nothing of other jobs" in elsewhere["error"]
    assert actions() == ["jobs.retried", "jobs.taken_back"]


def states(jobs: list[Job]) -> list[str]:
    db.session.expire_all()
    return [job.state.value for job in jobs]


def test_many_are_named_one_by_one_and_stopped_with_a_reason(
    program: Program, queue: Queue
) -> None:
    caller = program("tasks:write")
    waiting, other = a_job(), a_job()
    body = {"ids": [str(waiting.id)], "reason": "Asked for twice"}
    many = told(caller.post("/api/tasks/many/cancel", json=body), 202)
    assert many["arguments"]["reason"] == "Asked for twice"
    gone = told(caller.post(f"/api/tasks/{many['id']}/cancel"), 202)
    assert gone["state"] == "REVOKED"  # within its ten seconds: nothing has happened
    assert states([waiting, other]) == ["PENDING", "PENDING"]


@pytest.mark.parametrize(
    ("wish", "body", "field"),
    [
        ("retry", {}, "filter"),
        ("retry", {"filter": {}}, "filter"),
        ("cancel", {"filter": {"q": " \ud800\0 ", "state": []}}, "filter"),
        ("retry", {"filter": {"cause": 1.5}}, "filter.cause"),
        ("retry", {**FAILED, "ids": [str(uuid.uuid4())]}, "filter"),
        ("retry", {"ids": []}, "ids"),
        ("retry", {"ids": ["12"]}, "ids.0"),
        ("retry", {"filter": {"state": ["failed"]}}, "filter.state.0"),
        ("retry", {"filter": {"colour": "red"}}, "filter.colour"),
        ("retry", {"filter": {"about": "booking"}}, "filter.about"),
        ("retry", {"filter": {"who": "-1"}}, "filter.who"),
        ("retry", {"filter": {"cause": -1}}, "filter.cause"),
        ("retry", {"filter": {"q": " ".join(map(str, range(30)))}}, "filter.q"),
        ("retry", {"filter": {"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}}, "filter.until"),
        ("cancel", {"filter": {"kind": "knowledge.remove"}}, "reason"),
        ("cancel", {"filter": {"kind": "knowledge.remove"}, "reason": "."}, "reason"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_of_many_is_told_at_its_field_and_nothing_is_asked(
    program: Program, wish: str, body: dict[str, Any], field: str
) -> None:
    failed()
    at_work(JobKind.SOURCE_REMOVE, args={"source_id": 1})
    answer = program().post(f"/api/tasks/many/{wish}", json=body)
    assert list(told(answer, 422)["fields"]) == [field]
    assert actions() == []


def test_what_is_asked_of_none_is_409(program: Program) -> None:
    answer = program().post("/api/tasks/many/retry", json=FAILED)
    assert "no job left" in told(answer, 409)["error"]
