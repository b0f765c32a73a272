"""Pages that ask for news: 204 while there is none, and only for those who may know."""

import re

import pytest

from webapp.accounts.models import Session, User
from webapp.jobs.acting import asking
from webapp.jobs.kinds import JobKind
from webapp.jobs.queue import enqueue

HTMX = {"HX-Request": "true"}


@pytest.fixture
def job(db, queue):
    made = enqueue(JobKind.NOTHING)
    db.session.commit()
    return made


def poll_of(page):
    """Return the address that a page asks for news."""
    found = re.search(r'hx-get="([^"]+)"', page.text)
    return found and found.group(1).replace("&amp;", "&")


def test_a_poll_that_finds_nothing_new_is_204_and_empty(vera, job):
    poll = poll_of(vera.get(f"/jobs/{job.id}"))

    answer = vera.get(poll, headers=HTMX)

    assert (answer.status_code, answer.data) == (204, b"")


def test_a_change_is_answered_with_the_part_of_the_page_that_polls(vera, job, queue):
    poll = poll_of(vera.get(f"/jobs/{job.id}"))
    queue.run()

    answer = vera.get(poll, headers=HTMX)

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<section")
    assert "Done" in answer.text


def test_a_finished_job_asks_no_more(vera, job, queue):
    queue.run()

    page = vera.get(f"/jobs/{job.id}")

    assert poll_of(page) is None
    assert "hx-trigger" not in page.text


def test_a_stranger_learns_nothing_by_polling(client, vera, job):
    poll = poll_of(vera.get(f"/jobs/{job.id}"))

    answer = client.get(poll, headers=HTMX)

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/sign-in")


@pytest.mark.parametrize("how", ["signed out", "deactivated"])
def test_a_poll_of_somebody_who_may_no_longer_look_is_refused_at_once(how, db, vera, job):
    poll = poll_of(vera.get(f"/jobs/{job.id}"))
    if how == "signed out":
        db.session.query(Session).delete()
    else:
        db.session.query(User).update({"active": False})
    db.session.commit()

    assert vera.get(poll, headers=HTMX).status_code == 401


def test_whoever_polls_is_known_to_the_fragment(otto, vera, job):
    poll = poll_of(vera.get(f"/jobs/{job.id}")).replace("seen=", "seen=older")

    assert "Stop" in otto.get(poll, headers=HTMX).text
    assert "/cancel" not in vera.get(poll, headers=HTMX).text


def test_a_request_to_stop_is_news(db, vera, job):
    poll = poll_of(vera.get(f"/jobs/{job.id}"))
    asking.cancel(job)
    db.session.commit()

    answer = vera.get(poll, headers=HTMX)

    assert answer.status_code == 200
    assert "hx-trigger" not in answer.text


@pytest.mark.parametrize("seen", ["", "0", "x" * 5000, "%00", "1 OR 1=1", "-1"])
def test_an_odd_version_is_no_version(vera, job, seen):
    assert vera.get(f"/jobs/{job.id}?seen={seen}", headers=HTMX).status_code == 200


def test_a_poll_of_a_job_that_is_gone_is_404(vera, job):
    poll = poll_of(vera.get(f"/jobs/{job.id}")).replace(
        str(job.id), "01a1f856-d4d9-7095-99ec-9df6b5ca5874"
    )

    assert vera.get(poll, headers=HTMX).status_code == 404


def test_a_poll_does_not_keep_a_session_alive(db, vera, job):
    poll = poll_of(vera.get(f"/jobs/{job.id}"))
    before = db.session.query(Session).one().seen_at

    vera.get(poll, headers=HTMX)

    assert db.session.query(Session).one().seen_at == before
