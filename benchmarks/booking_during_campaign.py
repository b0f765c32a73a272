"""A booking that is paid in the middle of a campaign to 100,000: how soon its three messages leave.

Two worker processes, no limit, sinks that answer at once for WhatsApp and e-mail, the sandbox for
SMS. The campaign goes out by WhatsApp. Measured from the commit of the payment to the last of the
booking's messages that was accepted.
"""

import secrets
import sys
import time
from datetime import timedelta
from typing import Any

from benchmarks.sending import WHATSAPP, prepare
from benchmarks.stage import Stage, each_database, median, percentile, stage, verdict
from devtools.processes import free_port

PEOPLE, BOOKINGS, EVERY = 100_000, 40, 0.2
GOAL, PATIENCE, MESSAGES = 2.0, 180.0, 3


def main() -> None:
    """Measure on both databases."""
    each_database("booking_during_campaign", measure)


def measure(database: str) -> None:
    """Print the figure of one database."""
    ports = free_port(), free_port()
    accounts = {
        **WHATSAPP,
        "WHATSAPP_BASE_URL": f"http://127.0.0.1:{ports[0]}",
        "SMTP_URL": f"smtp://127.0.0.1:{ports[1]}",
        "MAIL_FROM": "desk@example.com",
        "BATCH_RATE": "0",
    }
    with stage(database, **accounts) as here:
        sinks = (sys.executable, "-m", "benchmarks.stage.sinks", *map(str, ports))
        box = (sys.executable, "-m", "sandbox")
        with here.running(*sinks, log="sinks.log"), here.running(*box, log="sandbox.log"):
            took, left = run(here)
    print(
        f"{database}: {len(took)} bookings, median {median(took):.2f} s, slowest {max(took):.2f} s; "
        f"{left:,} of the campaign had not left at the end"
    )
    if not left:
        sys.exit("The campaign was over before the last booking: this says nothing.")
    name = f"p95 from the payment to the last of its messages on {database}"
    print(verdict(name, percentile(took, 0.95), GOAL, unit=" s", at_most=True), flush=True)


def run(here: Stage) -> tuple[list[float], int]:
    """Return the seconds of each booking, and how much of the campaign still waits."""
    from webapp import create_app
    from webapp.database import reading
    from webapp.extensions import db
    from webapp.messages.models import Message

    app = create_app()
    with app.app_context():
        reading.set(False)
        prepare("http", PEOPLE)
        bookings = waiting_bookings()
        line = here.celery("worker.app", "-Q", "urgent,messages,default,bulk")
        with here.running(*line, log="worker.log", WORKER_CONCURRENCY="2"):
            wait_until(lambda: count(Message.sent_at.is_not(None)) > PEOPLE / 50)
            paid = [pay(booking) for booking in bookings]
            took = [seconds(booking, moment) for booking, moment in paid]
            left = count(Message.state == "queued")
        db.engine.dispose()
    return took, left


def waiting_bookings() -> list[int]:
    """Add bookings that wait for their payment; return their numbers."""
    from benchmarks.stage.rows import held_booking
    from webapp.extensions import db

    numbers = [held_booking(number).id for number in range(BOOKINGS)]
    db.session.commit()
    return numbers


def pay(number: int) -> tuple[int, Any]:
    """Have a booking paid, as its report does, and return the moment of the commit."""
    from webapp.bookings import confirming
    from webapp.bookings.models import Booking, PaymentState
    from webapp.clock import now
    from webapp.extensions import db

    time.sleep(EVERY)
    booking = db.session.get_one(Booking, number)
    assert booking.payment
    booking.payment.state = PaymentState.PAID
    booking.payment.payment_id = f"pay_{secrets.token_hex(8)}"
    confirming.settle(booking)
    db.session.commit()
    return number, now()


def seconds(number: int, paid: Any) -> float:
    """Return how long after the payment the last of a booking's messages was accepted."""
    from webapp.extensions import db
    from webapp.messages.models import Message

    def all_sent() -> bool:
        mine = (Message.subject_type == "booking", Message.subject_id == str(number))
        return count(*mine, Message.sent_at.is_not(None)) >= MESSAGES

    wait_until(all_sent)
    last = db.session.scalar(
        db.select(db.func.max(Message.sent_at)).where(
            Message.subject_type == "booking", Message.subject_id == str(number)
        )
    )
    db.session.commit()
    return float((last - paid) / timedelta(seconds=1)) if last else PATIENCE


def count(*conditions: Any) -> int:
    """Count messages, and hold no transaction open."""
    from webapp.database import reading
    from webapp.extensions import db
    from webapp.messages.models import Message

    reading.set(True)  # looking must not take the write lock
    found = db.session.scalar(db.select(db.func.count()).select_from(Message).where(*conditions))
    db.session.commit()
    reading.set(False)
    return int(found or 0)


def wait_until(done: Any) -> None:
    """Look seldom enough not to disturb."""
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            sys.exit("It did not get that far: the worker is too slow or has ended.")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
