"""What is counted for a report: of the whole house, never of one person."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select

from webapp.bookings.finding import house_zone
from webapp.bookings.models import Booking, Payment, PaymentState
from webapp.campaigns.models import Campaign
from webapp.charts import history
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Cause, Job, JobState
from webapp.knowledge.models import Question
from webapp.messages.channels import Channel
from webapp.messages.models import Batch, Message, MessageState
from webapp.reports.periods import Span, ids_within

CAUSES = 10
CHANNELS = {Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp", Channel.EMAIL: "E-mail"}
OUTCOMES = {
    "written": tuple(MessageState),
    "arrived or sent": (MessageState.SENT, MessageState.DELIVERED, MessageState.READ),
    "failed": (MessageState.FAILED,),
    "not certain": (MessageState.UNKNOWN,),
    "not sent": (MessageState.SUPPRESSED, MessageState.CANCELLED),
}
#: What a line counts, and so how it is written: a number, money in a currency, seconds.
COUNT, SECONDS = "count", "seconds"

Lines = dict[str, tuple[str, float]]


class Line(NamedTuple):
    """One figure: its unit, what it is in the span, and what it was in the one before."""

    label: str
    unit: str
    now: float | None
    before: float | None


def sections(span: Span, earlier: Span) -> Iterator[tuple[str, list[Line]]]:
    """Go through the parts of a report, each with its lines; what neither span has is left out there."""
    for title, count in PARTS.items():
        yield title, list(_beside(count(span), count(earlier)))


def bookings(span: Span) -> Lines:
    """Count bookings by what happened to them within the span."""
    return {
        label: (COUNT, _count(select(Booking.id).where(*_within(column, span))))
        for label, column in (
            ("Made", Booking.created_at),
            ("Confirmed", Booking.confirmed_at),
            ("Cancelled", Booking.cancelled_at),
        )
    }


def income(span: Span) -> Lines:
    """Add up what was paid, by currency."""
    paid = (
        select(Payment.currency, func.sum(Payment.amount))
        .where(Payment.state == PaymentState.PAID, *_within(Payment.paid_at, span))
        .group_by(Payment.currency)
        .order_by(Payment.currency)
    )
    rows = db.session.execute(paid)
    return {f"Paid in {currency}": (currency, int(total)) for currency, total in rows}


def messages(span: Span) -> Lines:
    """Count messages by channel and by what became of them, without those of rehearsals."""
    query = (
        select(Message.channel, Message.state, func.count())
        .outerjoin(Batch, Batch.id == Message.batch_id)
        .where(Batch.rehearsal.is_(None), *ids_within(Message.id, span))
        .group_by(Message.channel, Message.state)
    )
    found = {(channel, state): number for channel, state, number in db.session.execute(query)}
    used = [channel for channel in CHANNELS if any(key[0] == channel for key in found)]
    return {
        f"{CHANNELS[channel]}, {word}": (
            COUNT,
            sum(found.get((channel, state), 0) for state in states),
        )
        for channel in used
        for word, states in OUTCOMES.items()
    }


def campaigns(span: Span) -> Lines:
    """Count the campaigns that began to be sent, and whom they were for."""
    begun = (
        select(func.count(), func.coalesce(func.sum(Campaign.total), 0))
        .join(Batch, Batch.id == Campaign.batch_id)
        .where(*_within(Batch.created_at, span))
    )
    number, people = db.session.execute(begun).one()
    return {"Begun": (COUNT, number), "People in them": (COUNT, int(people))}


def knowledge(span: Span) -> Lines:
    """Count what was read, and what was asked."""
    zone = house_zone()
    read = [
        history.span(span.since, span.until, zone, kind).done
        for kind in (JobKind.DOCUMENT_READ, JobKind.WEBSITE_CRAWL)
    ]
    asked = select(Question.id).where(*_within(Question.created_at, span))
    return {
        "Documents read": (COUNT, read[0]),
        "Websites read": (COUNT, read[1]),
        "Questions asked": (COUNT, _count(asked)),
        "Questions that were answered": (COUNT, _count(asked.where(Question.known))),
    }


def work(span: Span) -> Lines:
    """Count the jobs that ended in the span, and say how long they waited: from sums, which outlive the jobs."""
    sums = history.span(span.since, span.until, house_zone())
    lines: Lines = {
        "Jobs done": (COUNT, sums.done),
        "Jobs failed": (COUNT, sums.failed),
        "Jobs stopped": (COUNT, sums.stopped),
    }
    if sums.waited.p95 is not None:
        lines["19 of 20 jobs waited at most"] = (SECONDS, round(sums.waited.p95, 1))
    return lines


def causes(span: Span) -> Lines:
    """Count the jobs that failed for good by their cause, the commonest first."""
    number = func.count()
    query = (
        select(Cause.text, number)
        .select_from(Job)
        .outerjoin(Cause, Cause.id == Job.cause_id)
        .where(Job.state == JobState.FAILURE, *_within(Job.finished_at, span))
        .group_by(Cause.text)
        .order_by(number.desc(), Cause.text)
        .limit(CAUSES)
    )
    rows = db.session.execute(query)
    return {text or "Without a known cause": (COUNT, times) for text, times in rows}


def _beside(these: Lines, those: Lines) -> Iterator[Line]:
    """Put the figures of two spans side by side; one that only one of them has is 0 in the other."""
    for label in dict.fromkeys([*these, *those]):
        unit = (these.get(label) or those[label])[0]
        nothing = (unit, None if unit == SECONDS else 0)
        yield Line(label, unit, these.get(label, nothing)[1], those.get(label, nothing)[1])


def _count(query: Select[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _within(column: Any, span: Span) -> Iterable[ColumnElement[bool]]:
    return column >= span.since, column < span.until


PARTS = {
    "Bookings": bookings,
    "Income": income,
    "Messages": messages,
    "Campaigns": campaigns,
    "Knowledge": knowledge,
    "Work": work,
    "Why work failed": causes,
}
