"""The desk finds, confirms and cancels bookings; two clicks are one, and who is late is told."""

import re
import secrets

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import func, select

from tests.bookings.making import MEERA, a_service, held, lapse, ordered, proof, the_payment
from tests.bookings.test_paying import at_once
from tests.conftest import Client
from webapp.accounts.models import AuditEntry
from webapp.bookings import confirming, finding, holding, paying
from webapp.bookings.models import BookingState
from webapp.customers.contacts import Contact
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job

ZOE = Contact("Zoë Ångström", "+919876543210", "zoe@example.org")
HTMX = {"HX-Request": "true"}


def csrf(browser, where="/bookings"):
    page = HTMLParser(browser.get(where).text)
    return {"csrf_token": page.css_first("meta[name=csrf-token]").attributes["content"]}


def listed(answer):
    return re.findall(r'href="/bookings/(\d+)"', answer.text)


def lost_to_another(service=None):
    """Return a booking that was paid after its time went to somebody else."""
    booking = ordered(service or a_service())
    lapse(booking)
    holding.hold(booking.service, booking.starts_at, ZOE, form_key=secrets.token_hex(8))
    paying.accept(the_payment(booking), f"pay_{booking.id}")
    confirming.db.session.commit()
    return booking


def audited(db, action):
    return db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()


# --- finding


@pytest.mark.parametrize(
    "words", ["zoë", "9876543210", "98765 43210", "+91 98765-43210", "zoe@example", "reference"]
)
def test_a_booking_is_found_by_name_number_address_or_reference(db, vera, words):
    held(who=MEERA)
    booking = held(who=ZOE)
    wanted = booking.reference.lower() if words == "reference" else words

    assert listed(vera.get("/bookings", query_string={"q": wanted})) == [str(booking.id)]


@pytest.mark.parametrize(
    "words", ["%", "_", "'; DROP TABLE bookings; --", "\x00", "x" * 5000, "🙂"]
)
def test_odd_words_find_nothing_and_break_nothing(db, vera, words):
    held()

    assert vera.get("/bookings", query_string={"q": words}).status_code == 200


def test_the_list_is_filtered_by_day_and_state(db, vera):
    service = a_service()
    first, second = held(service), held(service, number=1)
    confirming.cancel(second, "")
    db.session.commit()
    day = first.starts_here.date()

    assert listed(vera.get(f"/bookings?day={day}")) == [str(first.id), str(second.id)]
    assert listed(vera.get("/bookings?day=2001-01-01")) == []
    assert listed(vera.get("/bookings?state=cancelled")) == [str(second.id)]
    assert listed(vera.get("/bookings?state=held")) == [str(first.id)]
    lapse(first)
    assert listed(vera.get("/bookings?state=expired")) == [str(first.id)]
    assert listed(vera.get("/bookings?state=held")) == []
    assert vera.get("/bookings?state=nonsense").status_code == 404
    assert "is not a day" in vera.get("/bookings?day=someday").text


def test_money_to_give_back_stands_first(db, vera):
    booking = lost_to_another()
    held()

    page = vera.get("/bookings")

    assert listed(page)[0] == str(booking.id)
    assert "Money to give back" in page.text
    assert "₹500 to give back" in page.text
    assert finding.refunds_due() == 1


def test_the_list_goes_page_by_page_and_a_part_of_it_comes_alone(db, vera):
    service = a_service(capacity=60)
    ids = [
        str(held(service, who=Contact(f"G{n}", None, f"g{n}@example.org")).id) for n in range(55)
    ]

    first = vera.get("/bookings?q=example.org")
    older = re.search(r'rel="next"\s+href="([^"]+)"', first.text)[1].replace("&amp;", "&")
    part = vera.get("/bookings?q=example.org", headers=HTMX)

    assert listed(first) == ids[:4:-1]
    assert listed(vera.get(older)) == ids[4::-1]
    assert listed(part) == listed(first)
    assert "<html" not in part.text


def test_an_empty_list_says_what_to_do(db, vera):
    assert "No bookings yet" in vera.get("/bookings").text
    assert "Nothing found" in vera.get("/bookings?q=nobody").text


def test_a_long_list_asks_the_database_as_often_as_a_short_one(db, vera, statements):
    service = a_service(capacity=60)

    def cost():
        db.session.commit()
        with statements() as asked:
            vera.get("/bookings")
        return len(asked)

    held(service)
    short = cost()
    for n in range(30):
        held(service, who=Contact(f"G{n}", None, f"g{n}@example.org"))

    assert cost() == short


# --- looking


def test_a_booking_shows_its_facts_its_work_and_its_messages(db, client, vera, queue):
    booking = ordered(a_service(name="Tea"))
    client.post(f"/bookings/{booking.id}/verify-payment", data=proof(booking))
    queue.run()

    page = vera.get(f"/bookings/{booking.id}").text

    for fact in (
        "Tea",
        booking.reference,
        "₹500, paid",
        "the payment",
        MEERA.phone,
        "Tell the customer",
    ):
        assert fact in page
    assert page.count('class="card message-item"') == 3
    assert "Confirm by hand" not in page
    assert "/cancel" not in page


def test_the_page_polls_while_something_moves_and_a_change_of_state_counts(db, vera):
    booking = held()
    where = f"/bookings/{booking.id}"
    seen = re.search(r"seen=([^\"&]+)", vera.get(where).text)[1]

    assert vera.get(f"{where}?seen={seen}", headers=HTMX).status_code == 204
    confirming.confirm_by_hand(booking)
    db.session.commit()
    changed = vera.get(f"{where}?seen={seen}", headers=HTMX)

    assert changed.status_code == 200
    assert 'data-state="confirmed"' in changed.text
    assert "<html" not in changed.text


def test_an_unchanged_poll_is_two_questions(db, vera, statements):
    booking = held()
    where = f"/bookings/{booking.id}"
    seen = re.search(r"seen=([^\"&]+)", vera.get(where).text)[1]
    db.session.commit()

    with statements() as asked:
        assert vera.get(f"{where}?seen={seen}", headers=HTMX).status_code == 204

    own = [statement for statement in asked if "sessions" not in statement]
    assert len(own) <= 2, own


# --- confirming


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


# --- cancelling


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


# --- who may


def test_who_only_looks_changes_nothing_and_who_has_not_signed_in_sees_nothing(db, vera, app):
    booking = held()
    where = f"/bookings/{booking.id}"
    stranger = Client(app)

    assert vera.get(where).status_code == 200
    assert "Confirm by hand" not in vera.get(where).text
    assert vera.post(f"{where}/confirm", data=csrf(vera)).status_code == 403
    assert vera.get(f"{where}/cancel").status_code == 403
    for path in ("/bookings", where, "/customers", "/services"):
        assert stranger.get(path).status_code == 303
        assert stranger.get(path, headers=HTMX).status_code == 401
    assert vera.get("/bookings/999999").status_code == 404


def test_the_dashboard_counts_what_is_coming(db):
    service = a_service()
    held(service)

    assert finding.coming_days(7) == 1
    assert finding.services_on_offer() == 1
    assert finding.today() == []
