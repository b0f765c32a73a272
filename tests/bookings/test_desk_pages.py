"""The desk finds bookings and sees how each of them is."""

import re

import pytest

from tests.bookings.asking import (
    HTMX,
    csrf,
)
from tests.bookings.making import (
    MEERA,
    ZOE,
    a_service,
    held,
    lapse,
    lost_to_another,
    ordered,
    proof,
)
from tests.conftest import Client
from webapp.bookings import confirming, finding
from webapp.customers.contacts import Contact


def listed(answer):
    return re.findall(r'href="/bookings/(\d+)"', answer.text)


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
