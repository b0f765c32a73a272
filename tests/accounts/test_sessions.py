"""A session ends in its row: by its person, by an admin, by time; a copied cookie ends with it."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event, text

from tests.accounts.conftest import PASSWORD, page, send, sign_in, words
from webapp.accounts import cleaning, sessions
from webapp.accounts.models import AuditEntry, Link, Role, Session, User
from webapp.clock import now
from webapp.jobs.kinds import JobKind
from webapp.jobs.queue import enqueue

NEW_PASSWORD = "quite another sentence"
MONDAY = datetime(2030, 1, 7, 9, tzinfo=UTC)


@pytest.fixture
def copied(app, client, user):
    """Return the browser of a thief who has copied Otto's cookie, beside Otto's own."""
    user()
    sign_in(client, "otto@desk.example")
    thief = app.test_client()
    thief.set_cookie("bellhop", client.get_cookie("bellhop").value)
    assert thief.get("/my/sessions").status_code == 200
    return thief


def test_a_copied_cookie_is_dead_after_sign_out(client, copied):
    send(client, "/sign-out")

    assert copied.get("/my/sessions").status_code == 303


def test_a_copied_cookie_is_dead_after_a_change_of_password_and_the_person_goes_on(client, copied):
    answer = send(client, "/my/password", old=PASSWORD, password=NEW_PASSWORD)

    assert answer.status_code == 303
    assert copied.get("/my/sessions").status_code == 303
    assert client.get("/my/sessions").status_code == 200


def test_a_copied_cookie_is_dead_after_a_change_of_role(ada, copied, db):
    otto = db.session.query(User).filter_by(name="Otto").one()

    send(ada, f"/people/{otto.id}", name="Otto", role="viewer")

    assert copied.get("/my/sessions").status_code == 303


def test_a_copied_cookie_is_dead_after_deactivation_and_nobody_signs_in_again(
    ada, client, copied, db
):
    otto = db.session.query(User).filter_by(name="Otto").one()

    send(ada, f"/people/{otto.id}/deactivate")

    assert copied.get("/my/sessions").status_code == 303
    assert sign_in(client, "otto@desk.example").status_code == 422


def test_another_browser_is_signed_out_from_the_list(app, client, user, db):
    user()
    sign_in(client, "otto@desk.example")
    other = app.test_client()
    sign_in(other, "otto@desk.example")
    newest = db.session.query(Session).order_by(Session.id.desc()).first()

    assert send(client, f"/my/sessions/{newest.id}/end").status_code == 303

    assert other.get("/my/sessions").status_code == 303
    assert client.get("/my/sessions").status_code == 200


def test_all_other_browsers_are_signed_out_at_once(app, client, user):
    user()
    others = [app.test_client() for _ in range(3)]
    for browser in (client, *others):
        sign_in(browser, "otto@desk.example")

    send(client, "/my/sessions/end-others")

    assert [other.get("/my/sessions").status_code for other in others] == [303, 303, 303]
    assert client.get("/my/sessions").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(otto, vera, db):
    foreign = db.session.query(Session).join(User).filter(User.role == Role.VIEWER).one()

    send(otto, f"/my/sessions/{foreign.id}/end")

    assert vera.get("/my/sessions").status_code == 200


def test_the_own_session_is_not_ended_by_mistake(otto, db):
    mine = db.session.query(Session).one()

    assert send(otto, f"/my/sessions/{mine.id}/end").status_code == 409
    assert otto.get("/my/sessions").status_code == 200


def test_the_list_names_the_browser_and_marks_this_one(app, client, user):
    user()
    firefox = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
    client.environ_base["HTTP_USER_AGENT"] = firefox
    sign_in(client, "otto@desk.example")
    sign_in(app.test_client(), "otto@desk.example")

    answer = client.get("/my/sessions")

    assert "Firefox on Windows" in words(answer)
    rows = page(answer).css("tbody tr")
    assert [row.text().count("This browser") for row in rows] == [0, 1]


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
            "Chrome on Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.5.0", "curl"),
        ("<script>", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_has_a_name_that_people_know(user_agent, name):
    assert sessions.browser_name(user_agent) == name


def test_a_session_ends_after_eight_hours_without_anybody(client, user):
    user()
    with time_machine.travel(MONDAY, tick=False) as clock:
        sign_in(client, "otto@desk.example")
        clock.shift(timedelta(hours=7, minutes=59))
        assert client.get("/my/sessions").status_code == 200
        clock.shift(timedelta(hours=7, minutes=59))
        assert client.get("/my/sessions").status_code == 200
        clock.shift(timedelta(hours=8, seconds=1))
        assert client.get("/my/sessions").status_code == 303


def test_a_session_ends_after_seven_days_however_busy(client, user):
    user()
    with time_machine.travel(MONDAY, tick=False) as clock:
        sign_in(client, "otto@desk.example")
        for _ in range(27):
            clock.shift(timedelta(hours=6))
            assert client.get("/my/sessions").status_code == 200
        clock.shift(timedelta(hours=6))
        assert client.get("/my/sessions").status_code == 303


def test_being_there_is_written_down_once_a_minute_and_not_by_polls(client, user, db):
    user()
    with time_machine.travel(MONDAY, tick=False) as clock:
        sign_in(client, "otto@desk.example")
        began = db.session.query(Session.seen_at).scalar()
        clock.shift(timedelta(seconds=59))
        client.get("/my/sessions")
        assert db.session.query(Session.seen_at).scalar() == began
        clock.shift(timedelta(seconds=2))
        client.get("/my/sessions?seen=1")
        assert db.session.query(Session.seen_at).scalar() == began
        client.get("/my/sessions")
        assert db.session.query(Session.seen_at).scalar() == began + timedelta(seconds=61)


def test_a_page_does_not_wait_to_write_down_that_somebody_was_there(client, user, db):
    user()
    with time_machine.travel(MONDAY, tick=False) as clock:
        sign_in(client, "otto@desk.example")
        began = db.session.query(Session.seen_at).scalar()
        db.session.commit()
        clock.shift(timedelta(minutes=2))
        with a_writer_at_work(db):
            assert client.get("/my/sessions").status_code == 200
        assert db.session.query(Session.seen_at).scalar() == began
        client.get("/my/sessions")
        assert db.session.query(Session.seen_at).scalar() > began


@contextlib.contextmanager
def a_writer_at_work(db):
    """Hold what a writer of the same row holds, for as long as this lasts."""
    with db.engine.connect() as connection:
        connection.execute(text("UPDATE sessions SET address = 'elsewhere'"))
        yield
        connection.rollback()


def test_who_is_signed_in_is_found_by_one_query(otto, db):
    asked = []

    def note(*args):
        asked.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        otto.get("/my/password")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    assert len([statement for statement in asked if "sessions" in statement]) == 1


@pytest.mark.parametrize("token", ["", "x", "é", "0" * 3000, None])
def test_a_cookie_that_makes_no_sense_is_nobodys(client, token):
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token

    assert client.get("/my/sessions").status_code == 303


def test_the_old_password_is_needed_for_another_one(client, user):
    user()
    sign_in(client, "otto@desk.example")

    answer = send(client, "/my/password", old="not the old one", password=NEW_PASSWORD)

    assert answer.status_code == 422
    assert "This is not the password you have now." in words(answer)
    assert sign_in(client, "otto@desk.example", NEW_PASSWORD).status_code == 422


def test_old_sessions_and_links_are_removed_by_a_job(otto, queue, db):
    living = db.session.query(Session).one()
    for number in range(cleaning.BATCH + 3):
        db.session.add(Session(token_hash=f"{number}", user_id=living.user_id, expires_at=now()))
    later = now() + timedelta(hours=1)
    db.session.add(Link(slot="setup", token_hash="a", expires_at=now()))
    db.session.add(Link(slot="user:1", token_hash="b", expires_at=later, used_at=now()))
    db.session.add(Link(slot="user:2", token_hash="c", expires_at=later))
    job = enqueue(JobKind.SESSIONS_CLEAN)
    db.session.commit()

    queue.run()

    assert job.state == "SUCCESS"
    assert job.result == {"removed": cleaning.BATCH + 5}
    assert [row.id for row in db.session.query(Session)] == [living.id]
    assert [row.slot for row in db.session.query(Link)] == ["user:2"]


def test_ending_sessions_is_recorded(client, user, db):
    user()
    sign_in(client, "otto@desk.example")
    send(client, "/sign-out")

    newest = db.session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
    assert newest.text == "Otto signed out"
