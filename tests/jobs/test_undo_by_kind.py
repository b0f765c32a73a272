"""A stop that is taken back is taken back for the thing too, kind by kind."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.sources import some_knowledge
from webapp.campaigns.models import Campaign
from webapp.campaigns.models import Source as AudienceSource
from webapp.campaigns.models import SourceKind as AudienceKind
from webapp.campaigns.models import SourceState as AudienceState
from webapp.clock import now
from webapp.jobs.acting import arguments, asking, taking_back
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import Job, JobState
from webapp.knowledge.models import QuestionState, SourceState
from webapp.websites.models import Website


def a_document(db: Any) -> tuple[Any, dict[str, Any]]:
    source = some_knowledge().documents["waiting"]
    return source, {"source_id": source.id}


def a_website_in_the_middle(db: Any) -> tuple[Any, dict[str, Any]]:
    source = some_knowledge().website
    source.state = SourceState.READING
    website = db.session.get_one(Website, source.id)
    website.ended_because, website.every_days = None, 7
    return source, {"source_id": source.id}


def a_website_that_waits(db: Any) -> tuple[Any, dict[str, Any]]:
    source = some_knowledge().website
    source.state = SourceState.WAITING
    return source, {"source_id": source.id}


def a_list(db: Any) -> tuple[Any, dict[str, Any]]:
    campaign = Campaign(name="An offer")
    db.session.add(campaign)
    db.session.flush()
    source = AudienceSource(
        campaign_id=campaign.id, kind=AudienceKind.FILE, state=AudienceState.READING,
        path="audience/none", filename="A.csv", mapping={"names": ["phone"]},
    )  # fmt: skip
    db.session.add(source)
    db.session.flush()
    return source, {"source_id": source.id}


def a_question(db: Any) -> tuple[Any, dict[str, Any]]:
    question = some_knowledge().question
    question.state = QuestionState.WAITING
    return question, {"question_id": question.id}


THINGS: list[tuple[JobKind, Callable[[Any], tuple[Any, dict[str, Any]]], str]] = [
    (JobKind.DOCUMENT_READ, a_document, "stopped"),
    (JobKind.WEBSITE_CRAWL, a_website_in_the_middle, "stopped"),
    (JobKind.WEBSITE_CRAWL, a_website_that_waits, "stopped"),
    (JobKind.AUDIENCE_READ, a_list, "stopped"),
    (JobKind.QUESTION_ANSWER, a_question, "failed"),
]


def asked(db: Any, kind: JobKind, args: dict[str, Any], **values: Any) -> Job:
    job = Job(kind=kind, queue=POLICIES[kind].queue, max_attempts=4, args=args, **values)
    db.session.add(job)
    db.session.commit()
    return job


@pytest.mark.parametrize(("of", "make", "ended"), THINGS)
def test_a_stop_and_its_undo_are_followed_by_the_thing(db, queue, of, make, ended):
    thing, args = make(db)
    job = asked(db, of, args)
    before = thing.state

    asking.cancel(job)
    db.session.commit()
    assert thing.state == ended
    taking_back.take_back(job)
    db.session.commit()

    assert thing.state == before


@pytest.mark.parametrize(("of", "make", "ended"), THINGS)
def test_a_retry_and_its_undo_are_followed_by_the_thing(db, queue, of, make, ended):
    thing, args = make(db)
    job = asked(db, of, args)
    asking.cancel(job)
    db.session.commit()

    asking.retry(job)
    db.session.commit()
    assert thing.state != ended or make is a_website_in_the_middle  # it goes on from there
    taking_back.take_back(job)
    db.session.commit()

    assert (thing.state, job.state) == (ended, JobState.REVOKED)


def test_a_failure_comes_back_with_its_reason(db, queue):
    source, args = a_document(db)
    source.state, source.error, source.advice = SourceState.FAILED, "It is empty.", "Look at it."
    job = asked(
        db, JobKind.DOCUMENT_READ, args, state=JobState.FAILURE, finished_at=now(),
        error="It is empty.", advice="Look at it.",
    )  # fmt: skip
    asking.retry(job)
    db.session.commit()
    assert (source.state, source.error) == (SourceState.WAITING, None)
    taking_back.take_back(job)
    db.session.commit()
    assert (source.state, source.error, source.advice) == (
        SourceState.FAILED, "It is empty.", "Look at it.",
    )  # fmt: skip


def test_every_kind_declares_the_arguments_of_its_task(app):
    import inspect

    from tests.queues import task_bodies

    task_bodies(app)
    from worker.tasking import BODIES

    wrong = {}
    for kind, body in BODIES.items():
        _run, *taken = inspect.signature(body).parameters.values()
        said = {one.name: one.optional for one in arguments.of(kind)}
        takes = {
            one.name: one.default is not one.empty
            for one in taken
            if one.kind is not one.VAR_KEYWORD
        }
        if said != takes:
            wrong[kind] = (said, takes)
    assert wrong == {}
    assert set(arguments.ARGUMENTS) <= set(JobKind)
