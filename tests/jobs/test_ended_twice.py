"""A job that failed after it was done, and was tried again, tells both of its attempts as they were."""

from datetime import timedelta

from tests.contracts.world import send
from tests.jobs.making import a_job
from tests.jobs.test_page import facts, page, words
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.failing import fail_after_all
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import JobState


def test_what_waited_a_moment_an_hour_ago_has_not_waited_an_hour(otto, queue):
    then = now() - timedelta(hours=1)
    job = a_job(
        JobKind.NOTHING, state=JobState.SUCCESS, attempt=1, created_at=then, run_at=then,
        started_at=then + timedelta(seconds=2), finished_at=then + timedelta(seconds=3),
    )  # fmt: skip
    assert fail_after_all(job, "It was refused.", None)
    db.session.commit()
    assert send(otto, f"/jobs/{job.id}/retry").status_code == 303
    queue.sweep()
    queue.run(1)

    seen = page(otto, job)
    assert facts(seen)["Waited"] == "2 seconds"
    first, *others = (words(one) for one in seen.css(".timeline-head"))
    assert first == "Asked for"
    assert any(one.startswith("Asked to run again by") for one in others)
