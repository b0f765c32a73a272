"""What people do at a terminal: the first link, accounts, and a release."""

import os
import subprocess
import sys
from threading import Event, Thread

import pytest
from sqlalchemy import create_engine, text

from tests.live import ROOT
from webapp.accounts.models import Role, Session, User
from webapp.environment import Reader
from webapp.releasing import alone


def run(app, *words):
    """Run a command of ``flask --app wsgi``."""
    return app.test_cli_runner().invoke(args=list(words))


def test_the_set_up_link_is_the_only_thing_printed(app, client):
    found = run(app, "setup-link")

    assert found.exit_code == 0
    link = found.stdout.strip()
    assert link.startswith("http://desk.example/setup/")
    assert client.get(link.removeprefix("http://desk.example")).status_code == 200


def test_no_link_is_printed_once_there_is_an_account(app, user):
    user()

    found = run(app, "setup-link")

    assert (found.exit_code, found.stdout) == (0, "")
    assert "There is an account already" in found.stderr


def test_a_person_is_added_and_gets_a_link(app, client, db):
    found = run(app, "user", "add", "Ada@desk.example", "--name", "Ada", "--role", "admin")

    assert found.exit_code == 0, found.output
    assert client.get(found.stdout.strip().removeprefix("http://desk.example")).status_code == 200
    ada = db.session.query(User).one()
    assert (ada.name, ada.email, ada.role) == ("Ada", "ada@desk.example", Role.ADMIN)


def test_a_role_is_changed_and_the_sessions_end(app, otto, db):
    db.session.query(User).one().email = "otto@desk.example"
    db.session.commit()

    found = run(app, "user", "role", "otto@desk.example", "admin")

    assert found.exit_code == 0, found.output
    db.session.expire_all()
    assert db.session.query(User).one().role == Role.ADMIN
    assert db.session.query(Session).count() == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["add", "nonsense"], "does not look like"),
        (["add", "ada@desk.example"], "already here"),
        (["role", "nobody@desk.example", "admin"], "Nobody here"),
        (["role", "ada@desk.example", "viewer"], "the only admin"),
        (["link", "nobody@desk.example"], "Nobody here"),
    ],
)
def test_what_cannot_be_done_is_said_and_fails(app, user, words, sentence):
    user("Ada", Role.ADMIN)

    found = run(app, "user", *words)

    assert found.exit_code == 1
    assert sentence in found.stderr


def test_only_one_process_at_a_time_releases(app, db):
    entered, leave, second = Event(), Event(), Event()

    def hold():
        with app.app_context(), alone(db.engine):
            entered.set()
            leave.wait(60)

    def follow():
        with app.app_context(), alone(db.engine):
            second.set()

    threads = [Thread(target=hold), Thread(target=follow)]
    threads[0].start()
    assert entered.wait(60)
    threads[1].start()
    assert not second.wait(0.3)
    leave.set()
    assert second.wait(60)
    for thread in threads:
        thread.join(60)


def test_two_releases_at_once_and_one_after_them_do_it_once(settings_of_tests, kind, new_database):
    url = new_database(kind)
    environment = {**os.environ, **settings_of_tests, "DATABASE_URL": url}

    def start():
        return subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "release"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def end(process):
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output

    for process in [start(), start()]:
        end(process)
    end(start())

    engine = create_engine(Reader({"DATABASE_URL": url}).database("DATABASE_URL"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM services")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM users")).scalar() == 0
    engine.dispose()
