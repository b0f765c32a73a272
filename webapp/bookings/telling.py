"""What a customer is told, in words: short for a phone, longer for a mailbox."""

from typing import Any, NamedTuple

from flask import render_template

from webapp.bookings.models import Booking
from webapp.extensions import settings
from webapp.messages.channels import Channel
from webapp.services.times import when_words

#: WhatsApp allows a business to begin only with a template that was approved.
TEMPLATES = {
    "confirmed": "booking_confirmed",
    "cancelled": "booking_cancelled",
    "reminder": "booking_reminder",
}


class Words(NamedTuple):
    """One piece of news in each of its lengths."""

    subject: str
    short: str
    mail: str
    html: str


class News(NamedTuple):
    """A heading, and sentences that may name {service}, {when}, {reference} and {price}."""

    subject: str
    sentence: str
    more: str


NEWS = {
    "confirmed": News(
        "Booked: {service}, {day}",
        "{service} on {when} is booked.",
        "You can see your booking, and put it into your calendar, by this link:",
    ),
    "reminder": News(
        "Reminder: {service}, {day}",
        "A reminder: {service} is on {when}.",
        "You can see your booking by this link:",
    ),
    "cancelled": News(
        "Cancelled: {service}, {day}",
        "{service} on {when} has been cancelled.",
        "Your booking's page says more:",
    ),
    "refunded": News(
        "About your money: {service}, {day}",
        "We have dealt with your payment for {service} on {when}.",
        "Your booking's page says more:",
    ),
    "refund_due": News(
        "Your payment came too late: {service}, {day}",
        "Your payment of {price} came after your time had run out, and {service} on {when} is "
        "no longer free. You will get your money back.",
        "You can choose another time by this link:",
    ),
}


def link(booking: Booking) -> str:
    """Return the address of the customer's own page."""
    return f"{settings().public_url}/booked/{booking.token}"


def can_say(what: str, channel: Channel) -> bool:
    """Say whether a channel carries this news: WhatsApp only what has a template."""
    return channel != Channel.WHATSAPP or what in TEMPLATES


def words(what: str, booking: Booking) -> Words:
    """Write the news about a booking."""
    news, facts = NEWS[what], _facts(booking)
    sentence = news.sentence.format(**facts)
    sentences = [sentence, *([booking.refund_note] if booking.refund_note else [])]
    business = settings().business_name
    context = {
        "booking": booking,
        "business": business,
        "when": facts["when"],
        "sentences": sentences,
        "more": news.more,
        "link": link(booking),
    }
    return Words(
        subject=news.subject.format(**facts),
        short=f"{business}: {' '.join(sentences)} Reference {booking.reference}. {link(booking)}",
        mail=render_template("bookings/mail.txt", **context),
        html=render_template("bookings/mail.html", **context),
    )


def template(what: str, booking: Booking) -> dict[str, Any]:
    """Fill the WhatsApp template: name, service, when, and the reference where it has a place."""
    facts = _facts(booking)
    values = [_one_line(booking.name), _one_line(facts["service"]), facts["when"]]
    if what == "confirmed":
        values.append(booking.reference)
    parameters = [{"type": "text", "text": value} for value in values]
    return {
        "name": TEMPLATES[what],
        "language": "en",
        "components": [{"type": "body", "parameters": parameters}],
    }


def _facts(booking: Booking) -> dict[str, str]:
    return {
        "service": booking.service.name,
        "when": when_words(booking.starts_at, booking.zone),
        "day": f"{booking.starts_here.day} {booking.starts_here:%b}",
        "reference": booking.reference,
        "price": booking.price_words,
    }


def _one_line(text: str) -> str:
    """Leave no line break, tab or long gap: WhatsApp refuses them inside a template."""
    return " ".join(text.split())
