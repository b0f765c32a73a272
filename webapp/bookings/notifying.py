"""The messages that tell a customer what became of the booking."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import select

from webapp.bookings import telling
from webapp.bookings.models import Booking, BookingState
from webapp.extensions import db, settings
from webapp.jobs.running import Impossible, Run
from webapp.messages import asking
from webapp.messages.channels import Channel
from webapp.messages.models import Message, MessageState
from webapp.messages.writing import write

#: What is told only while it is still true.
TRUE_IN = {
    "confirmed": BookingState.CONFIRMED,
    "cancelled": BookingState.CANCELLED,
    "refunded": BookingState.CANCELLED,
    "refund_due": BookingState.REFUND_DUE,
}
NAMES = {Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp message", Channel.EMAIL: "e-mail"}


class Way(NamedTuple):
    """A channel by which a customer can be told, and the address on it."""

    channel: Channel
    address: str


def notify(run: Run, booking: Booking, what: str = "confirmed") -> str:
    """Write the messages for each channel; return a sentence about them.

    Running it again writes none twice; what was refused before is sent again, to the address that the
    customer has by now. What is no longer true is not told. Raises Impossible when one was refused
    already.
    """
    ways = [way for way in ways_to(booking) if telling.can_say(what, way.channel)]
    for number, way in enumerate(ways):
        run.step(number, len(ways), f"Writing the {NAMES[way.channel]}.")
        # Whoever cancels waits for this row, and then finds the message that is to be withdrawn.
        db.session.refresh(booking, with_for_update=True)
        if booking.state != TRUE_IN[what]:
            return "The booking has changed in the meantime: nothing more to tell."
        tell_by(way, booking, what)
    run.step(len(ways), len(ways), _summary(ways))
    if failed := _failed(booking, what):
        raise refusal(failed)
    return _summary(ways)


def _failed(booking: Booking, what: str) -> Sequence[Message]:
    """Return the messages that were refused already; whoever is writing that down is waited for."""
    found = db.session.scalars(
        select(Message)
        .where(
            Message.subject_type == "booking",
            Message.subject_id == str(booking.id),
            Message.purpose == f"booking.{what}",
        )
        .order_by(Message.id)
        .with_for_update(read=True)
    ).all()
    return [message for message in found if message.state == MessageState.FAILED]


def refusal(failed: Sequence[Message]) -> Impossible:
    """Return why a customer could not be told, in a sentence, and what helps."""
    first = failed[0]
    name = NAMES[first.channel]
    reason = first.error or "The provider refused it."
    advice = f"{first.advice or 'Look at the message.'} Then try again: it goes to the new one."
    return Impossible(f"The {name} to {first.address} was refused. {reason}", advice)


def ways_to(booking: Booking) -> Iterator[Way]:
    """Go through the channels that are set up and for which the booking has an address."""
    config = settings()
    if booking.phone and config.twilio:
        yield Way(Channel.SMS, booking.phone)
    if booking.phone and config.whatsapp:
        yield Way(Channel.WHATSAPP, booking.phone)
    if booking.email and config.mail:
        yield Way(Channel.EMAIL, booking.email)


def tell_by(way: Way, booking: Booking, what: str) -> None:
    """Write the message for one channel, unless it has been written."""
    words = telling.words(what, booking)
    mail = way.channel == Channel.EMAIL
    message = write(
        way.channel,
        way.address,
        about=booking,
        purpose=f"booking.{what}",
        body=words.mail if mail else words.short,
        customer_id=booking.customer_id,
        title=words.subject if mail else None,
        html=words.html if mail else None,
        template=telling.template(what, booking) if way.channel == Channel.WHATSAPP else None,
    )
    if message.state == MessageState.FAILED:
        asking.send_again(message)


def _summary(ways: list[Way]) -> str:
    if not ways:
        return "There is no address, or no channel is set up: nobody was told."
    return f"Written: {', '.join(NAMES[way.channel] for way in ways)}."
