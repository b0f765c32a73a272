"""Pages that ask for news: 204 while there is none, and only for those who may know."""

import gzip
import re
from datetime import timedelta

import pytest
import time_machine

from tests.jobs.making import a_worker, at_work
from webapp import fragments
from webapp.accounts.models import Role, Session, User
from webapp.clock import now
from webapp.jobs.acting import asking
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
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


#: How far the job is, as its page says it.
BEFORE, ANEW, LAST = (f'max="5" value="{done}"' for done in (1, 2, 3))


def gets_on_unnoticed(db, job):
    """Change what the page would show, without its version: whoever is shown it as before got what was kept."""
    db.session.query(Job).filter_by(id=job.id).update({"done": 2})
    db.session.commit()


@pytest.fixture
def moving(db):
    """Return a job at work, at a moment that lasts: what is kept stays as new as it is."""
    with time_machine.travel(now(), tick=False):
        a_worker()
        yield at_work(total=5, done=1)


def test_news_is_made_once_for_all_of_a_role_and_never_for_another(db, signed_in, moving):
    first, second = signed_in(Role.OPERATOR), signed_in(Role.OPERATOR)
    vera, ada = signed_in(Role.VIEWER), signed_in(Role.ADMIN)
    where = f"/jobs/{moving.id}"
    for one in (first, second, vera, ada):
        one.get(where)
    poll = f"{where}?seen=older"
    assert BEFORE in first.get(poll, headers=HTMX).text
    gets_on_unnoticed(db, moving)

    kept, of_a_viewer = second.get(poll, headers=HTMX), vera.get(poll, headers=HTMX)

    assert BEFORE in kept.text
    assert ANEW in of_a_viewer.text
    assert ANEW in ada.get(poll, headers=HTMX).text
    assert "/cancel" in kept.text
    assert "/cancel" not in of_a_viewer.text
    assert ANEW in second.get(where).text
    assert "<html" in second.get(poll, headers={**HTMX, "HX-Boosted": "true"}).text


def test_a_kept_form_can_be_sent_by_whoever_is_shown_it_and_by_nobody_else(signed_in, moving):
    first, second = signed_in(Role.OPERATOR), signed_in(Role.OPERATOR)
    where = f"/jobs/{moving.id}"
    tokens = []
    for one in (first, second):
        one.get(where)
        answer = one.get(f"{where}?seen=older", headers=HTMX)
        tokens.append(re.search(r'name="csrf_token" value="([^"]+)"', answer.text)[1])

    assert tokens[0].split(".")[0] != tokens[1].split(".")[0]
    sent = {"csrf_token": tokens[1], "reason": "Not needed"}
    assert first.post(f"{where}/cancel", data=sent).status_code == 400
    assert second.post(f"{where}/cancel", data=sent).status_code == 303


@pytest.mark.parametrize("how", ["signed out", "deactivated", "another role"])
def test_what_is_kept_is_not_shown_to_whoever_may_no_longer_see_it(how, db, otto, moving):
    where = f"/jobs/{moving.id}"
    otto.get(where)
    poll = f"{where}?seen=older"
    assert "/cancel" in otto.get(poll, headers=HTMX).text
    if how == "signed out":
        db.session.query(Session).delete()
    elif how == "deactivated":
        db.session.query(User).update({"active": False})
    else:
        db.session.query(User).update({"role": Role.VIEWER})
    db.session.commit()

    answer = otto.get(poll, headers=HTMX)

    assert answer.status_code == (200 if how == "another role" else 401)
    assert "/cancel" not in answer.text
    assert (BEFORE in answer.text) == (how == "another role")


def test_what_is_kept_is_shown_for_a_moment_and_not_once_there_is_news(db, vera, moving):
    poll = f"/jobs/{moving.id}?seen=older"
    assert BEFORE in vera.get(poll, headers=HTMX).text
    gets_on_unnoticed(db, moving)
    assert BEFORE in vera.get(poll, headers=HTMX).text

    moving.version += 1
    db.session.commit()

    assert ANEW in vera.get(poll, headers=HTMX).text
    db.session.query(Job).update({"done": 3})
    db.session.commit()
    with time_machine.travel(now() + timedelta(seconds=fragments.SECONDS), tick=False):
        assert LAST in vera.get(poll, headers=HTMX).text


def test_lists_of_other_filters_are_kept_apart(vera, moving):
    lists = {
        show: vera.get(f"/jobs?show={show}&seen=older", headers=HTMX) for show in ("open", "failed")
    }

    assert str(moving.id) in lists["open"].text
    assert str(moving.id) not in lists["failed"].text
    assert vera.get(poll_of(lists["open"]), headers=HTMX).status_code == 204
    assert vera.get("/jobs?seen=older&show=failed", headers=HTMX).text == lists["failed"].text


def test_what_is_kept_carries_the_headers_of_every_answer_and_is_packed_for_who_can_unpack(
    vera, moving
):
    poll = f"/jobs/{moving.id}?seen=older"
    made, kept = vera.get(poll, headers=HTMX), vera.get(poll, headers=HTMX)
    packed = vera.get(poll, headers={**HTMX, "Accept-Encoding": "br, gzip"})

    expected = set(made.headers.keys()) - {"X-Request-ID", "Set-Cookie"}
    assert "X-Request-ID" not in kept.headers
    assert expected <= set(kept.headers.keys())
    for name in expected - {"Vary", "Content-Length"}:
        assert kept.headers[name] == made.headers[name]
    assert {"Cookie", "HX-Request", "Accept-Encoding"} <= set(kept.vary)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data).decode() == kept.text
