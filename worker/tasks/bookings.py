"""What happens to a booking outside of a page."""

from webapp.bookings import notifying, reminding, undelivered
from webapp.bookings.models import Booking
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from worker.tasking import job_task

undelivered.register()


@job_task(JobKind.BOOKING_NOTIFY)
def notify(run: Run, booking_id: int, what: str = "confirmed") -> dict[str, str]:
    """Tell the customer what became of the booking."""
    booking = db.session.get_one(Booking, booking_id)
    return {"answer": notifying.notify(run, booking, what)}


@job_task(JobKind.BOOKINGS_REMIND)
def remind(run: Run) -> dict[str, str]:
    """Remind the customers whose bookings begin soon."""
    return {"answer": reminding.remind(run)}
