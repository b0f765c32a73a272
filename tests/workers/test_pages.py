"""The page of workers and queues."""

from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.bookings.conftest import statements as statements
from tests.contracts.world import HTMX, send
from webapp.clock import now
from webapp.jobs import pausing
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import JobState
from webapp.jobs.queue import enqueue
from webapp.jobs.worker_models import Wish, Worker

NAME = "desk-1/4026531836:4711:99"
CHILD = "desk-1/4026531836:4712:100"


@pytest.fixture
def worker(db):
    """Make a worker that lives and runs a job."""
    job = enqueue(JobKind.EXPORT_WRITE)
    job.state, job.worker, job.started_at = JobState.PROGRESS, CHILD, now() - timedelta(minutes=3)
    row = Worker(
        name=NAME, concurrency=2, queues=list(Queue), memory=212 * 2**20,
        children=[CHILD, "desk-1/4026531836:4713:101"],
        doing=[["desk-1/4026531836:4713:101", "messages.send_batches", now().timestamp() - 2]],
    )  # fmt: skip
    db.session.add(row)
    db.session.commit()
    return row


def words(answer, where):
    return " ".join(LexborHTMLParser(answer.text).css_first(where).text().split())


def test_it_says_what_waits_and_what_each_worker_does(worker, db, vera):
    waits = enqueue(JobKind.NOTHING)
    waits.run_at = now() - timedelta(minutes=12)
    db.session.commit()

    page = vera.get("/workers")

    assert "Everyday work" in words(page, "#queue-default")
    assert "12 min" in words(page, "#queue-default")
    card = words(page, "article")
    for told in (
        *("desk-1, process 4711", "Working", "2 of 2 busy", "212 MB", "all queues"),
        *("Write the file for 3 min", "Sends messages for"),
    ):
        assert told in card
    assert LexborHTMLParser(page.text).css_first("form[action*=restart]") is None


def test_without_a_worker_it_says_what_to_do(db, vera):
    assert "No worker has been here" in vera.get("/workers").text


def test_a_poll_with_nothing_new_is_answered_with_nothing(worker, db, vera):
    live = LexborHTMLParser(vera.get("/workers").text).css_first("#workers")
    url = live.attributes["hx-get"]
    assert vera.get(url, headers=HTMX).status_code == 204

    worker.version += 1
    db.session.commit()
    again = vera.get(url, headers=HTMX)
    assert again.status_code == 200
    assert "<html" not in again.text


def test_it_is_few_questions_to_the_database(worker, db, vera, statements):
    pausing.pause(Queue.BULK, "We look.")
    db.session.commit()
    with statements() as asked:
        vera.get("/workers")
    assert len(asked) <= 8, asked


def test_a_pause_needs_a_reason_and_stands_on_every_page_until_it_ends(worker, ada, vera):
    assert "What runs at this moment goes on" in ada.get("/workers/queues/bulk/pause").text
    without = send(ada, "/workers/queues/bulk/pause", reason="  ")
    assert without.status_code == 422
    assert "whoever comes next must know" in without.text

    assert send(ada, "/workers/queues/bulk/pause", reason="The disk is full").status_code == 303
    banner = words(vera.get("/jobs"), "#banners")
    assert "The queue “Long work” is paused since" in banner
    assert "by Admin: The disk is full." in banner
    assert "The disk is full" in words(vera.get("/workers"), "#queue-bulk")
    assert send(ada, "/workers/queues/bulk/pause", reason="Again").status_code == 409

    assert send(ada, "/workers/queues/bulk/resume").status_code == 303
    assert "is paused" not in vera.get("/jobs").text
    assert send(ada, "/workers/queues/bulk/resume").status_code == 409


def test_a_worker_is_asked_to_rest_to_work_again_and_to_restart(worker, db, ada):
    assert send(ada, f"/workers/rest/{NAME}").status_code == 303
    assert (db.session.get(Worker, NAME).wish, worker.wished_by.name) == (Wish.QUIET, "Admin")
    assert "Takes nothing new" in words(ada.get("/workers"), "article")
    assert send(ada, f"/workers/work/{NAME}").status_code == 303
    assert db.session.get(Worker, NAME).wish == Wish.WORK

    assert send(ada, f"/workers/restart/{NAME}", reason="").status_code == 422
    assert send(ada, f"/workers/restart/{NAME}", reason="It is slow").status_code == 303
    assert db.session.get(Worker, NAME).wish == Wish.RESTART
    assert "Asked to begin anew by Admin" in words(ada.get("/workers"), "article")


def test_when_every_worker_rests_each_page_says_so(worker, db, vera):
    assert "take nothing new" not in words(vera.get("/jobs"), "#banners")
    worker.resting_since = now()
    db.session.commit()
    assert "Every worker has been asked" in words(vera.get("/jobs"), "#banners")


def test_of_a_worker_that_is_gone_nothing_can_be_asked(worker, db, ada):
    worker.seen_at = now() - timedelta(minutes=5)
    db.session.commit()

    answer = send(ada, f"/workers/rest/{NAME}")

    assert answer.status_code == 409
    assert "This worker is gone" in answer.text
    assert "Gone" in words(ada.get("/workers"), "article")


@pytest.mark.parametrize(
    "path", ["/workers/queues/nonsense/pause", "/workers/restart/nobody", "/workers/restart/a%00b"]
)
def test_what_does_not_exist_is_not_found(ada, path):
    assert ada.get(path).status_code == 404
