"""What bookings keep about people, and how it is forgotten."""

import secrets

from sqlalchemy import select

from webapp.bookings.models import Booking, BookingState, Payment
from webapp.clock import now
from webapp.extensions import db
from webapp.forgetting import Keeps, Person, change_rows


def objections(person: Person) -> list[str]:
    """Say which bookings of a person are still to come, or wait for money to be given back."""
    mine = select(Booking).where(Booking.customer_id == person.customer_id)
    found = []
    for booking in db.session.scalars(mine.order_by(Booking.starts_at)):
        if booking.standing == BookingState.REFUND_DUE:
            found.append(
                f"Booking {booking.reference} waits for money to be given back: "
                "deal with that first."
            )
        elif (
            booking.standing in (BookingState.HELD, BookingState.CONFIRMED)
            and booking.ends_at > now()
        ):
            found.append(
                f"Booking {booking.reference} is still to come: cancel it, or wait until it is over."
            )
    return found


def finally_forget(person: Person) -> None:
    """Take from bookings who made them. When, what and for how much stays; so do the payments.

    The customer's link stops working: each gets another one that nobody has.
    """
    for booking_id in person.booking_ids:
        nobody = {"name": person.called, "phone": None, "email": None, "refund_note": ""}
        link = {"token": secrets.token_urlsafe(32), "version": Booking.version + 1}
        change_rows(Booking, Booking.id == booking_id, **nobody, **link)


KEEPS = Keeps(
    sentences={Payment: "problem"},
    own={Booking: "name phone email refund_note token"},
    free={
        Booking: "reference form_key zone currency",
        # The order and payment ids lead to the amount in the provider's books, which the law keeps.
        Payment: "receipt order_id payment_id currency",
    },
    objections=objections,
    finally_forget=finally_forget,
)
