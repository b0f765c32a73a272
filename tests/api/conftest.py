"""Programs, each with a token."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from tests.conftest import Client
from tests.people import person
from webapp.accounts import programs
from webapp.accounts.acting import NOBODY, act_as
from webapp.accounts.models import ApiToken, Role, User
from webapp.accounts.scopes import Scope
from webapp.extensions import db

Program = Callable[..., "Caller"]


class Caller:
    """A program with its token."""

    def __init__(self, client: FlaskClient, token: ApiToken, secret: str) -> None:
        self.client, self.secret = client, secret
        self.token_id, self.name = token.id, token.name

    @property
    def token(self) -> ApiToken:
        return db.session.get_one(ApiToken, self.token_id)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self._ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        return self._ask("POST", path, **more)

    def _ask(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = Headers({"Authorization": f"Bearer {self.secret}", **more.pop("headers", {})})
        return self.client.open(path, method=method, headers=headers, **more)


def maker() -> User:
    """Return the admin who makes the tokens."""
    found = db.session.query(User).filter_by(role=Role.ADMIN).first()
    return found or person("Ada", Role.ADMIN)


def browser_of(app: Flask) -> FlaskClient:
    """Return a client of an app with other settings."""
    app.test_client_class = Client
    return app.test_client()


@pytest.fixture
def program(app: Flask) -> Program:
    """Return a maker of programs that may do some things; without any named, everything."""

    act_as(NOBODY)

    def make(*scopes: str, by: User | None = None, **more: Any) -> Caller:
        wanted = [Scope(name) for name in scopes] or list(Scope)
        token, secret = programs.make("The till", wanted, by=by or maker(), **more)
        db.session.commit()
        return Caller(app.test_client(), token, secret)

    return make
