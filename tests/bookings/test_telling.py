"""A customer is told once by each channel, in their own terms, and only what is still true."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.bookings.making import MEERA, a_service, held, ordered, proof
from webapp.bookings import confirming, ics
from webapp.bookings.ics import escape, fold
from webapp.customers.contacts import Contact
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.messages.models import Message, MessageState
from webapp.services.times import when_words


def messages(db, purpose=None):
    query = select(Message).order_by(Message.id)
    if purpose:
        query = query.where(Message.purpose == purpose)
    return {message.channel.value: message for message in db.session.scalars(query).all()}


def test_a_confirmed_booking_is_told_by_sms_whatsapp_and_email(db, client, queue, sandbox):
    booking = ordered(a_service(name="Tea for two"))
    client.post(f"/bookings/{booking.id}/verify-payment", data=proof(booking))

    queue.run()

    told = messages(db, "booking.confirmed")
    assert set(told) == {"sms", "whatsapp", "email"}
    when = when_words(booking.starts_at, booking.zone)
    for channel in ("sms", "email"):
        for fact in ("Tea for two", when, booking.reference, f"/booked/{booking.token}"):
            assert fact in told[channel].body
    assert booking.reference in told["email"].html
    assert told["email"].title.startswith("Booked: Tea for two")
    [parameters] = [part["parameters"] for part in told["whatsapp"].template["components"]]
    assert [one["text"] for one in parameters] == [
        "Meera Iyer",
        "Tea for two",
        when,
        booking.reference,
    ]
    assert {message["channel"] for message in sandbox.messages()} == {"sms", "whatsapp", "email"}


def test_the_job_shows_how_far_it_is_and_what_it_did(db, queue):
    held(a_service(price=0))
    queue.run()

    job = db.session.scalars(select(Job).where(Job.kind == JobKind.BOOKING_NOTIFY)).one()

    assert (job.state, job.done, job.total) == (JobState.SUCCESS, 3, 3)
    assert job.note == "Written: SMS, WhatsApp message, e-mail."


@pytest.mark.parametrize(
    ("who", "channels"),
    [
        (Contact("A", "+919812345678", None), {"sms", "whatsapp"}),
        (Contact("A", None, "a@example.org"), {"email"}),
    ],
)
def test_only_channels_with_an_address_are_used(db, queue, who, channels):
    held(a_service(price=0), who)

    queue.run()

    assert set(messages(db)) == channels


def test_a_name_with_line_breaks_and_braces_is_only_a_name(db, queue, sandbox):
    held(
        a_service(price=0, name="{price}\t<b>"),
        Contact("{0}\n\n{{x}} <i>", MEERA.phone, MEERA.email),
    )

    queue.run()

    assert "<b>" not in messages(db)["email"].html
    assert "{price}" in messages(db)["sms"].body
    assert len(sandbox.messages(channel="whatsapp")) == 1


def test_cancelling_withdraws_what_has_not_left_and_tells_the_note(db, queue):
    booking = held(a_service(price=0))
    run_only(queue, "bookings.notify")
    assert {message.state for message in messages(db).values()} == {MessageState.QUEUED}

    confirming.cancel(booking, "We are closed. Nothing was taken.")
    db.session.commit()
    queue.run()

    assert {m.state for m in messages(db, "booking.confirmed").values()} == {MessageState.CANCELLED}
    told = messages(db, "booking.cancelled")
    assert set(told) == {"sms", "whatsapp", "email"}
    assert "Nothing was taken." in told["sms"].body
    assert told["whatsapp"].template["name"] == "booking_cancelled"


def test_a_confirmation_that_was_overtaken_by_a_cancellation_is_not_told(db, queue):
    booking = held(a_service(price=0))
    confirming.cancel(booking, "")
    db.session.commit()

    queue.run()

    assert messages(db, "booking.confirmed") == {}
    assert set(messages(db, "booking.cancelled")) == {"sms", "whatsapp", "email"}


def run_only(queue, name):
    """Run the first waiting task, which must be this one."""
    assert queue.names()[0] == name
    queue.run(1)


# --- the calendar file


def unfolded(content):
    return content.decode().replace("\r\n ", "").split("\r\n")


def test_the_calendar_entry_says_when_in_utc_and_keeps_its_name(db):
    booking = held(a_service(price=0, name="Cut, wash; dry \\ go"))

    lines = unfolded(ics.entry(booking))

    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert f"DTSTART:{booking.starts_at.astimezone(UTC):%Y%m%dT%H%M%SZ}" in lines
    assert f"DTEND:{booking.starts_at + timedelta(minutes=30):%Y%m%dT%H%M%SZ}" in lines
    assert r"SUMMARY:Cut\, wash\; dry \\ go\, Bellhop" in lines
    assert "STATUS:CONFIRMED" in lines


def test_a_cancelled_entry_has_the_same_name_and_a_higher_sequence(db):
    booking = held(a_service(price=0))
    before = unfolded(ics.entry(booking))
    confirming.cancel(booking, "")

    after = unfolded(ics.entry(booking))

    def value(lines, name):
        return next(line.partition(":")[2] for line in lines if line.startswith(f"{name}:"))

    assert value(before, "UID") == value(after, "UID")
    assert int(value(after, "SEQUENCE")) > int(value(before, "SEQUENCE"))
    assert "STATUS:CANCELLED" in after


def test_long_lines_are_folded_at_75_octets_and_never_inside_a_letter():
    line = "SUMMARY:" + "Zahnärztliche Prüfung für 🙂 " * 20

    pieces = fold(line).split(b"\r\n")

    assert all(len(piece) <= 75 for piece in pieces)
    assert all(piece.startswith(b" ") for piece in pieces[1:])
    assert all(piece.decode() for piece in pieces)
    assert b"".join([pieces[0], *(piece[1:] for piece in pieces[1:])]).decode() == line


def test_text_is_escaped():
    assert escape("a\r\nb\nc\rd") == r"a\nb\nc\nd"
    assert escape(r"\;,") == r"\\\;\,"


def test_the_calendar_file_is_served_once_it_is_booked(db, client):
    waiting, booked = ordered(), held(a_service(price=0))

    answer = client.get(f"/booked/{booked.token}/booking.ics")

    assert answer.mimetype == "text/calendar"
    assert re.fullmatch(
        r'attachment; filename="[A-Z]{8}\.ics"', answer.headers["Content-Disposition"]
    )
    assert client.get(f"/booked/{waiting.token}/booking.ics").status_code == 404


def test_times_are_written_with_the_clock_they_are_on():
    moment = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)

    assert when_words(moment, "Asia/Kolkata") == "Monday 23 November 2026, 09:00 (Kolkata time)"
    assert (
        when_words(moment, "America/New_York") == "Sunday 22 November 2026, 22:30 (New York time)"
    )
    assert when_words(moment, "UTC") == "Monday 23 November 2026, 03:30 (UTC)"
