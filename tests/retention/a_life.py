"""A customer of whom something stands in every place that there is, and the search for it."""

import json
import re
from datetime import timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import select

from tests.bookings.making import ZOE, ordered, the_payment
from tests.retention.making import a_job, ago
from webapp import storage
from webapp.accounts.models import AuditEntry
from webapp.bookings import confirming
from webapp.bookings.models import Booking, PaymentState
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
from webapp.jobs.history import JobLog
from webapp.jobs.known import Cause, JobWord, Subject, SubjectWord
from webapp.jobs.models import Job, JobState
from webapp.knowledge.models import Question, QuestionState
from webapp.messages import suppressing
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
    named(f"{WHO.name}, Tuesday", "booking", str(booking.id))
    named(f"A file for {WHO.name}", "export", "99")
    db.session.add(JobWord(job_id=job.id, word="lucja.rao@example.org"))
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


def named(name: str, kind: str, ref: str) -> None:
    subject = db.session.query(Subject).filter_by(type=kind, ref=ref).one_or_none()
    subject = subject or Subject(type=kind, ref=ref)
    subject.name = name
    db.session.add(subject)
    db.session.flush()
    for word in ("9812345601", "łucja"):
        db.session.merge(SubjectWord(subject_id=subject.id, word=word))


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
