"""Links that work once: the first account, and a password."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine

from tests.accounts.conftest import PASSWORD, csrf_token, send, sign_in, words
from webapp.accounts import links
from webapp.accounts.models import AuditEntry, Link, Role, Session, User
from webapp.clock import now

FIRST = {"name": "Ada", "email": "ada@desk.example", "password": PASSWORD}


def path(link):
    """Return a link as the test's browser knows it."""
    return link.removeprefix("http://desk.example")


@pytest.fixture
def setup(app, db):
    """Return the path of a fresh set-up link."""
    link = links.for_setup()
    db.session.commit()
    return path(link)


def test_the_link_makes_the_first_admin_and_signs_in(client, setup, db):
    assert client.get(setup).status_code == 200

    answer = send(client, setup, **FIRST)

    assert (answer.status_code, answer.location) == (303, "/")
    ada = db.session.query(User).one()
    assert (ada.role, ada.email, ada.active) == (Role.ADMIN, "ada@desk.example", True)
    assert PASSWORD not in ada.password_hash
    assert ada.password_hash.startswith("$argon2id$")
    assert client.get("/people").status_code == 200


def test_the_token_is_not_in_the_database(setup, db):
    assert db.session.query(Link).one().token_hash not in setup


def test_a_used_link_says_so_in_a_sentence(client, app, setup, db):
    send(client, setup, **FIRST)

    for answer in (app.test_client().get(setup), send(app.test_client(), setup, **FIRST)):
        assert answer.status_code == 410
        assert "This link no longer works" in words(answer)
    assert db.session.query(User).count() == 1


def test_an_expired_link_says_so(client, setup, db):
    token = csrf_token(client)
    with time_machine.travel(now() + timedelta(minutes=31)):
        assert client.get(setup).status_code == 410
        answer = client.post(setup, data={"csrf_token": token, **FIRST})
    assert answer.status_code == 410
    assert db.session.query(User).count() == 0


def test_asking_again_voids_the_older_link(client, setup, db):
    newer = path(links.for_setup())
    db.session.commit()

    assert client.get(setup).status_code == 410
    assert client.get(newer).status_code == 200


def test_two_people_who_use_the_link_at_once_make_one_account(app, setup, db):
    browsers = [app.test_client() for _ in range(4)]
    tokens = [csrf_token(browser) for browser in browsers]
    gate, answers = Barrier(len(browsers)), []

    def use(number):
        gate.wait()
        typed = {**FIRST, "email": f"ada{number}@desk.example", "csrf_token": tokens[number]}
        with app.app_context():
            answers.append(browsers[number].post(setup, data=typed).status_code)

    threads = [Thread(target=use, args=(number,)) for number in range(len(browsers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(answers) == [303, 410, 410, 410]
    db.session.commit()
    assert db.session.query(User).count() == 1
    assert db.session.query(Session).count() == 1


def test_no_link_is_made_once_there_is_an_account(db, user):
    user()

    with pytest.raises(links.AccountExists):
        links.for_setup()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": " "}, "This is needed."),
        ({"email": "ada at desk"}, "This does not look like an e-mail address."),
        ({"password": "short"}, "Use at least 12 characters."),
        ({"password": "Password1234!"}, "one of the passwords that are tried first"),
        ({"password": "ada@desk.example"}, "your name or e-mail address"),
    ],
)
def test_a_form_with_a_mistake_comes_back_with_what_was_typed(client, setup, db, typed, sentence):
    answer = send(client, setup, **{**FIRST, **typed})

    assert answer.status_code == 422
    assert sentence in words(answer)
    kept = typed.get("email", FIRST["email"])
    assert f'value="{kept}"' in answer.text
    assert db.session.query(User).count() == 0
    assert client.get(setup).status_code == 200


def invited(ada, db):
    """Return an invited person and the path of the link."""
    answer = send(ada, "/people/new", name="Otto", email="Otto@desk.example", role="operator")
    assert answer.status_code == 200
    link = answer.text.partition('value="http://desk.example')[2].partition('"')[0]
    return db.session.query(User).filter_by(email="otto@desk.example").one(), link


def test_an_invited_person_sets_a_password_and_is_in(ada, client, db):
    otto, link = invited(ada, db)
    assert (otto.password_hash, otto.state) == (None, "invited")
    assert sign_in(client, "otto@desk.example").status_code == 422

    assert "Hello Otto" in words(client.get(link))
    answer = send(client, link, password=PASSWORD)

    assert answer.status_code == 303
    assert client.get("/my/sessions").status_code == 200
    assert client.get(link).status_code == 410
    newest = db.session.query(AuditEntry).filter_by(action="user.password").one()
    assert newest.user_id == otto.id


def test_a_new_link_voids_the_older_and_its_use_ends_every_session(ada, app, client, user, db):
    otto = user()
    sign_in(client, "otto@desk.example")
    first, second = (
        send(ada, f"/people/{otto.id}/link")
        .text.partition('value="http://desk.example')[2]
        .partition('"')[0]
        for _ in range(2)
    )
    assert client.get(first).status_code == 410
    assert client.get("/my/sessions").status_code == 200

    other = app.test_client()
    send(other, second, password="a sentence of my own")

    assert client.get("/my/sessions").status_code == 303
    assert other.get("/my/sessions").status_code == 200


def test_an_invitation_ends_after_a_day(ada, client, db):
    _, link = invited(ada, db)

    with time_machine.travel(now() + timedelta(hours=24, seconds=1)):
        assert client.get(link).status_code == 410


def test_the_link_of_a_deactivated_person_is_dead(ada, client, db):
    otto, link = invited(ada, db)

    send(ada, f"/people/{otto.id}/deactivate")
    assert client.get(link).status_code == 410
    assert send(ada, f"/people/{otto.id}/link").status_code == 409

    send(ada, f"/people/{otto.id}/reactivate")
    assert client.get(link).status_code == 410


def test_a_link_for_one_thing_is_not_good_for_the_other(ada, app, client, db):
    _, link = invited(ada, db)

    assert client.get(link.replace("/password/", "/setup/")).status_code == 410
