"""The pages by which something is asked of many jobs."""

import re
import uuid

from tests.contracts.world import send
from tests.jobs.test_acting import failed
from tests.jobs.test_undo_by_kind import asked
from webapp.accounts.models import AuditEntry
from webapp.clock import now
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState

CHECKED = r'name="ids"[^>]*\schecked\W'


def form(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: value for name, value in found if name != "csrf_token"}


def test_what_was_looked_at_is_what_is_asked(db, queue, otto):
    for _ in range(3):
        failed(db)
    asked(db, JobKind.NOTHING, {}, state=JobState.SUCCESS, finished_at=now())
    page = otto.get("/jobs/many/retry?kind=jobs.nothing").text
    assert "<strong>3</strong>" in page
    assert "1 went well." in page

    answer = send(otto, "/jobs/many/retry", **form(page))
    again = send(otto, "/jobs/many/retry", **form(page))

    assert answer.status_code == 303
    assert again.location == answer.location
    many = db.session.query(Job).filter_by(kind=JobKind.JOBS_RETRY).one()
    shown = otto.get(answer.location).text
    assert "Undo" in shown
    assert many.run_at > now()
    entry = db.session.query(AuditEntry).filter_by(action="jobs.retried").one()
    assert entry.detail["filter"] == {"kind": "jobs.nothing"}
    assert send(otto, f"/jobs/{many.id}/cancel").status_code == 303
    assert many.state == JobState.REVOKED


def test_above_a_hundred_somebody_must_say_why(db, queue, otto):
    db.session.add_all(
        Job(kind=JobKind.NOTHING, queue="default", max_attempts=4, state=JobState.FAILURE,
            finished_at=now()) for _ in range(101)
    )  # fmt: skip
    db.session.commit()
    fields = form(otto.get("/jobs/many/retry?show=failed").text)

    answer = send(otto, "/jobs/many/retry", **fields, reason="no")
    assert answer.status_code == 422
    assert "Say why" in answer.text
    assert form(answer.text) == fields
    assert send(otto, "/jobs/many/retry", **fields, reason="It is back").status_code == 303


def test_a_stop_of_something_dangerous_says_what_stays_half_done(db, queue, otto):
    asked(db, JobKind.SOURCE_REMOVE, {"source_id": 1})
    page = otto.get("/jobs/many/cancel").text
    assert "the rest stays stored" in page
    assert send(otto, "/jobs/many/cancel", **form(page)).status_code == 422


def test_ticked_jobs_are_asked_by_the_same_page(db, queue, otto):
    jobs = [failed(db) for _ in range(3)]
    page = otto.get(f"/jobs/many/retry?ids={jobs[0].id}&ids={jobs[2].id}").text
    assert "2 ticked jobs" in page
    assert send(otto, "/jobs/many/retry", **form(page)).status_code == 303


def test_where_nothing_can_be_asked_the_page_says_so(db, queue, otto, vera):
    assert "Nothing to do" in otto.get("/jobs/many/retry").text
    assert send(otto, "/jobs/many/retry").status_code == 409
    assert otto.get("/jobs/many/erase").status_code == 404
    assert otto.get("/jobs/many/retry?ids=nothing").status_code == 404
    assert otto.get("/jobs/many/retry?kind=nothing").status_code == 422
    assert send(otto, "/jobs/many/retry", seen_at="x").status_code == 422
    assert vera.get("/jobs/many/retry").status_code == 403


def test_what_one_has_asked_is_taken_back_only_when_it_is_over(db, queue, otto):
    job = failed(db)
    page = otto.get("/jobs/many/retry?show=failed").text
    many = send(otto, "/jobs/many/retry", **form(page)).location
    assert send(otto, f"{many}/take-back-all").status_code == 409
    row = db.session.get_one(Job, uuid.UUID(many.rsplit("/", 1)[1]))
    row.run_at = now()
    db.session.commit()
    queue.sweep()
    queue.run(1)
    shown = otto.get(many).text
    assert "Take back what has not begun (1)" in shown
    assert send(otto, f"{many}/take-back-all").status_code == 303
    queue.run(1)
    db.session.refresh(job)
    assert job.state == JobState.FAILURE


def test_rows_are_ticked_in_the_list_by_whoever_may_act(db, queue, otto, vera):
    jobs = [failed(db) for _ in range(3)]
    page = otto.get("/jobs?show=failed").text
    boxes = re.findall(r'name="ids"\s+value="(\w+)"\s+form="ticked"', page)
    assert sorted(boxes) == sorted(job.id.hex for job in jobs)
    assert 'name="ids"' not in vera.get("/jobs?show=failed").text
    assert not re.findall(CHECKED, page)
    assert len(re.findall(CHECKED, otto.get("/jobs?show=failed&tick=all").text)) == 3

    asked_for = otto.get(f"/jobs/many/retry?ids={boxes[0]}&ids={boxes[2]}&list=show%3Dfailed").text
    assert "2 ticked jobs" in asked_for
    assert 'href="/jobs?show=failed"' in asked_for
    fields = form(asked_for)
    wrong = send(otto, "/jobs/many/retry", **fields, reason="x" * 301)
    assert wrong.status_code == 422
    assert form(wrong.text) == fields
    assert send(otto, "/jobs/many/retry", **fields).status_code == 303


def test_with_nothing_ticked_nothing_is_asked(db, queue, otto):
    failed(db)
    answer = otto.get("/jobs/many/retry?list=show%3Dfailed")
    assert answer.location == "/jobs?show=failed"
    assert "Tick the jobs first" in otto.get(answer.location).text
    assert send(otto, "/jobs/many/retry", list="").status_code == 422
    assert otto.get("/jobs/many/cancel?list=").location == "/jobs"
    assert db.session.query(Job).filter_by(kind=JobKind.JOBS_RETRY).count() == 0


def test_the_page_of_what_was_asked_lives_until_all_of_it_has_ended(db, queue, otto):
    job = failed(db)
    page = otto.get("/jobs/many/retry?show=failed").text
    many = send(otto, "/jobs/many/retry", **form(page)).location
    row = db.session.get_one(Job, uuid.UUID(many.rsplit("/", 1)[1]))
    row.run_at = now()
    db.session.commit()
    queue.sweep()
    queue.run(1)
    db.session.refresh(row)
    assert (row.state, job.state) == (JobState.SUCCESS, JobState.PENDING)
    assert "data-poll" in otto.get(many).text
    queue.sweep()
    queue.run(1)
    db.session.refresh(job)
    assert job.state == JobState.SUCCESS
    assert "data-poll" not in otto.get(many).text
