"""What is wrong is said at its field, nothing typed is lost, and one form is one booking."""

import secrets
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import select

from tests.bookings.asking import TYPED, at_once, book, count, path, token_of
from tests.bookings.making import MEERA, a_service, a_time, held
from tests.conftest import Client
from webapp.bookings.models import Booking
from webapp.customers.models import Customer
from webapp.jobs.models import Job


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


def test_many_bookings_from_one_address_are_too_many_where_it_is_meant_in_earnest(
    settings_of_tests, db, redis_url, another_app
):
    settings = {name: value for name, value in settings_of_tests.items() if "SANDBOX" not in name}
    bare = another_app(settings)
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


def test_holding_a_time_is_few_statements(db, client, statements):
    service = a_service()
    where = path(service, a_time(service))
    data = {**token_of(client, where), **TYPED}
    db.session.commit()

    with statements() as asked:
        client.post(where, data=data)

    assert len(asked) <= 18, "\n".join(asked)
