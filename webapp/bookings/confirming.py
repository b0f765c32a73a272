"""How a booking gets its time, or loses it: by a payment, by the desk, by the clock."""

from sqlalchemy import select

from webapp.accounts.acting import record, who
from webapp.bookings.models import Booking, BookingState
from webapp.bookings.slots import Span, is_free, lock
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.queue import enqueue
from webapp.messages.models import Message, MessageState
from webapp.states import move

#: How many holds one run of the clock ends; the next one goes on.
BATCH = 500


class TooLate(Exception):
    """The booking is not any more what the person saw; the text says how it is now."""


class NoteMissing(Exception):
    """Money came in: what becomes of it must be said."""


def settle(booking: Booking) -> None:
    """Give the customer the time that was paid for; owe the money back when it is gone.

    The caller holds the service's lock, so nobody can take the time in between.
    """
    keeps = booking.state in {BookingState.HELD, BookingState.EXPIRED} and still_free(booking)
    if keeps and _confirm(booking):
        return
    lost = (BookingState.HELD, BookingState.EXPIRED, BookingState.CANCELLED)
    if not keeps and move(booking, BookingState.REFUND_DUE, expect=lost):
        record(
            "booking.refund_due", f"Booking {booking.reference} was paid too late", about=booking
        )
        tell(booking, "refund_due")


def still_free(booking: Booking) -> bool:
    """Say whether the booking has its time or can still get it."""
    if booking.state == BookingState.HELD and not booking.lapsed:
        return True
    span = Span(booking.starts_at, booking.ends_at)
    return booking.starts_at > now() and is_free(booking.service, span)


def confirm_by_hand(booking: Booking) -> None:
    """Confirm without the provider, such as when it was paid at the desk. Raises TooLate."""
    lock(booking.service_id)
    db.session.refresh(booking)
    if booking.state == BookingState.CONFIRMED:
        return
    if booking.state == BookingState.CANCELLED:
        raise TooLate("This booking has been cancelled in the meantime.")
    if not still_free(booking):
        raise TooLate("This time has passed or has gone to somebody else.")
    _confirm(booking, by_id=who().user_id)


def cancel(booking: Booking, note: str) -> None:
    """Cancel it, and say what becomes of the money. Raises NoteMissing and TooLate."""
    if booking.state == BookingState.CANCELLED and booking.refund_note == note:
        return  # the same click again
    if booking.paid and not note:
        raise NoteMissing
    refunded = booking.state == BookingState.REFUND_DUE
    expected = () if booking.lapsed else CANCELLABLE
    gone = move(
        booking, BookingState.CANCELLED, expect=expected, refund_note=note, cancelled_at=now()
    )
    if not gone:
        raise TooLate(WHY_NOT_CANCELLED[booking.standing])
    _withdraw_messages(booking)
    record("booking.cancelled", f"Cancelled booking {booking.reference}", about=booking, note=note)
    tell(booking, "refunded" if refunded else "cancelled")


CANCELLABLE = (BookingState.HELD, BookingState.CONFIRMED, BookingState.REFUND_DUE)
WHY_NOT_CANCELLED = {
    BookingState.CANCELLED: "This booking has been cancelled already.",
    BookingState.EXPIRED: "This booking was not paid in time and has expired by itself.",
    **dict.fromkeys(CANCELLABLE, "This booking has just changed. Look at it again."),
}


def expire_holds() -> int:
    """Mark the bookings that were not paid in time. Return how many; the caller commits."""
    over = select(Booking).where(Booking.state == BookingState.HELD, Booking.hold_until <= now())
    expired = 0
    for booking in db.session.scalars(over.order_by(Booking.hold_until).limit(BATCH)).all():
        if move(booking, BookingState.EXPIRED, expect=[BookingState.HELD]):
            record("booking.expired", f"Booking {booking.reference} expired", about=booking)
            expired += 1
    return expired


def tell(booking: Booking, what: str) -> None:
    """Ask for the messages that tell the customer."""
    key = f"booking-{what.replace('_', '-')}:{booking.id}"
    enqueue(JobKind.BOOKING_NOTIFY, about=booking, key=key, booking_id=booking.id, what=what)


def _confirm(booking: Booking, *, by_id: int | None = None) -> bool:
    waiting = (BookingState.HELD, BookingState.EXPIRED, BookingState.REFUND_DUE)
    confirmed = move(
        booking,
        BookingState.CONFIRMED,
        expect=waiting,
        confirmed_by_id=by_id,
        confirmed_at=now(),
    )
    if confirmed:
        record("booking.confirmed", f"Booking {booking.reference} was confirmed", about=booking)
        tell(booking, "confirmed")
    return confirmed


def _withdraw_messages(booking: Booking) -> None:
    """Stop what has not left yet: it tells of a booking that is no more."""
    waiting = select(Message).where(
        Message.subject_type == "booking",
        Message.subject_id == str(booking.id),
        Message.state == MessageState.QUEUED,
    )
    for message in db.session.scalars(waiting).all():
        move(message, MessageState.CANCELLED, expect=[MessageState.QUEUED], finished_at=now())
