"""A customer books without a script; what is wrong is said at its field, nothing typed is lost."""

import re
import secrets
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import func, select

from tests.bookings.making import MEERA, a_service, a_time, held, lapse, ordered
from tests.bookings.test_paying import at_once
from tests.conftest import Client
from webapp import create_app
from webapp.bookings import confirming
from webapp.bookings.book_views import start_text
from webapp.bookings.models import Booking, BookingState
from webapp.config import Config
from webapp.customers.models import Customer
from webapp.jobs.models import Job

TYPED = {"name": "Meera Iyer", "phone": "98123 45678", "email": "Meera@Example.org"}


def token_of(client, where):
    """Return the page's CSRF token and the key of its form."""
    page = HTMLParser(client.get(where).text)
    return {
        name: page.css_first(f"[name={name}]").attributes["value"]
        for name in ("csrf_token", "form_key")
    }


def path(service, moment):
    return f"/book/{service.slug}/{start_text(moment)}"


def book(client, service, moment=None, **changes):
    where = path(service, moment or a_time(service))
    return client.post(where, data={**token_of(client, where), **TYPED, **changes})


def count(db, table):
    return db.session.scalar(select(func.count()).select_from(table))


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


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("phone", "12", "This number cannot be right."),
        ("phone", "call me", "This is not a phone number."),
        ("phone", "+99 999", "This"),
        ("email", "nobody@", "This is not an e-mail address."),
        ("email", "a b@example.org", "This is not an e-mail address."),
        ("email", "x" * 300 + "@example.org", "This is not an e-mail address."),
        ("name", "   ", "A name is needed."),
        ("name", "\x00\x07", "A name is needed."),
        ("name", "x" * 101, "At most 100 characters."),
        ("form_key", "x", "This form is not complete."),
    ],
)
def test_what_cannot_be_right_is_said_at_its_field_and_nothing_is_lost(
    db, client, field, typed, sentence
):
    answer = book(client, a_service(), **{field: typed})

    page = HTMLParser(answer.text)
    assert answer.status_code == 422
    assert sentence in page.body.text()
    if field != "form_key":
        assert sentence in page.css_first(f"#{field}-error").text()
    for name in {"name", "phone", "email"} - {field}:
        assert page.css_first(f"[name={name}]").attributes["value"] == TYPED[name]
    assert count(db, Booking) == 0


def test_one_of_number_and_address_is_enough(db, client):
    assert book(client, a_service(), phone="").status_code == 303
    assert book(client, a_service(), email="").status_code == 303
    refused = book(client, a_service(), phone="", email="")

    assert refused.status_code == 422
    assert "so that we can reach you" in refused.text


def test_a_past_or_foreign_time_shows_the_form_again_with_times_to_choose(db, client):
    service = a_service()
    moment = a_time(service)
    keys = token_of(client, path(service, moment))

    for wrong in (
        moment - timedelta(days=9),
        moment + timedelta(minutes=7),
        moment + timedelta(999),
    ):
        answer = client.post(path(service, wrong), data={**keys, **TYPED})

        page = HTMLParser(answer.text)
        assert answer.status_code == 422
        assert "This time is not offered" in page.css_first("#time-error").text()
        assert page.css_first("[name=email]").attributes["value"] == TYPED["email"]
        assert len(page.css("[type=radio][name=time]")) == 8
    for nonsense in (
        "tomorrow",
        "20261301T0000Z",
        "%F0%9F%99%82",
        "00010101T0000Z",
        "99991231T2359Z",
    ):
        assert (
            client.post(f"/book/{service.slug}/{nonsense}", data={**keys, **TYPED}).status_code
            == 422
        )
        assert client.get(f"/book/{service.slug}/{nonsense}").status_code == 422
    assert count(db, Booking) == 0


def test_who_comes_second_chooses_another_time_in_the_same_form(db, client):
    service = a_service()
    moment = a_time(service)
    keys = token_of(client, path(service, moment))
    held(service)

    refused = client.post(path(service, moment), data={**keys, **TYPED})
    page = HTMLParser(refused.text)
    other = page.css_first("[type=radio][name=time]").attributes["value"]
    kept = page.css_first("[name=form_key]").attributes["value"]
    form = {**keys, **TYPED, "form_key": kept, "time": other}
    answer = client.post(page.css_first("form").attributes["action"], data=form)

    assert refused.status_code == 422
    assert "Somebody else has just taken this time" in refused.text
    assert answer.status_code == 303
    assert count(db, Booking) == 2


def test_a_service_that_went_away_meanwhile_keeps_what_was_typed(db, client):
    service, other = a_service(), a_service()
    moment = a_time(service)
    keys = token_of(client, path(service, moment))
    service.published = False
    db.session.commit()

    answer = client.post(path(service, moment), data={**keys, **TYPED})

    assert answer.status_code == 422
    assert "not offered any more" in answer.text
    page = HTMLParser(client.get(path(other, a_time(other))).text)
    for name, typed in TYPED.items():
        assert page.css_first(f"[name={name}]").attributes["value"] == typed


def test_the_same_form_sent_fifty_times_at_once_is_one_booking_and_one_job(app, db, client):
    service = a_service()
    where = path(service, a_time(service))
    data = {**token_of(client, where), **TYPED}
    cookie = client.get_cookie("bellhop").value
    db.session.commit()

    def send(_fresh):
        browser = FlaskClient(app)
        browser.set_cookie("bellhop", cookie)
        return browser.post(where, data=data)

    answers = at_once(app, [send] * 50)

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert count(db, Booking) == count(db, Customer) == count(db, Job) == 1


def test_a_form_without_its_token_books_nothing(app, db, client):
    service = a_service()

    answer = client.post(path(service, a_time(service)), data={**TYPED, "form_key": "k" * 20})

    assert answer.status_code == 400
    assert count(db, Booking) == 0


def test_a_known_customer_is_found_again_and_not_overwritten(db, client):
    service = a_service()
    held(service)

    book(client, service, a_time(service), name="Somebody Else", email="else@example.org")

    customer = db.session.scalars(select(Customer)).one()
    newest = db.session.scalars(select(Booking).order_by(Booking.id.desc())).first()
    assert (customer.name, customer.email) == (MEERA.name, MEERA.email)
    assert (newest.name, newest.email) == ("Somebody Else", "else@example.org")
    assert newest.customer_id == customer.id


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


def test_without_a_payment_provider_only_free_services_are_booked(settings_of_tests, db, client):
    settings = {name: value for name, value in settings_of_tests.items() if "SANDBOX" not in name}
    bare = create_app(Config.from_env(settings))
    browser = Client(bare)
    paid, free = a_service(), a_service(price=0)
    where = path(paid, a_time(paid))
    db.session.commit()

    assert "no payment is set up" in browser.get(f"/book/{paid.slug}").text
    keys = token_of(browser, path(free, a_time(free)))
    db.session.commit()
    assert browser.post(where, data={**keys, **TYPED}).status_code == 422
    assert book(browser, free).status_code == 303


def test_many_bookings_from_one_address_are_too_many_where_it_is_meant_in_earnest(
    settings_of_tests, db, redis_url
):
    settings = {name: value for name, value in settings_of_tests.items() if "SANDBOX" not in name}
    bare = create_app(Config.from_env(settings))
    browser = Client(bare)
    service = a_service(price=0, capacity=100)
    where = path(service, a_time(service))
    db.session.commit()
    keys = token_of(browser, where)

    def send():
        key = {"form_key": secrets.token_urlsafe(16)}
        return browser.post(where, data={**keys, **TYPED, **key}).status_code

    assert [send() for _ in range(60)] == [303] * 60
    assert send() == 429


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


def test_holding_a_time_is_few_statements(db, client, statements):
    service = a_service()
    where = path(service, a_time(service))
    data = {**token_of(client, where), **TYPED}
    db.session.commit()

    with statements() as asked:
        client.post(where, data=data)

    assert len(asked) <= 18, "\n".join(asked)
