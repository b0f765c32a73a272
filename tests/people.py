"""The people in the tests: Ada may do everything, Otto works here, Vera only looks."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from webapp.accounts.models import Role, Session, User
from webapp.clock import now
from webapp.extensions import db

SignedIn = Callable[[Role], FlaskClient]


def person(name: str, role: Role) -> User:
    """Return a user who works here."""
    user = User(name=name, email=f"{name.lower()}@desk.example", role=role)
    db.session.add(user)
    db.session.commit()
    return user


@pytest.fixture
def signed_in(app: Flask) -> SignedIn:
    """Return a maker of browsers in which a person of a role has signed in."""

    def make(role: Role) -> FlaskClient:
        user = db.session.query(User).filter_by(role=role).first() or person(
            role.value.title(), role
        )
        token = secrets.token_urlsafe(32)
        digest = hashlib.sha256(token.encode()).hexdigest()
        db.session.add(
            Session(token_hash=digest, user_id=user.id, expires_at=now() + timedelta(hours=8))
        )
        db.session.commit()
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return client

    return make


@pytest.fixture
def ada(signed_in: SignedIn) -> FlaskClient:
    """Return the browser of an admin."""
    return signed_in(Role.ADMIN)


@pytest.fixture
def otto(signed_in: SignedIn) -> FlaskClient:
    """Return the browser of an operator."""
    return signed_in(Role.OPERATOR)


@pytest.fixture
def vera(signed_in: SignedIn) -> FlaskClient:
    """Return the browser of a viewer."""
    return signed_in(Role.VIEWER)
