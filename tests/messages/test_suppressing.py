"""The one list of who wants no offers: what puts an address there, and what takes it off."""

import threading

import pytest
from sqlalchemy import select

from tests.messages.conftest import MAIL, PHONE
from webapp.accounts.models import AuditEntry
from webapp.messages import suppressing
from webapp.messages.channels import Channel, Outcome, OutcomeKind
from webapp.messages.models import Batch, Message, SuppressedBecause, Suppression
from webapp.messages.recording import Sent

STOP, BY_HAND = SuppressedBecause.STOP, SuppressedBecause.BY_HAND


def entries(db):
    rows = db.session.scalars(select(Suppression).order_by(Suppression.lane))
    return [(row.lane, row.why) for row in rows]


def written_down(db):
    found = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id))
    return [action for action in found if action.startswith("suppression.")]


def refused(message, code):
    return Sent(message, Outcome(OutcomeKind.PERMANENT, code=code))


def test_an_address_is_put_on_the_list_once_and_taken_off_once(db):
    assert suppressing.suppress(Channel.SMS, PHONE, BY_HAND, "Asked at the desk")
    assert not suppressing.suppress(Channel.SMS, PHONE, STOP)
    db.session.commit()

    assert suppressing.is_suppressed(Channel.SMS, PHONE)
    assert not suppressing.is_suppressed(Channel.WHATSAPP, PHONE)
    assert suppressing.lift(Channel.SMS, PHONE)
    assert not suppressing.lift(Channel.SMS, PHONE)
    db.session.commit()
    assert entries(db) == []
    assert written_down(db) == ["suppression.added", "suppression.lifted"]


def test_what_the_desk_has_written_is_not_lifted_by_the_person(db):
    suppressing.suppress(Channel.SMS, PHONE, BY_HAND)

    assert not suppressing.lift(Channel.SMS, PHONE, only=suppressing.SAID)
    assert suppressing.is_suppressed(Channel.SMS, PHONE)


def test_two_reports_of_one_address_at_the_same_time_are_one_entry(db, app):
    both, failed = threading.Barrier(2), []

    def report():
        with app.app_context():
            try:
                both.wait(30)
                suppressing.suppress(Channel.EMAIL, MAIL, STOP)
                db.session.commit()
            except Exception as problem:  # seen by the test, not by the thread alone
                failed.append(problem)

    threads = [threading.Thread(target=report) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert entries(db) == [(f"email:{MAIL}", STOP)]
    assert written_down(db) == ["suppression.added"]


@pytest.mark.parametrize(
    ("channel", "code", "why"),
    [
        (Channel.SMS, "21610", SuppressedBecause.REFUSED),
        (Channel.WHATSAPP, "131050", SuppressedBecause.REFUSED),
        (Channel.EMAIL, "550 5.1.1", SuppressedBecause.BOUNCED),
        (Channel.EMAIL, "550 5.2.1", SuppressedBecause.BOUNCED),
        (Channel.SMS, "21211", None),
        (Channel.EMAIL, "552", None),
    ],
)
def test_only_an_answer_that_concerns_the_person_puts_an_address_on_the_list(
    db, written, channel, code, why
):
    message = written(channel)

    suppressing.after_outcomes([refused(message, code)])

    assert entries(db) == ([] if why is None else [(message.lane, why)])


def test_many_outcomes_are_one_statement_and_none_when_nothing_is_flagged(db, written):
    fine = [Sent(written(), Outcome(OutcomeKind.ACCEPTED, "SM1")) for _ in range(2)]
    bounced = [
        refused(written(Channel.EMAIL, f"nobody{number}@example.org"), "550 5.1.1")
        for number in range(3)
    ]

    suppressing.after_outcomes(fine)
    assert entries(db) == []
    suppressing.after_outcomes([*fine, *bounced, bounced[0]])

    assert len(entries(db)) == 3


def test_a_rehearsal_puts_nobody_on_the_list(db, written):
    batch = Batch(subject_type="campaign", subject_id="1", rehearsal="bad-list")
    db.session.add(batch)
    db.session.flush()
    message: Message = written(Channel.EMAIL)
    message.batch_id, message.lane = batch.id, f"rehearsal:email:{MAIL}"
    db.session.commit()

    suppressing.after_outcomes([refused(message, "550 5.1.1")])

    assert entries(db) == []
