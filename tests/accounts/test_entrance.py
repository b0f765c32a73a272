"""The way in: who gets in, who does not, and what everybody is told."""

import re

import pytest

from tests.accounts.conftest import PASSWORD, page, send, sign_in, words
from webapp.accounts.models import AuditEntry, Session
from webapp.accounts.passwords import NOBODY, matches, outdated


def test_the_right_password_opens_a_session_whose_token_is_stored_nowhere(client, user, db):
    otto = user()

    answer = sign_in(client, "OTTO@desk.example ")

    assert answer.status_code == 303
    assert answer.location == "/"
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    row = db.session.query(Session).one()
    assert row.user_id == otto.id
    assert len(token) >= 43  # 256 bits
    assert token not in {row.token_hash, str(row.id)}
    assert client.get("/my/sessions").status_code == 200


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("otto@desk.example", "a wrong password"),
        ("nobody@desk.example", PASSWORD),
        ("not an address", PASSWORD),
        ("gone@desk.example", PASSWORD),
        ("otto@desk.example\0", PASSWORD),
    ],
)
def test_wrong_and_unknown_and_deactivated_are_told_the_same(client, user, db, email, password):
    user()
    user("Gone", active=False)

    answer = sign_in(client, email, password)

    assert answer.status_code == 422
    assert "The e-mail address or the password is not right." in words(answer)
    assert "otto@desk.example" not in words(answer)
    assert db.session.query(Session).count() == 0


def test_the_password_is_never_sent_back_nor_recorded(client, user, db):
    user()

    answer = sign_in(client, "otto@desk.example", "a very secret typo")

    assert "a very secret typo" not in answer.text
    entry = db.session.query(AuditEntry).one()
    assert entry.action == "session.refused"
    assert entry.text == "Somebody tried to sign in as Otto"
    assert "typo" not in str(entry.detail)


def test_signing_in_is_recorded_under_the_persons_name(client, user, db):
    otto = user()

    sign_in(client, "otto@desk.example")

    entry = db.session.query(AuditEntry).one()
    assert (entry.user_id, entry.action, entry.address) == (otto.id, "session.began", "127.0.0.1")


def test_an_unknown_person_costs_as_much_time_as_a_known_one():
    assert outdated(NOBODY) is False
    assert matches(None, PASSWORD) is False


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "/\t\\evil.example/",
        "\\\\evil.example",
        "//[",
        "javascript:alert(1)",
        "evil.example",
        "/\r\nLocation: https://evil.example/",
    ],
)
def test_after_signing_in_nobody_is_sent_to_another_site(client, user, target):
    user()

    assert sign_in(client, "otto@desk.example", next=target).location == "/"


def test_after_signing_in_a_person_gets_the_page_he_asked_for(client, user):
    user()

    away = client.get("/my/password?x=1")
    assert away.status_code == 303
    form = page(client.get(away.location)).css_first("input[name=next]")
    assert form is not None
    answer = sign_in(client, "otto@desk.example", next=form.attributes["value"] or "")

    assert answer.location == "/my/password?x=1"


def test_htmx_is_told_to_go_to_the_sign_in_page(client):
    answer = client.get("/my/sessions", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_a_cookie_planted_before_is_worth_nothing_after(client, user):
    user()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "planted"
        cookie["leftover"] = "of somebody else"

    sign_in(client, "otto@desk.example")

    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != "planted"
        assert "leftover" not in cookie


def test_signing_in_again_ends_the_session_before(client, user, db):
    user()
    user("Ada")
    sign_in(client, "otto@desk.example")
    old = client.get_cookie("bellhop").value

    send(client, "/sign-in", email="ada@desk.example", password=PASSWORD)

    assert [row.user.name for row in db.session.query(Session)] == ["Ada"]
    client.set_cookie("bellhop", old)
    assert client.get("/my/sessions").status_code == 303


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/my/password", "/people/new"])
def test_a_form_without_its_token_is_refused(client, ada, path):
    for browser in (client, ada):
        answer = browser.post(path, data={"email": "otto@desk.example", "password": PASSWORD})
        assert answer.status_code == 400
        assert "no longer valid" in answer.text


def test_signing_out_ends_the_row_and_what_the_browser_keeps(client, user, db):
    user()
    sign_in(client, "otto@desk.example")

    answer = send(client, "/sign-out")

    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert db.session.query(Session).count() == 0
    assert "You are signed out." in words(client.get(answer.location))


def test_signing_out_twice_is_no_fault(client):
    assert send(client, "/sign-out").status_code == 303


def test_a_private_page_is_kept_by_no_cache(ada):
    assert "no-store" in ada.get("/my/sessions").headers["Cache-Control"]


def test_the_cookie_is_out_of_reach_of_scripts(client, user):
    user()

    answer = sign_in(client, "otto@desk.example")

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert re.search("SameSite=Lax", cookie)
