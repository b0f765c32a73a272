"""A customer books without a script, and sees how the booking stands."""

import re

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import select

from tests.bookings.asking import (
    TYPED,
    book,
    path,
    token_of,
)
from tests.bookings.making import MEERA, a_service, a_time, held, lapse, ordered
from tests.conftest import Client
from webapp.bookings import confirming
from webapp.bookings.models import Booking, BookingState


def test_from_the_services_to_a_held_time(db, client):
    service = a_service(name="Tea", description="With <b>milk</b>")
    moment = a_time(service)

    assert f'href="/book/{service.slug}"' in client.get("/book").text
    day = moment.astimezone(service.tz).date()
    times = client.get(f"/book/{service.slug}?from={day}").text
    assert path(service, moment) in times
    assert "Kolkata time" in times
    assert "With &lt;b&gt;milk&lt;/b&gt;" in times
    answer = book(client, service, moment)

    booking = db.session.scalars(select(Booking)).one()
    assert answer.status_code == 303
    assert answer.location == f"/booked/{booking.token}"
    assert (booking.name, booking.phone, booking.email) == (MEERA.name, MEERA.phone, MEERA.email)
    assert booking.starts_at == moment


def test_a_taken_time_is_no_longer_shown(db, client):
    service = a_service()
    booking = held(service)

    day = booking.starts_here.date()

    assert (
        path(service, booking.starts_at) not in client.get(f"/book/{service.slug}?from={day}").text
    )


def test_services_that_are_not_published_are_not_there(db, client):
    service = a_service(name="Secret", published=False)

    assert "Secret" not in client.get("/book").text
    assert client.get(f"/book/{service.slug}").status_code == 404
    assert client.get(path(service, a_time(service))).status_code == 404
    assert client.get("/book/%00").status_code == 404


@pytest.mark.parametrize(
    "asked", ["1999-01-01", "2999-01-01", "nonsense", "", "2026-13-45", "0001-01-01"]
)
def test_any_week_asked_for_is_a_page(db, client, asked):
    assert client.get(f"/book/{a_service().slug}?from={asked}").status_code == 200


def test_a_week_without_free_times_names_the_next_one(db, client):
    service = a_service(hours={}, days_ahead=60)
    assert "Everything is taken" in client.get(f"/book/{service.slug}").text

    service.hours = a_service().hours
    service.lead_minutes = 20 * 24 * 60
    db.session.commit()

    assert "The next free time is on" in client.get(f"/book/{service.slug}").text


def test_the_page_of_a_booking_says_how_it_stands(db, client):
    def page(booking):
        answer = client.get(f"/booked/{booking.token}")
        assert answer.status_code == 200
        return answer.text

    service = a_service(capacity=9)
    waiting, paying, free = held(service), ordered(service), held(a_service(price=0))
    assert 'http-equiv="refresh" content="2"' in page(waiting)
    assert "more minutes, until" in page(paying)
    assert "Pay ₹500" in page(paying)
    assert "It is booked" in page(free)
    assert "booking.ics" in page(free)

    lapse(paying)
    assert "The time ran out" in page(paying)
    confirming.cancel(free, "Closed that day.")
    db.session.commit()
    assert "Closed that day." in page(free)
    assert client.get("/booked/wrong").status_code == 404
    assert client.get("/booked/%00").status_code == 404


def test_the_checkout_gets_what_it_needs_and_brings_the_customer_back(db, client, app):
    booking = ordered()

    page = HTMLParser(client.get(f"/booked/{booking.token}").text)

    form = page.css_first("main form")
    sent = {field.attributes["name"]: field.attributes["value"] for field in form.css("input")}
    public = app.extensions["settings"].public_url
    assert form.attributes["action"].endswith("/v1/checkout/embedded")
    assert (sent["amount"], sent["currency"], sent["prefill[contact]"]) == (
        "50000",
        "INR",
        MEERA.phone,
    )
    assert sent["order_id"] == booking.payment.order_id
    assert sent["callback_url"].startswith(f"{public}/bookings/{booking.id}/verify-payment?booked=")
    assert sent["cancel_url"] == f"{public}/booked/{booking.token}"
    assert "csrf_token" not in sent


def test_without_a_payment_provider_only_free_services_are_booked(
    settings_of_tests, db, client, another_app
):
    settings = {name: value for name, value in settings_of_tests.items() if "SANDBOX" not in name}
    bare = another_app(settings)
    browser = Client(bare)
    paid, free = a_service(), a_service(price=0)
    where = path(paid, a_time(paid))
    db.session.commit()

    assert "no payment is set up" in browser.get(f"/book/{paid.slug}").text
    keys = token_of(browser, path(free, a_time(free)))
    db.session.commit()
    assert browser.post(where, data={**keys, **TYPED}).status_code == 422
    assert book(browser, free).status_code == 303


def test_every_public_page_is_whole_without_a_script(db, client):
    service = a_service()
    booking = ordered(service)
    for where in (
        "/book",
        f"/book/{service.slug}",
        path(service, a_time(service)),
        f"/booked/{booking.token}",
    ):
        text = client.get(where).text
        page = HTMLParser(text)
        assert page.css("script") == []
        assert len(page.css("h1")) == 1
        assert not re.search(r"\son\w+=|style=", text)
        ids = [node.attributes["id"] for node in page.css("[id]")]
        assert len(ids) == len(set(ids))


def test_the_public_pages_ask_the_database_little(db, client, statements):
    service = a_service()
    booking = ordered(service)
    for _ in range(3):
        a_service()
    for where, most in (
        ("/book", 1),
        (f"/book/{service.slug}", 2),
        (f"/booked/{booking.token}", 1),
    ):
        db.session.commit()
        with statements() as asked:
            client.get(where)
        assert len(asked) <= most, (where, asked)
    assert booking.state == BookingState.HELD
