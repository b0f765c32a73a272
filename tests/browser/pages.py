"""The pages of the product, as a browser is sent round them."""

from sqlalchemy import select

from tests.browser.house import House, a_message
from webapp.accounts.models import Role, User
from webapp.bookings.models import Booking
from webapp.clock import now
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import JobState
from webapp.messages.channels import Channel
from webapp.messages.models import Attempt, MessageState

LONG_NAME = "Maximiliana Konstantinopolitanskaya-Featherstonehaugh von Wa"
TROUBLE = "This is not a phone number that exists."


def public_pages(house: House, booking: Booking) -> list[str]:
    """Return the addresses of what anybody may see."""
    slug = house.service()
    start = house.a_time().strftime("%Y%m%dT%H%MZ")
    return [
        "/book",
        f"/book/{slug}",
        f"/book/{slug}/{start}",
        f"/book/{slug}/20200101T0000Z",
        "/book/nothing-of-that-name",
        f"/booked/{booking.token}",
        "/booked/nothing",
        "/sign-in",
        "/setup/nothing",
    ]


def desk_pages(house: House, booking: Booking) -> list[str]:
    """Return the addresses of what an admin may see, with something of everything on them."""
    failed = house.job(
        booking, kind=JobKind.PAYMENT_ORDER, state=JobState.FAILURE, finished_at=now(),
        error="The payment provider refused our key.", advice="Ask an admin to look at the key.",
        traceback="Traceback (most recent call last):\n  a long line of a technical report",
    )  # fmt: skip
    refused = a_message(
        booking, Channel.EMAIL, MessageState.FAILED, code="550", error=TROUBLE, purpose="other",
        advice="Correct the address of the customer.", finished_at=now(),
    )  # fmt: skip
    refused.attempts = [Attempt(number=1, started_at=now(), ended_at=now(), detail="No such user")]
    house.add(refused)
    house.tell(Role.ADMIN, "Failed: Write the file · Recipients of the autumn offer.csv")
    with house.stack.session() as session:
        person = session.scalars(select(User.id).order_by(User.id)).first()
    return [
        "/", "/bookings", "/bookings?q=zzz", f"/bookings/{booking.id}",
        f"/bookings/{booking.id}/cancel", "/services", f"/services/{booking.service_id}",
        "/services/new", f"/services/{booking.service_id}/edit", "/customers",
        f"/customers/{booking.customer_id}", f"/customers/{booking.customer_id}/edit", "/messages",
        "/messages?show=look", f"/messages/{refused.id}", "/jobs", "/jobs?show=failed",
        f"/jobs/{failed}", "/people", "/people/new", f"/people/{person}", "/activity", "/settings",
        "/my/sessions", "/my/password", "/notices", "/notices?show=unread", "/notices/new",
    ]  # fmt: skip


def work_pages(house: House, booking: Booking) -> list[str]:
    """Return the addresses of the pages on which work is watched and the house is run."""
    done, failed = (
        house.job(booking, state=state, finished_at=now(), error=TROUBLE, failures=4)
        for state in (JobState.SUCCESS, JobState.FAILURE)
    )
    house.get_on(failed, follows_id=done)
    return [
        "/jobs?show=failed&tick=all", "/jobs?kind=nonsense", "/jobs/failures",
        "/jobs/filters?show=failed", "/jobs/many/retry?show=failed", f"/jobs/{failed}/change",
        f"/jobs/{failed}", "/charts", "/workers", "/schedules", "/schedules/old-data",
        "/schedules/old-data/edit", "/status", "/status/alerts", "/checklist", "/tokens/new",
        "/api/docs", "/retention", f"/retention/customers/{booking.customer_id}/erase", "/reports",
    ]  # fmt: skip
