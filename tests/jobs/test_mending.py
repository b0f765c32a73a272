"""An operator finds the job of a customer, sees why it failed, mends the number, tries again, and it succeeds."""

from typing import Any

from selectolax.lexbor import LexborHTMLParser

from tests.bookings.making import a_service, held
from tests.contracts.world import send
from webapp.bookings.models import Booking
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.messages.models import Message

WRONG, RIGHT = "+919812345678", "+919812345679"


def told(db: Any) -> Job:
    job: Job = db.session.query(Job).filter_by(kind=JobKind.BOOKING_NOTIFY).one()
    db.session.refresh(job)
    return job


def refused(db: Any, queue: Any, sandbox: Any) -> Booking:
    """Return a booking whose SMS was refused: there is no such number."""
    sandbox.fault(provider="twilio", fault="error", code=21211, times=1)
    booking = held(a_service(price=0))
    queue.run()
    return booking


def link(page: str, words: str) -> str:
    found = [one for one in LexborHTMLParser(page).css("main a") if words in one.text()]
    assert found, page
    return found[0].attributes["href"] or ""


def test_a_wrong_number_is_found_mended_and_tried_again(db, queue, sandbox, otto):
    booking = refused(db, queue, sandbox)
    job = told(db)
    assert job.state == JobState.FAILURE
    assert "This is not a phone number that exists." in job.error
    assert job.title in otto.get("/jobs", query_string={"q": booking.name, "show": "failed"}).text

    page = otto.get(f"/jobs/{job.id}").text
    assert job.error in page
    mending = link(page, "Mend the number")
    form = LexborHTMLParser(otto.get(mending).text)
    fields = {
        one.attributes["name"]: one.attributes.get("value") or ""
        for one in form.css("main input[name]")
    }
    answer = otto.post(f"/customers/{booking.customer_id}/edit", data={**fields, "phone": RIGHT})
    assert answer.location == f"/jobs/{job.id}"
    assert send(otto, f"/jobs/{job.id}/retry").status_code == 303
    queue.run()

    job = told(db)
    assert (job.state, job.error) == (JobState.SUCCESS, None)
    sms = db.session.query(Message).filter_by(channel="sms").one()
    assert (sms.address, sms.state.value) == (RIGHT, "sent")
    assert [one["to"] for one in sandbox.messages() if one["channel"] == "sms"] == [RIGHT]
    db.session.refresh(booking)
    assert booking.phone == RIGHT


def test_a_number_that_is_still_wrong_fails_the_job_again(db, queue, sandbox, otto):
    refused(db, queue, sandbox)
    sandbox.fault(provider="twilio", fault="error", code=21211, times=1)
    send(otto, f"/jobs/{told(db).id}/retry")
    queue.run()

    job = told(db)
    assert (job.state, job.failures) == (JobState.FAILURE, 1)


def test_what_was_told_already_is_not_told_twice(db, queue, sandbox, otto):
    refused(db, queue, sandbox)
    before = len(sandbox.messages())
    send(otto, f"/jobs/{told(db).id}/retry")
    queue.run()
    assert len(sandbox.messages()) == before + 1
