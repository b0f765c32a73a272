"""What can be booked is described in a form that says what is wrong."""

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import select

from tests.bookings.asking import audited, csrf
from tests.bookings.making import a_service
from webapp.services import hours
from webapp.services.hours import NotHours
from webapp.services.models import Service
from webapp.services.money import NotAnAmount, number_for, parse_amount, words_for
from webapp.services.seeding import seed

TYPED = {
    "name": "Tea for two",
    "slug": "",
    "description": "With milk",
    "minutes": "45",
    "price": "12.50",
    "currency": "EUR",
    "capacity": "2",
    "zone": "Europe/Berlin",
    "lead_minutes": "30",
    "reminder_hours": "12",
    "days_ahead": "14",
    "published": "y",
    "day_0": "9-12:30, 14:00 – 18.00",
    "day_6": "closed",
}


def test_a_new_service_is_stored_as_it_was_meant(db, ada):
    answer = ada.post("/services/new", data={**csrf(ada, "/services/new"), **TYPED})

    service = db.session.scalars(select(Service)).one()
    assert answer.status_code == 303
    assert answer.location == f"/services/{service.id}"
    assert (service.slug, service.price, service.currency) == ("tea-for-two", 1250, "EUR")
    assert service.hours == {"0": [[540, 750], [840, 1080]]}
    assert service.published
    page = ada.get(answer.location).text
    for fact in ("45 minutes", "€12.50", "09:00-12:30, 14:00-18:00", "/book/tea-for-two"):
        assert fact in page


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", " ", "A name is needed."),
        ("slug", "Tea Time", "Only small letters"),
        ("slug", "../tea", "Only small letters"),
        ("minutes", "0", "A whole number from 5"),
        ("minutes", "1.5", "A whole number from 5"),
        ("minutes", "", "A whole number from 5"),
        ("price", "-1", "The price must be between"),
        ("price", "a lot", "Write the price as a number"),
        ("price", "1.234", "at most 2 digits"),
        ("price", "NaN", "The price must be between"),
        ("price", "1e99", "The price must be between"),
        ("currency", "XYZ", ""),
        ("capacity", "0", "A whole number from 1"),
        ("zone", "Mars/Olympus", "Choose a time zone from the list"),
        ("zone", "", "Choose a time zone from the list"),
        ("lead_minutes", "-5", "A whole number from 0"),
        ("days_ahead", "9999", "A whole number from 1"),
        ("day_0", "9-8", "ends before it begins"),
        ("day_0", "22:00-26:00", "goes past the end of a day"),
        ("day_0", "9:70-10", "goes past the end of a day"),
        ("day_0", "morning", "is not a time span"),
        ("day_0", "9-12, 11-13", "overlap"),
    ],
)
def test_what_cannot_be_right_is_said_at_its_field_and_nothing_is_lost(
    db, ada, field, typed, sentence
):
    answer = ada.post("/services/new", data={**csrf(ada), **TYPED, field: typed})

    page = HTMLParser(answer.text)
    assert answer.status_code == 422
    assert sentence in page.css_first(f"#{field}-error").text()
    assert "With milk" in answer.text
    assert db.session.scalars(select(Service)).all() == []


def test_an_address_is_given_once(db, ada):
    a_service(slug="tea")
    answer = ada.post("/services/new", data={**csrf(ada), **TYPED, "slug": "tea"})
    assert answer.status_code == 422
    assert "Another service has this address" in answer.text

    other = a_service(slug="coffee")
    answer = ada.post(f"/services/{other.id}/edit", data={**csrf(ada), **TYPED, "slug": "tea"})
    assert answer.status_code == 422
    assert "Another service has this address" in answer.text
    assert other.slug == "coffee"


def test_editing_without_a_change_changes_nothing(db, ada):
    service = a_service(price=1250, description="x", hours={"1": [[540, 750]]}, slug="tea")
    where = f"/services/{service.id}/edit"
    before = {column.key: getattr(service, column.key) for column in Service.__table__.columns}

    page = HTMLParser(ada.get(where).text)
    form = {
        field.attributes["name"]: field.attributes.get("value", "")
        for field in page.css("main form input")
        if field.attributes.get("type") != "checkbox" or "checked" in field.attributes
    }
    form["description"] = page.css_first("textarea").text().strip()
    form["currency"] = page.css_first("option[selected]").attributes["value"]
    answer = ada.post(where, data=form)

    assert answer.status_code == 303
    assert {
        column.key: getattr(service, column.key) for column in Service.__table__.columns
    } == before
    assert audited(db, "service.changed") == []


def test_a_change_is_written_down(db, ada):
    service = a_service()

    ada.post(f"/services/{service.id}/edit", data={**csrf(ada), **TYPED})

    [entry] = audited(db, "service.changed")
    assert service.name == "Tea for two"
    assert entry.detail["changed"]["minutes"] == 45


def test_only_admins_change_services(db, ada, otto, vera):
    service = a_service()

    for browser in (otto, vera):
        assert browser.get("/services").status_code == 200
        assert browser.get(f"/services/{service.id}").status_code == 200
        assert browser.get("/services/new").status_code == 403
        assert browser.get(f"/services/{service.id}/edit").status_code == 403
    assert ada.get("/services/new").status_code == 200


def test_the_demo_service_is_sown_once_and_on_empty_ground_only(db):
    assert seed().price_words == "₹500"
    db.session.commit()
    assert seed() is None

    service = db.session.scalars(select(Service)).one()
    assert (service.zone, service.minutes, service.published) == ("Asia/Kolkata", 30, True)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", []),
        ("Closed", []),
        ("0-24", [[0, 1440]]),
        ("9:00-12:30", [[540, 750]]),
        ("14:00-18:00,9-12", [[540, 720], [840, 1080]]),
        ("9 to 17", [[540, 1020]]),
        ("9-12;12-13", [[540, 720], [720, 780]]),
    ],
)
def test_hours_are_read_as_people_write_them(typed, meant):
    assert hours.parse(typed) == meant
    assert hours.parse(hours.written(meant)) == meant


@pytest.mark.parametrize("typed", ["9", "-", "9-", "9-9", "25-26", "9-12 13-14", "٩-١٢x", "9--12"])
def test_what_are_no_hours_is_refused(typed):
    if typed == "-":
        assert hours.parse(typed) == []
    else:
        with pytest.raises(NotHours):
            hours.parse(typed)


@pytest.mark.parametrize(
    ("amount", "currency", "words", "number"),
    [
        (50000, "INR", "₹500", "500"),
        (123456789, "EUR", "€1,234,567.89", "1234567.89"),
        (1205, "USD", "$12.05", "12.05"),
        (500, "JPY", "JPY 500", "500"),
        (1500, "KWD", "KWD 1.500", "1.500"),
        (0, "INR", "Free", "0"),
    ],
)
def test_amounts_are_written_as_people_write_them_and_read_back(amount, currency, words, number):
    assert words_for(amount, currency) == words
    assert number_for(amount, currency) == number
    assert parse_amount(number, currency) == amount


def test_a_currency_without_small_coins_has_no_point():
    with pytest.raises(NotAnAmount, match="no digits"):
        parse_amount("1.5", "JPY")
