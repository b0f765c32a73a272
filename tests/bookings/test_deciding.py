"""The desk confirms and cancels; two clicks are one, and who is late is told."""

from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import func, select

from tests.bookings.asking import at_once, audited, csrf
from tests.bookings.making import ZOE, a_service, held, lapse, lost_to_another, ordered, proof
from webapp.bookings import confirming, finding, holding
from webapp.bookings.models import BookingState
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job


def test_the_desk_confirms_by_hand_and_is_named(db, otto, queue):
    booking = held()

    answer = otto.post(f"/bookings/{booking.id}/confirm", data=csrf(otto))

    assert answer.status_code == 303
    assert booking.state == BookingState.CONFIRMED
    assert booking.confirmed_by.name == "Operator"
    assert [entry.user_id for entry in audited(db, "booking.confirmed")] == [
        booking.confirmed_by_id
    ]
    assert "bookings.notify" in queue.names()


def test_clicking_confirm_many_times_at_once_confirms_once(app, db, otto):
    booking = held()
    where, data = f"/bookings/{booking.id}/confirm", csrf(otto)
    cookie = otto.get_cookie("bellhop").value
    db.session.commit()

    def click(fresh):
        fresh.set_cookie("bellhop", cookie)
        return fresh.post(where, data=data)

    answers = at_once(app, [click] * 20)
    db.session.expire_all()

    assert {answer.status_code for answer in answers} == {303}
    assert len(audited(db, "booking.confirmed")) == 1
    kind = Job.kind == JobKind.BOOKING_NOTIFY
    assert db.session.scalar(select(func.count()).select_from(Job).where(kind)) == 1


def test_an_expired_booking_can_be_confirmed_while_its_time_is_free(db, otto):
    booking = held()
    lapse(booking)
    confirming.expire_holds()
    db.session.commit()

    assert otto.post(f"/bookings/{booking.id}/confirm", data=csrf(otto)).status_code == 303
    assert booking.state == BookingState.CONFIRMED


def test_a_time_that_somebody_else_has_cannot_be_confirmed(db, otto):
    booking = lost_to_another()

    answer = otto.post(f"/bookings/{booking.id}/confirm", data=csrf(otto))

    assert answer.status_code == 409
    assert "has gone to somebody else" in answer.text
    assert booking.state == BookingState.REFUND_DUE


def test_a_cancelled_booking_cannot_be_confirmed(db, otto):
    booking = held()
    confirming.cancel(booking, "")
    db.session.commit()

    answer = otto.post(f"/bookings/{booking.id}/confirm", data=csrf(otto))

    assert answer.status_code == 409
    assert "has been cancelled in the meantime" in answer.text


def test_cancelling_keeps_the_note_frees_the_time_and_tells_the_customer(db, otto, queue):
    booking = held(a_service(price=0))
    data = {**csrf(otto), "note": "  We are closed.  "}

    answer = otto.post(f"/bookings/{booking.id}/cancel", data=data)

    assert answer.status_code == 303
    assert (booking.state, booking.refund_note) == (BookingState.CANCELLED, "We are closed.")
    assert len(audited(db, "booking.cancelled")) == 1
    holding.hold(booking.service, booking.starts_at, ZOE, form_key="again")


def test_money_that_came_in_needs_a_word(db, client, otto):
    booking = ordered()
    client.post(f"/bookings/{booking.id}/verify-payment", data=proof(booking))
    where = f"/bookings/{booking.id}/cancel"
    assert "was paid" in otto.get(where).text

    refused = otto.post(where, data={**csrf(otto), "note": " "})
    assert refused.status_code == 422
    assert "Say what becomes of it" in HTMLParser(refused.text).css_first("#note-error").text()
    assert booking.state == BookingState.CONFIRMED

    too_long = otto.post(where, data={**csrf(otto), "note": "x" * 501})
    assert too_long.status_code == 422
    assert "x" * 501 in too_long.text

    assert otto.post(where, data={**csrf(otto), "note": "Given back."}).status_code == 303
    assert booking.state == BookingState.CANCELLED


def test_cancelling_twice_with_the_same_words_is_one_cancellation(db, otto):
    booking = held()
    where = f"/bookings/{booking.id}/cancel"

    assert otto.post(where, data={**csrf(otto), "note": "Ill"}).status_code == 303
    assert otto.post(where, data={**csrf(otto), "note": "Ill"}).status_code == 303
    other = otto.post(where, data={**csrf(otto), "note": "Other words"})

    assert other.status_code == 409
    assert "cancelled already" in other.text
    assert otto.get(where).status_code == 409
    assert booking.refund_note == "Ill"
    assert len(audited(db, "booking.cancelled")) == 1


def test_an_expired_booking_needs_no_cancelling(db, otto):
    booking = held()
    lapse(booking)

    answer = otto.post(f"/bookings/{booking.id}/cancel", data={**csrf(otto), "note": ""})

    assert answer.status_code == 409
    assert "has expired by itself" in answer.text
    assert booking.state == BookingState.HELD


def test_confirming_and_cancelling_at_once_end_in_one_of_them_with_its_messages(
    app, db, otto, queue
):
    booking = held()
    data, cookie = csrf(otto), otto.get_cookie("bellhop").value
    where = f"/bookings/{booking.id}"
    db.session.commit()

    def send(path, **more):
        def task(fresh):
            fresh.set_cookie("bellhop", cookie)
            return fresh.post(f"{where}/{path}", data={**data, **more})

        return task

    answers = at_once(app, [send("confirm"), send("cancel", note="Ill")] * 5)
    db.session.expire_all()

    assert {answer.status_code for answer in answers} <= {303, 409}
    # Whoever came first: a confirmed booking can be cancelled, a cancelled one not confirmed.
    assert booking.state == BookingState.CANCELLED
    assert len(audited(db, "booking.cancelled")) == 1
    assert len(audited(db, "booking.confirmed")) <= 1


def test_a_refund_is_settled_by_cancelling_with_a_note_and_told(db, otto, queue):
    booking = lost_to_another()

    otto.post(
        f"/bookings/{booking.id}/cancel", data={**csrf(otto), "note": "₹500 went back today."}
    )

    assert booking.state == BookingState.CANCELLED
    assert finding.refunds_due() == 0
    what = [job.args.get("what") for job in db.session.scalars(select(Job)).all()]
    assert "refunded" in what
