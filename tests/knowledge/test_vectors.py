"""Passages ranked by what they mean too, with the sandbox as the model, on both databases."""

import dataclasses

import pytest
from flask import Flask

from tests.knowledge.library import a_source
from tests.knowledge.pieces import a_document, read, some_pages
from tests.knowledge.test_answer import RULES, quotes_are_true
from tests.live import SandboxProcess
from tests.queues import Queue
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue
from webapp.knowledge import model, readings, vectors
from webapp.knowledge.answering import answer
from webapp.knowledge.models import Chunk, Vector
from webapp.knowledge.searching import search

DOUBLE = "How much is a double room?"


@pytest.fixture(autouse=True)
def modelled(app: Flask, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Configure the sandbox as the model."""
    changed = dataclasses.replace(
        app.extensions["settings"],
        model_url=f"{sandbox.url}/v1", model_name="a-model", embeddings_name="vectors-1",
    )  # fmt: skip
    monkeypatch.setitem(app.extensions, "settings", changed)


def make(queue: Queue) -> None:
    enqueue(JobKind.PASSAGES_EMBED, key="vectors")
    db.session.commit()
    queue.run()


def test_vectors_come_in_the_order_of_the_texts_and_the_same_text_has_the_same() -> None:
    one, other, again = model.vectors(["towels and soap", "the garden", "towels and soap"])
    assert one == again != other


def test_every_passage_that_can_be_found_gets_one_vector(queue: Queue) -> None:
    a_source(*(f"Towel number {number} is blue." for number in range(70)))
    a_source("Not found yet.", live=False)
    make(queue)
    assert db.session.query(Vector).count() == 70
    make(queue)
    assert db.session.query(Vector).count() == 70


def test_another_model_makes_others_and_those_of_the_first_go(
    app: Flask, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_source(*RULES)
    make(queue)
    changed = dataclasses.replace(app.extensions["settings"], embeddings_name="vectors-2")
    monkeypatch.setitem(app.extensions, "settings", changed)
    make(queue)
    assert {one.model for one in db.session.query(Vector)} == {"vectors-2"}
    assert db.session.query(Vector).count() == len(RULES)


def test_a_model_that_is_away_is_asked_again_later_and_what_is_made_stays(
    queue: Queue, sandbox: SandboxProcess
) -> None:
    a_source(*RULES)
    sandbox.fault(provider="model", fault="error", code=500, times=3)
    make(queue)
    job = db.session.query(Job).filter_by(kind=JobKind.PASSAGES_EMBED).one()
    assert job.state == JobState.RETRY
    assert "in trouble" in (job.error or "")


def test_the_vectors_of_a_passage_go_with_it(queue: Queue) -> None:
    source = a_document()
    read(source, some_pages(2))
    make(queue)
    assert db.session.query(Vector).count() == db.session.query(Chunk).count() > 0
    read(source, some_pages(1, word="soap"), sha256="2" * 64)
    queue.run()
    kept = {one.id for one in db.session.query(Chunk)}
    assert {one.chunk_id for one in db.session.query(Vector)} <= kept
    assert readings.outdated() is not None


def test_what_means_the_same_ranks_higher(queue: Queue) -> None:
    a_source(
        "Garden garden garden: the long garden path with the old garden gate.",
        "The garden opens at dawn.", *RULES,
    )  # fmt: skip
    make(queue)
    question = "garden opens at dawn"
    hits = search(question).hits
    worst = hits[-1]
    known = vectors.of(hits)
    assert set(known) == {hit.chunk.id for hit in hits}
    ranked = vectors.ranked("".join(worst.chunk.text), hits, known)
    assert ranked.index(worst) < hits.index(worst) or len(hits) == 1
    assert {hit.chunk.id for hit in ranked} == {hit.chunk.id for hit in hits}


def test_an_answer_by_meaning_is_written_and_cited(queue: Queue) -> None:
    a_source(*RULES)
    make(queue)
    found = answer(DOUBLE)
    assert (found.written_by, found.note) == ("a-model", "")
    quotes_are_true(found)


def test_without_vectors_of_the_question_the_passages_are_ranked_by_words_and_a_note_says_so(
    queue: Queue, sandbox: SandboxProcess
) -> None:
    a_source(*RULES)
    make(queue)
    sandbox.fault(provider="model", fault="error", code=400, on="embeddings")
    found = answer(DOUBLE)
    assert found.written_by == "a-model"
    assert "by their words alone" in found.note
    quotes_are_true(found)
