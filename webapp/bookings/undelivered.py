"""A customer who could not be told: the job that was to tell has failed, though it wrote every message."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import url_for
from sqlalchemy import select

from webapp.bookings.models import Booking
from webapp.bookings.notifying import refusal
from webapp.extensions import db
from webapp.jobs.acting import things
from webapp.jobs.failing import fail_after_all
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.messages import recording
from webapp.messages.channels import Channel
from webapp.messages.models import Message, MessageState

MEND = {
    Channel.EMAIL: "Mend the e-mail address",
    Channel.SMS: "Mend the number",
    Channel.WHATSAPP: "Mend the number",
}


def fail_job(ids: Sequence[uuid.UUID]) -> None:
    """Fail the job behind each of these messages that has failed for good. The caller commits."""
    failed = db.session.scalars(
        select(Message).where(
            Message.id.in_(ids),
            Message.subject_type == "booking",
            Message.purpose.startswith("booking."),
            Message.state == MessageState.FAILED,
        )
    ).all()
    for message in failed:
        job = _job_of(message)
        if job is not None:
            refused = refusal([message])
            fail_after_all(job, str(refused), refused.advice)


def _job_of(message: Message) -> Job | None:
    what = message.purpose.removeprefix("booking.")
    jobs = db.session.scalars(
        select(Job)
        .where(
            Job.subject_type == "booking",
            Job.subject_id == message.subject_id,
            Job.kind == JobKind.BOOKING_NOTIFY,
        )
        .order_by(Job.id.desc())
    )
    return next((job for job in jobs if job.args.get("what", "confirmed") == what), None)


def mend(job: Any) -> things.Mend | None:
    """Return where the number or the address is mended that kept the customer from being told."""
    booking = db.session.get(Booking, job.args.get("booking_id", 0))
    if booking is None:
        return None
    channel = db.session.scalar(
        select(Message.channel)
        .where(
            Message.subject_type == "booking",
            Message.subject_id == str(booking.id),
            Message.state == MessageState.FAILED,
        )
        .order_by(Message.id)
        .limit(1)
    )
    if channel is None:
        return None
    page = url_for("jobs.show", job_id=job.id)
    return things.Mend(
        MEND[channel], url_for("customers.edit", customer_id=booking.customer_id, next=page)
    )


def register() -> None:
    """Have the job failed whenever a message about a booking is refused for good."""
    if fail_job not in recording.when_alone_failed:
        recording.when_alone_failed.append(fail_job)
    things.register(JobKind.BOOKING_NOTIFY, mend=mend)
