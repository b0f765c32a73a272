"""Messages to write, and the sandbox that takes them."""

import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from webapp.extensions import db
from webapp.messages.channels import Channel
from webapp.messages.models import Message
from webapp.messages.writing import write

PHONE = "+919812345678"
MAIL = "asha.rao@example.com"


class Thing(NamedTuple):
    """Something to write about."""

    id: str


@pytest.fixture
def written(app: Any) -> Callable[..., Message]:
    """Return a maker of messages, each about a thing of its own, committed."""
    assert app

    def make(channel: Channel = Channel.SMS, address: str | None = None, **fields: Any) -> Message:
        fields.setdefault("body", "Your booking is confirmed.")
        to = address or (MAIL if channel == Channel.EMAIL else PHONE)
        message = write(
            channel,
            to,
            about=Thing(uuid.uuid4().hex),
            purpose="test",
            title="Your booking",
            **fields,
        )
        db.session.commit()
        return message

    return make
