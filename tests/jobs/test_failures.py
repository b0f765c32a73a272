"""Failures that differ only in numbers, names and addresses are told as one cause."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from tests.jobs.sought import Thing, a_job
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs import causes
from webapp.jobs.acting import asking
from webapp.jobs.causes import parted
from webapp.jobs.kinds import JobKind
from webapp.jobs.known import Cause
from webapp.jobs.listing import failures
from webapp.jobs.listing.filters import Filter
from webapp.jobs.listing.finding import look
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Impossible, Run


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The number +91 98123 45678 cannot be reached.", "The number (020) 7946-0958 cannot be reached."),
        ("Page 3 of “a b.pdf” is torn.", "Page 12 of “price list.pdf” is torn."),
        ("Nobody at asha.rao@example.org.", "Nobody at z@b.example."),
        ("https://a.example/x?y=1 did not answer.", "http://b.example did not answer."),
        ("Order order_K3x9 is not known, after 2.5 seconds.", "Order order_9zz1 is not known, after 14 seconds."),
        ("Job 0199a1b2-0000-7000-8000-00000000abcd is gone.", "Job 0199a1b2-ffff-7000-8000-00000000aaaa is gone."),
        ("The file list.csv is empty.", "The file others-2.xlsx is empty."),
    ],
)  # fmt: skip
def test_what_differs_is_left_out_of_a_cause(one: str, other: str) -> None:
    assert parted(one).same == parted(other).same
    assert "…" in parted(one).same


def test_other_sentences_are_other_causes() -> None:
    told = ("The provider refused our key.", "The provider didn't answer.", "Our key isn't known.")
    assert [parted(sentence) for sentence in told] == [(sentence, []) for sentence in told]


def fail(error: BaseException, sentence: str) -> Job:
    """Let a job fail as a worker does."""
    job = enqueue(JobKind.NOTHING)
    job.state, job.attempt, job.started_at = JobState.PROGRESS, 1, now()
    db.session.commit()
    run = Run(job.id, job.kind, job.queue, 1, 0, 4, {}, None, None)
    run.fail(error, sentence, "Mend it.")
    db.session.commit()
    db.session.refresh(job)
    return job


def thrown(where: Callable[[], object]) -> Exception:
    """Return what comes of calling something wrongly, as it was raised there."""
    try:
        where()
    except Exception as error:
        return error
    raise AssertionError("it should have failed")


def test_faults_told_with_the_same_sentence_are_told_apart_by_their_place(app: Any) -> None:
    assert app
    ours = "Something went wrong on our side."
    nonsense: Any = None
    one, same = (fail(thrown(lambda: causes.parted(nonsense)), ours) for _ in range(2))
    other = fail(thrown(lambda: Filter.from_json({"states": ["odd"]})), ours)
    known = fail(Impossible(ours), ours)
    assert one.cause_id == same.cause_id
    assert len({one.cause_id, other.cause_id, known.cause_id}) == 3
    places = {cause.id: cause.place for cause in db.session.query(Cause)}
    assert "webapp/jobs/" in (places[one.cause_id or 0] or "")
    assert "webapp/jobs/listing/filters.py" in (places[other.cause_id or 0] or "")
    assert places[known.cause_id or 0] is None


def test_a_cause_is_told_once_with_how_many_which_and_when(
    vera: FlaskClient, otto: FlaskClient
) -> None:
    for number in range(3):
        a_job(
            about=Thing(number, f"Guest {number}"), error=f"The number {98000 + number} is wrong."
        )
    retried = a_job(JobKind.PAYMENT_ORDER, error="The number 7 is wrong.")
    a_job(JobKind.DOCUMENT_READ, error="This file is torn.")
    page = LexborHTMLParser(vera.get("/jobs/failures").text)
    told = [" ".join(card.text().split()) for card in page.css(".cause")]
    assert len(told) == 2
    wrong = next(card for card in told if "The number … is wrong." in card)
    assert "4 jobs" in wrong
    assert "Prepare the payment, Tell the customer" in wrong
    assert "First seen" in wrong
    assert "Mend it." in wrong

    asking.retry(retried)
    db.session.commit()
    assert [(group.number.number, len(group.kinds)) for group in failures.groups()] == [
        (1, 1),
        (3, 1),
    ]
    cause = db.session.query(Cause).filter(Cause.text.contains("number")).one()
    assert vera.get(f"/jobs?show=failed&cause={cause.id}").text.count('<tr id="row-') == 3
    assert "Cause: The number … is wrong." in vera.get(f"/jobs?cause={cause.id}").text
    # What it was told before it was tried again leads nowhere now.
    assert {row.job.id for row in look(Filter(text="number wrong")).rows}.isdisjoint({retried.id})


def test_nothing_has_failed(vera: FlaskClient) -> None:
    assert "Nothing has failed" in vera.get("/jobs/failures").text
