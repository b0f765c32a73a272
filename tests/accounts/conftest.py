"""What the tests of accounts may ask for besides."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from werkzeug.test import TestResponse

from webapp.accounts import passwords
from webapp.accounts.models import Role, User
from webapp.extensions import db as database

PASSWORD = "four plain words here"


def page(answer: TestResponse) -> LexborHTMLParser:
    """Return the page that was answered."""
    return LexborHTMLParser(answer.text)


def words(answer: TestResponse) -> str:
    """Return what a person reads, with single spaces."""
    body = page(answer).body
    assert body is not None
    return " ".join(body.text(separator=" ").split())


def csrf_token(client: FlaskClient) -> str:
    """Return the token of this browser's forms."""
    found = page(client.get("/setup/none")).css_first("meta[name=csrf-token]")
    assert found is not None
    return found.attributes["content"] or ""


def send(client: FlaskClient, path: str, **typed: str) -> TestResponse:
    """Send a form as a person does, with the token of its page."""
    return client.post(path, data={"csrf_token": csrf_token(client), **typed})


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
    """Sign in by the form."""
    return send(client, "/sign-in", email=email, password=password, **more)


MakeUser = Callable[..., User]


@pytest.fixture
def user(app: object) -> MakeUser:
    """Return a maker of people who have a password."""

    def make(name: str = "Otto", role: Role = Role.OPERATOR, *, active: bool = True) -> User:
        made = User(
            name=name,
            email=f"{name.lower()}@desk.example",
            role=role,
            active=active,
            password_hash=passwords.hashed(PASSWORD),
        )
        database.session.add(made)
        database.session.commit()
        return made

    return make
