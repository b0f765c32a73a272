"""Messages to write, and the sandbox that takes them."""

import itertools
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from webapp.extensions import db
from webapp.messages.batches import open_batch
from webapp.messages.channels import Channel
from webapp.messages.models import Batch, Message
from webapp.messages.writing import write, write_many

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


@pytest.fixture
def batch(app: Any) -> Callable[..., Batch]:
    """Return a maker of batches of SMS, each to somebody else, committed."""
    assert app

    def make(count: int = 3, *, channel: Channel = Channel.SMS, **fields: Any) -> Batch:
        of_batch = ("rehearsal", "quiet_from", "quiet_until")
        about = Thing(uuid.uuid4().hex)
        made = open_batch(about, **{name: fields.pop(name) for name in of_batch if name in fields})
        add(made, count, channel=channel, **fields)
        return made

    return make


def add(batch: Batch, count: int, *, channel: Channel = Channel.SMS, **fields: Any) -> None:
    """Write more messages into a batch, committed."""
    before = "rehearsal:" if batch.rehearsal else ""
    rows = []
    for _ in range(count):
        number = next(_numbers)
        mail = channel == Channel.EMAIL
        address = f"person{number}@example.com" if mail else f"+9198{number:08d}"
        rows.append(
            {
                "batch_id": batch.id,
                "channel": channel,
                "address": address,
                "lane": f"{before}{channel}:{address}",
                "subject_type": "recipient",
                "subject_id": str(number),
                "purpose": f"campaign.{batch.id}",
                "title": "An offer",
                "body": "An offer for you.",
                "country": "IN",
                **fields,
            }
        )
    write_many(rows)
    db.session.commit()


_numbers = itertools.count(1)
