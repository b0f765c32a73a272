"""A customer who is erased is found nowhere: in no table, no file; and whatever is counted stays."""

import json
import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.bookings.making import ZOE, held, ordered, the_payment
from tests.contracts.world import send
from tests.retention.making import a_job, ago
from webapp import storage
from webapp.accounts.models import AuditEntry
from webapp.bookings import confirming, holding
from webapp.bookings.models import Booking, BookingState, Payment, PaymentState
from webapp.campaigns.composing import Composer
from webapp.campaigns.models import (
    BadRow,
    Campaign,
    CampaignState,
    Recipient,
    Source,
    SourceKind,
    SourceState,
)
from webapp.clock import now
from webapp.customers.contacts import Contact
from webapp.customers.finding import find_or_add
from webapp.customers.models import Customer, CustomerTag
from webapp.exports.models import Export
from webapp.extensions import Model, db
from webapp.jobs.models import Cause, Job, JobLog, JobState, Subject
from webapp.knowledge.models import Part, PartUnit, Question, QuestionState, Reading
from webapp.knowledge.models import Source as Known
from webapp.knowledge.models import SourceKind as KnownKind
from webapp.messages import no_offers, suppressing
from webapp.messages.channels import Channel, OutcomeKind
from webapp.messages.models import (
    Attempt,
    EventState,
    Message,
    MessageState,
    ProviderEvent,
    SuppressedBecause,
)
from webapp.notices.models import Announcement, Level
from webapp.retention import erasing
from webapp.retention.models import Erasure

WHO = Contact("Łucja O’Brien-Rao", "+919812345601", "lucja.rao@example.org")
#: In every way in which a program or a person may write it.
TRACES = re.compile(
    r"Łucja|O’Brien|\\u0141ucja|lucja\.rao|981\D?2\D?3\D?4\D?5\D?6\D?0\D?1", re.IGNORECASE
)


def everything() -> dict[str, list[str]]:
    """Return all that stands in the database as text, by table and column."""
    found: dict[str, list[str]] = {}
    for table in Model.metadata.sorted_tables:
        for row in db.session.execute(select(table)).mappings():
            for name, value in row.items():
                found.setdefault(f"{table.name}.{name}", []).append(as_text(value))
    return found


def as_text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, str):
        return value
    return json.dumps(value, default=str, ensure_ascii=False)


def traces() -> dict[str, str]:
    """Return where something of the customer can still be read."""
    hits = {
        place: value
        for place, values in everything().items()
        for value in values
        if TRACES.search(value)
    }
    for path, _ in list(storage.paths("exports")) + list(storage.paths("audience")):
        text = b"".join(storage.read(path)).decode("utf-8", "replace")
        hits |= {path: text} if TRACES.search(text) else {}
    return hits


def a_life() -> Customer:
    """Return a customer about whom something stands in every place that there is."""
    booking = ordered(who=WHO)
    payment = the_payment(booking)
    payment.state, payment.paid_at, payment.payment_id = PaymentState.PAID, now(), "pay_1"
    confirming.settle(booking)
    db.session.commit()
    booking.starts_at, booking.ends_at = ago(3), ago(3) + timedelta(minutes=30)
    customer = booking.customer
    customer.note, customer.tags = "Łucja likes tea", [CustomerTag(tag="lucja.rao@example.org")]
    for job in db.session.query(Job):
        job.state, job.finished_at = JobState.SUCCESS, now()
    words(booking)
    letters(booking)
    lists(customer)
    files(customer)
    db.session.commit()
    return customer


def words(booking: Booking) -> None:
    cause = Cause(fingerprint="x", text="No such mailbox: lucja.rao@example.org")
    db.session.add(cause)
    db.session.flush()
    job = a_job(
        1, JobState.FAILURE, subject_type="booking", subject_id=str(booking.id),
        args={"to": "+91 98123-45601", "names": [WHO.name.upper()], "number": 919812345601},
        error=f"Could not reach {WHO.name.lower()}", note="098123 45601", cause_id=cause.id,
        result={"answer": "Asked lucja.rao%40example.org"},
        traceback="ValueError: 'Dear\\nŁucja O’Brien-Rao'",
    )  # fmt: skip
    db.session.add(JobLog(job_id=job.id, attempt=1, level="info", text="to=sms:+919812345601"))
    db.session.add(Subject(type="booking", ref=str(booking.id), name=f"{WHO.name}, Tuesday"))
    db.session.add(
        AuditEntry(action="x", text=f"Changed {WHO.name}", detail={"old": ["0091 98123 45601"]})
    )
    db.session.add(
        Announcement(
            form_key="k", level=Level.INFO, title=f"Call {WHO.name}", text="", recipients=0
        )
    )
    db.session.add(
        Question(text=f"When does {WHO.name} come?", state=QuestionState.ANSWERED,
                 answer="At (98123) 45601.", citations=[{"text": WHO.email}])
    )  # fmt: skip


def letters(booking: Booking) -> None:
    for number, state in enumerate((MessageState.DELIVERED, MessageState.QUEUED)):
        message = Message(
            channel=Channel.SMS, address=WHO.phone or "", lane=f"sms:{WHO.phone}", state=state,
            subject_type="booking", subject_id=str(booking.id), purpose=f"test-{number}",
            customer_id=booking.customer_id, body=f"Dear {WHO.name}", provider_id=f"SM{number}",
            template={"name": "x", "body": [WHO.name]}, html=f"<p>{WHO.name}</p>",
        )  # fmt: skip
        message.attempts = [
            Attempt(number=1, started_at=now(), ended_at=now(), outcome=OutcomeKind.ACCEPTED,
                    detail=f"queued for {WHO.phone}", provider_id=f"SM{number}")
        ]  # fmt: skip
        db.session.add(message)
    other = find_or_add(ZOE, zone="UTC")
    db.session.add(
        Message(channel=Channel.EMAIL, address=ZOE.email or "", lane=f"email:{ZOE.email}",
                subject_type="booking", subject_id="999", purpose="x", customer_id=other.id,
                body=f"Ring {WHO.phone} when you are there", state=MessageState.SENT)
    )  # fmt: skip
    bodies = [{"wa_id": "919812345601"}, {"MessageSid": "SM0"}, {"profile": {"name": WHO.name},
              "to": WHO.email}]  # fmt: skip
    for number, body in enumerate(bodies):
        db.session.add(
            ProviderEvent(provider="twilio status", digest=str(number), state=EventState.DONE,
                          body=json.dumps(body).encode(), extra={"ref": "x"})
        )  # fmt: skip
    suppressing.suppress(Channel.SMS, WHO.phone or "", SuppressedBecause.STOP, f"{WHO.name} rang")


def lists(customer: Customer) -> None:
    campaign = Campaign(name="Offer", state=CampaignState.DONE, finished_at=now(), total=2)
    db.session.add(campaign)
    db.session.flush()
    storage.put("audience/test.csv", BytesIO(f"Phone\n{WHO.phone}\n".encode()))
    source = Source(
        campaign_id=campaign.id, kind=SourceKind.FILE, state=SourceState.STOPPED, good=2,
        path="audience/test.csv", asked={"text": "98123 45601"}, sample=[[WHO.name]], encoding="utf-8",
    )  # fmt: skip
    db.session.add(source)
    db.session.flush()
    common = {"campaign_id": campaign.id, "source_id": source.id, "row": 1, "country": "IN"}
    db.session.add_all(
        [
            Recipient(**common, key=WHO.phone or "", phone=WHO.phone, name=WHO.name,
                      values={"name": WHO.name}, customer_id=customer.id),
            Recipient(**common, key="LUCJA.RAO@example.org", email="LUCJA.RAO@example.org",
                      values={"friend": WHO.phone}),
            Recipient(**common, key="+919812345602", phone="+919812345602", name="Anil",
                      values={"name": "Anil", "of": WHO.phone}),
            BadRow(source_id=source.id, row=2, problem="landline", detail="x", cells=[WHO.name]),
        ]
    )  # fmt: skip


def files(customer: Customer) -> None:
    for number, text in enumerate((f"Name\n{WHO.name}\n", "Name\nAnil\n")):
        path = f"exports/test-{number}.csv"
        storage.put(path, BytesIO(text.encode()))
        db.session.add(
            Export(what="x", filename=f"{number}.csv", path=path, ready_at=now(), size=1)
        )


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
    service = db.session.query(Booking).first().service  # type: ignore[union-attr]
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
