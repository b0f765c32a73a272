"""A batch stops by itself when none of its messages can arrive, and a rehearsal stops nothing else."""

import pytest

from tests.messages.test_batches import states
from webapp.extensions import db
from webapp.messages import batches, recording, stopping
from webapp.messages.channels import Channel
from webapp.messages.models import Message
from webapp.messages.protecting import RUN


def refuse(sandbox, code: int, *, provider="whatsapp", times=None, status=400) -> None:
    sandbox.fault(provider=provider, fault="error", code=code, status=status, times=times)


def test_a_run_of_equal_refusals_holds_it_and_says_why(batch, queue, sandbox):
    refuse(sandbox, 132000)
    mine = batch(100, channel=Channel.WHATSAPP)

    queue.run()

    assert mine.held_at
    assert "template" in mine.reason
    assert mine.advice
    found = states(mine)
    assert RUN <= found["failed"] < 100
    assert found["failed"] + found["queued"] == 100
    assert stopping.stopped() == []


def test_what_concerns_single_people_does_not_hold_it(batch, queue, sandbox):
    refuse(sandbox, 131026)
    mine = batch(3 * RUN, channel=Channel.WHATSAPP)

    queue.run()

    assert mine.held_at is None
    assert states(mine) == {"failed": 3 * RUN}


def test_one_that_arrives_ends_the_run(batch, queue, sandbox):
    mine = batch(RUN - 1, channel=Channel.WHATSAPP)
    refuse(sandbox, 132000, times=RUN - 1)
    queue.run()
    assert mine.run_length == RUN - 1

    batches_go_on_with(mine, 1)
    queue.run()
    db.session.refresh(mine)
    assert (mine.run_length, mine.held_at) == (0, None)


def batches_go_on_with(batch, count: int) -> None:
    from tests.messages.conftest import add

    add(batch, count, channel=Channel.WHATSAPP)


def test_a_paused_template_holds_it_at_once_and_fails_nobody(batch, queue, sandbox):
    refuse(sandbox, 132015)
    mine = batch(40, channel=Channel.WHATSAPP)

    queue.run()

    assert mine.held_at
    assert states(mine) == {"queued": 40}
    sandbox.forget()
    assert batches.go_on(mine)
    db.session.commit()
    queue.run()
    assert states(mine) == {"sent": 40}


def test_an_empty_account_stops_the_channel_and_keeps_the_rows(batch, queue, sandbox):
    refuse(sandbox, 20003, provider="twilio", status=401)
    mine = batch(40)

    queue.run()

    assert [row.channel for row in stopping.stopped()] == [Channel.SMS]
    assert states(mine) == {"queued": 40}
    assert mine.held_at is None


@pytest.mark.parametrize("profile", ["out-of-credit", "busy"])
def test_a_rehearsal_never_touches_the_real_channel(profile, batch, written, queue):
    mine = batch(60, rehearsal=profile)

    queue.run(limit=5)

    assert stopping.stopped() == []
    assert stopping.open_channels() == list(Channel)
    if profile == "out-of-credit":
        assert mine.held_at
        assert states(mine).get("failed") is None


def test_those_who_can_reach_the_person_otherwise_are_told_of_each_failure_once(
    batch, written, queue, sandbox, told
):
    refuse(sandbox, 21211, provider="twilio", times=3)
    written()
    batch(2)

    queue.run()

    failed = db.select(Message.id).where(Message.batch_id.is_not(None), Message.state == "failed")
    assert sorted(told) == sorted(db.session.scalars(failed))
    assert len(told) == 2


@pytest.fixture
def told():
    """Return who was told of, by a listener of the test's own."""
    heard = []

    def hear(ids):
        heard.extend(ids)

    recording.when_failed.append(hear)
    yield heard
    recording.when_failed.remove(hear)
