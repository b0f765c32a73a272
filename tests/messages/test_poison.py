"""A report that nobody can work through."""

import pytest

from webapp.extensions import db as database
from webapp.messages import receiving
from webapp.messages.models import EventState, ProviderEvent


@pytest.fixture
def odd():
    """Register a provider whose reports are worth nothing, and forget it again."""

    def handler(body, _extra):
        raise {b"no sense": ValueError("not a report"), b"a bug": KeyError("id")}[body]

    receiving.handles("odd")(handler)
    receiving.handles("plain")(lambda _body, _extra: None)
    yield
    del receiving.handlers["odd"], receiving.handlers["plain"]


def test_a_report_that_cannot_be_worked_through_does_not_hold_up_the_others(app, queue, odd):
    receiving.store("odd", b"no sense")
    receiving.store("odd", b"a bug")
    receiving.store("plain", b"anything")
    database.session.commit()

    queue.run()

    found = database.session.query(ProviderEvent).order_by(ProviderEvent.id).all()
    assert [event.state for event in found] == [EventState.BAD, EventState.BAD, EventState.DONE]
    assert [event.problem for event in found] == ["not a report", "'id'", None]
