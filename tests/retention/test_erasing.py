"""A customer who is erased is found nowhere: in no table, no file; and whatever is counted stays."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.bookings.making import ZOE, held, ordered
from tests.contracts.world import send
from tests.retention.a_life import WHO, a_life, everything, traces
from webapp.accounts.models import AuditEntry
from webapp.bookings import holding
from webapp.bookings.models import Booking, BookingState, Payment, PaymentState
from webapp.campaigns.composing import Composer
from webapp.campaigns.models import (
    Recipient,
)
from webapp.customers.models import Customer
from webapp.exports.models import Export
from webapp.extensions import db
from webapp.jobs.models import Job, JobState
from webapp.knowledge.models import Part, PartUnit, Reading
from webapp.knowledge.models import Source as Known
from webapp.knowledge.models import SourceKind as KnownKind
from webapp.messages import no_offers, suppressing
from webapp.messages.channels import Channel
from webapp.messages.models import (
    Message,
    ProviderEvent,
    SuppressedBecause,
)
from webapp.retention import erasing
from webapp.retention.models import Erasure


def sums() -> dict[str, Any]:
    """Return what is counted of bookings, money, messages and campaigns."""
    paid = db.session.query(Payment).filter(Payment.state == PaymentState.PAID)
    return {
        "bookings": sorted((one.state, one.amount) for one in db.session.query(Booking)),
        "paid": sum(one.amount for one in paid),
        "messages": db.session.query(Message).count(),
        "delivered": db.session.query(Message).filter(Message.state == "delivered").count(),
        "recipients": sorted(one.country or "" for one in db.session.query(Recipient)),
        "customers": db.session.query(Customer).count(),
        "reports": db.session.query(ProviderEvent).count(),
        "jobs": db.session.query(Job).filter(Job.kind != "retention.erase").count(),
    }


def erase(customer: Customer, queue: Any, reason: str = "They asked for it.") -> Job:
    job_id = erasing.ask(customer, reason).id
    db.session.commit()
    queue.run()
    db.session.expire_all()
    return db.session.get_one(Job, job_id)


def test_nothing_is_left_of_them_in_any_table_or_file_and_all_sums_are_as_before(
    queue: Any,
) -> None:
    customer = a_life()
    before = sums()
    assert len(traces()) > 30, "they stood in all these places"

    job = erase(customer, queue, f"{WHO.name} wrote from {WHO.email}")

    assert (job.state, job.error) == (JobState.SUCCESS, None)
    assert traces() == {}
    assert sums() == before
    assert customer.name == f"Erased customer {customer.id}"
    entry = db.session.query(AuditEntry).filter(AuditEntry.action == "customer.erased").one()
    assert entry.text == f"Erased customer {customer.id}: [erased] wrote from [erased]"


def test_what_is_said_of_others_stays(queue: Any) -> None:
    customer = a_life()
    erase(customer, queue)

    anil = db.session.query(Recipient).filter(Recipient.key == "+919812345602").one()
    assert (anil.name, anil.values) == ("Anil", {"name": "Anil", "of": "[erased]"})
    letter = db.session.query(Message).filter(Message.address == ZOE.email).one()
    assert letter.body == "Ring [erased] when you are there"
    assert [one.filename for one in db.session.query(Export)] == ["1.csv"]


def test_they_are_still_sent_no_offers_and_a_new_booking_makes_a_new_customer(queue: Any) -> None:
    customer = a_life()
    erase(customer, queue)
    assert suppressing.found(Channel.SMS, WHO.phone or "") is None

    again = held(who=WHO).customer

    assert again.id != customer.id
    lane = f"sms:{WHO.phone}"
    assert no_offers.known([lane, "sms:+919812345699"]) == {lane: SuppressedBecause.STOP}
    assert Composer(()).suppressed([]) == {}
    no_offers.come_back([lane])
    entry = suppressing.found(Channel.SMS, WHO.phone or "")
    assert entry is not None
    assert entry.why == SuppressedBecause.STOP


@pytest.mark.parametrize("state", [BookingState.CONFIRMED, BookingState.REFUND_DUE])
def test_whoever_still_has_something_to_come_is_not_erased(queue: Any, state: BookingState) -> None:
    booking = ordered(who=WHO)
    booking.state = state
    db.session.commit()

    with pytest.raises(erasing.NotPossible, match=booking.reference):
        erasing.ask(booking.customer, "They asked.")


def test_a_booking_that_comes_in_meanwhile_stops_it_and_nothing_of_it_is_lost(queue: Any) -> None:
    customer = a_life()
    job_id = erasing.ask(customer, "They asked.").id
    service = db.session.query(Booking).first().service
    from tests.bookings.making import a_time

    holding.hold(service, a_time(service, 3), WHO, form_key="0123456789abcdef")
    db.session.commit()

    queue.run()
    db.session.expire_all()

    job = db.session.get_one(Job, job_id)
    assert job.state == JobState.FAILURE
    assert "is still to come" in (job.error or "")
    assert db.session.get_one(Customer, customer.id).phone == WHO.phone


def test_killed_in_between_and_asked_again_it_comes_to_the_same_end(
    queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = a_life()
    before = sums()
    monkeypatch.setattr(erasing, "SECONDS", -1.0)  # a slice ends after its first step
    job_id = erasing.ask(customer, "They asked.").id
    db.session.commit()
    queue.run(limit=4)
    assert db.session.query(Erasure).one().finished_at is None
    erasing.ask(customer, "They asked.")
    db.session.commit()
    assert db.session.query(Erasure).count() == 1

    queue.run()
    db.session.expire_all()

    assert db.session.get_one(Job, job_id).state == JobState.SUCCESS
    assert traces() == {}
    assert sums() == before
    with pytest.raises(erasing.NotPossible, match="has been erased"):
        erasing.ask(customer, "Once more.")


def test_a_name_that_somebody_else_has_too_is_left_where_it_stands_alone(queue: Any) -> None:
    customer = a_life()
    db.session.add(Customer(name=WHO.name, phone="+919812345688", zone="UTC"))
    db.session.add(AuditEntry(action="y", text=f"Rang {WHO.name}", detail={}))
    db.session.commit()

    erase(customer, queue)

    texts = [one.text for one in db.session.query(AuditEntry).filter(AuditEntry.action == "y")]
    assert texts == [f"Rang {WHO.name}"]
    numbers = re.compile(r"981\D?2\D?3\D?4\D?5\D?6\D?0\D?1|lucja\.rao", re.IGNORECASE)
    assert not any(numbers.search(one) for values in everything().values() for one in values)


def test_a_document_that_names_them_is_named_and_not_changed(queue: Any) -> None:
    customer = a_life()
    known = Known(kind=KnownKind.DOCUMENT, name="Guests of the summer.pdf")
    db.session.add(known)
    db.session.flush()
    reading = Reading(source_id=known.id, live=True)
    db.session.add(reading)
    db.session.flush()
    text = f"On the list: {WHO.name}."
    db.session.add(Part(reading_id=reading.id, ordinal=1, unit=PartUnit.PAGE, text=text))
    db.session.commit()

    job = erase(customer, queue)

    assert "“Guests of the summer.pdf”" in (job.result or {})["answer"]
    assert db.session.query(Part).one().text == text


def test_the_page_says_what_goes_and_wants_the_name_and_a_reason(
    ada: FlaskClient, otto: FlaskClient, queue: Any
) -> None:
    customer = a_life()
    path = f"/retention/customers/{customer.id}/erase"
    page = " ".join(ada.get(path).text.split())
    assert "what was typed for 1 booking;" in page
    assert "1 payment with amount and date" in page
    assert path in ada.get(f"/customers/{customer.id}").text
    assert path not in otto.get(f"/customers/{customer.id}").text

    wrong = send(ada, path, name="Somebody", reason="")
    assert wrong.status_code == 422
    assert "This is not the name of this customer." in wrong.text
    assert "Say why" in wrong.text
    assert "Somebody" in wrong.text

    asked = send(ada, path, name=f" {WHO.name.lower()} ", reason="Asked by letter")
    assert asked.status_code == 303
    queue.run()
    assert ada.get(path).text.count("This customer has been erased.") == 1
    assert "Asked by letter" in ada.get(f"/customers/{customer.id}").text
    assert ada.get(f"/customers/{customer.id}/edit").status_code == 409


def test_the_page_says_why_it_cannot_be_done_yet(ada: FlaskClient) -> None:
    booking = ordered(who=WHO)
    path = f"/retention/customers/{booking.customer_id}/erase"

    assert f"Booking {booking.reference} is still to come" in ada.get(path).text
    asked = send(ada, path, name=WHO.name, reason="Asked by letter")
    assert asked.status_code == 409
    assert booking.reference in asked.text
