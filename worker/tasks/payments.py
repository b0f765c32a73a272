"""What is said to the payment provider, and asked of it."""

from webapp.bookings import confirming, ordering
from webapp.bookings.models import Booking
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from worker.tasking import job_task


@job_task(JobKind.PAYMENT_ORDER)
def order(run: Run, booking_id: int) -> dict[str, str]:
    """Open the order that the customer pays."""
    return {"answer": ordering.prepare(run, db.session.get_one(Booking, booking_id))}


@job_task(JobKind.PAYMENT_CHECK)
def check(run: Run) -> dict[str, int]:
    """End the holds that ran out and ask for payments whose report never came."""
    expired = confirming.expire_holds()
    run.step(note="Looking for payments that nobody reported.")
    return {"expired": expired, "asked": ordering.check(run)}
