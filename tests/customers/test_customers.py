"""A customer is one row, found again by number or address, and changed by the desk alone."""

import re

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import func, select

from tests.bookings.asking import HTMX, audited, csrf
from tests.bookings.making import MEERA, a_service, held, in_threads
from webapp.customers.contacts import Contact, NotAContact, one_line, parse_email, parse_phone
from webapp.customers.finding import find, find_or_add
from webapp.customers.models import Customer


def a_customer(db, contact=MEERA):
    customer = find_or_add(contact, zone="Asia/Kolkata")
    db.session.commit()
    return customer


def typed_for(customer, **changes):
    return {
        "name": customer.name,
        "phone": customer.phone or "",
        "email": customer.email or "",
        "zone": customer.zone,
        "note": customer.note,
        **changes,
    }


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("9812345678", "+919812345678"),
        ("098123 45678", "+919812345678"),
        ("+91 98123-45678", "+919812345678"),
        ("0091 98123 45678", "+919812345678"),
        ("+44 7400 123456", "+447400123456"),
        ("+1 (212) 555-0123", "+12125550123"),
    ],
)
def test_a_number_is_kept_in_one_form(app, typed, kept):
    assert parse_phone(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "1", "12345", "+99 9", "hello", "+91 98123 45678 999", "\x00"]
)
def test_what_cannot_be_a_number_is_refused_with_an_example(app, typed):
    with pytest.raises(NotAContact, match=r"\+91"):
        parse_phone(typed)


@pytest.mark.parametrize(
    "typed", ["", "a", "a@", "@b.org", "a@b", "a b@c.org", "a@@b.org", "a@b..org"]
)
def test_what_cannot_be_an_address_is_refused(app, typed):
    with pytest.raises(NotAContact):
        parse_email(typed)


def test_an_address_is_kept_in_one_form(app):
    assert parse_email("Meera@EXAMPLE.org") == "meera@example.org"
    assert one_line("  Meera\t\n Iyer\x00 ") == "Meera Iyer"


def test_a_customer_is_found_by_number_first_and_by_address_else(db):
    meera = a_customer(db)
    same_address = a_customer(db, Contact("Anil", "+919800000001", None))
    same_address.email = MEERA.email
    db.session.commit()

    assert find(Contact("x", "+919800000001", MEERA.email)) is same_address
    assert find(Contact("x", "+919800000002", MEERA.email)) is meera
    assert find(Contact("x", None, MEERA.email)) is meera
    assert find(Contact("x", "+919800000002", None)) is None
    assert find(Contact("x", None, None)) is None


@pytest.mark.parametrize(
    "contact", [MEERA, Contact("A", "+919800000001", None), Contact("A", None, "a@example.org")]
)
def test_twenty_at_once_make_one_customer(app, db, contact):
    def add(_number):
        customer = find_or_add(contact, zone="UTC")
        db.session.commit()
        return customer.id

    assert len(set(in_threads(app, 20, add))) == 1
    assert db.session.scalar(select(func.count()).select_from(Customer)) == 1


def test_the_list_is_searched_as_one_types(db, vera):
    meera = a_customer(db)
    a_customer(db, Contact("Zoë", "+919876543210", "zoe@example.org"))

    found = vera.get("/customers?q=98123 45678", headers=HTMX).text

    assert re.findall(r'href="/customers/(\d+)"', found) == [str(meera.id)]
    assert "<html" not in found
    assert "Nothing found" in vera.get("/customers?q=nobody").text


def test_an_empty_list_says_who_will_be_there(db, vera):
    assert "Whoever books is listed here" in vera.get("/customers").text


def test_the_page_of_a_customer_shows_bookings_and_messages(db, vera, queue):
    booking = held(a_service(price=0, name="Tea"))
    queue.run()

    page = vera.get(f"/customers/{booking.customer_id}").text

    assert f'href="/bookings/{booking.id}"' in page
    assert "Booked: Tea" in page


def test_the_desk_changes_a_customer_and_it_is_written_down_without_the_details(db, otto):
    customer = a_customer(db)
    where = f"/customers/{customer.id}/edit"
    changes = {"name": "Meera I.", "phone": "9800000009", "note": " Likes tea. "}

    answer = otto.post(where, data={**csrf(otto), **typed_for(customer, **changes)})

    assert answer.status_code == 303
    assert (customer.name, customer.phone) == ("Meera I.", "+919800000009")
    assert customer.note == "Likes tea."
    [entry] = audited(db, "customer.changed")
    assert set(entry.detail["fields"]) == {"name", "phone", "note"}
    assert "9800000009" not in str(entry.detail) + entry.text


def test_saving_without_a_change_writes_nothing_down(db, otto):
    customer = a_customer(db)

    otto.post(f"/customers/{customer.id}/edit", data={**csrf(otto), **typed_for(customer)})

    assert audited(db, "customer.changed") == []


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "A name is needed."),
        ("phone", "12", "cannot be right"),
        ("email", "x", "not an e-mail address"),
        ("zone", "Here", "Choose a time zone"),
        ("note", "x" * 2001, "At most 2,000"),
        ("tags", "x" * 41, "at most 40 characters"),
        ("tags", ",".join("abcdefghijklmnopqrstu"), "At most 20 tags"),
    ],
)
def test_what_cannot_be_right_is_said_at_its_field_and_nothing_is_lost(
    db, otto, field, typed, sentence
):
    customer = a_customer(db)
    form = typed_for(customer, **{"note": "Kept", field: typed})

    answer = otto.post(f"/customers/{customer.id}/edit", data={**csrf(otto), **form})

    page = HTMLParser(answer.text)
    assert answer.status_code == 422
    assert sentence in page.css_first(f"#{field}-error").text()
    assert (typed if field == "note" else "Kept") in page.css_first("textarea").text()
    assert audited(db, "customer.changed") == []


def test_a_number_belongs_to_one_customer(db, otto):
    a_customer(db)
    other = a_customer(db, Contact("Zoë", "+919876543210", None))
    form = typed_for(other, phone=MEERA.phone, note="Kept")

    answer = otto.post(f"/customers/{other.id}/edit", data={**csrf(otto), **form})

    assert answer.status_code == 422
    assert "Another customer has this number" in answer.text
    assert "Kept" in answer.text
    assert other.phone == "+919876543210"


def test_who_only_looks_cannot_edit(db, vera):
    customer = a_customer(db)

    assert vera.get(f"/customers/{customer.id}/edit").status_code == 403
    assert vera.get("/customers/999999").status_code == 404


def test_customers_are_found_by_their_tags(db, otto, vera):
    meera = a_customer(db)
    a_customer(db, Contact("Zoë", "+919876543210", None))
    where = f"/customers/{meera.id}/edit"

    for typed in ("Regular, yoga ,, regular", "yoga, Regular, tea"):
        otto.post(where, data={**csrf(otto), **typed_for(meera, tags=typed)})

    assert [tag.tag for tag in meera.tags] == ["regular", "tea", "yoga"]
    assert 'href="/customers?tag=tea"' in vera.get(f"/customers/{meera.id}").text
    assert "regular, tea, yoga" in otto.get(where).text
    found = vera.get("/customers?tag=TEA").text
    assert re.findall(r'href="/customers/(\d+)"', found) == [str(meera.id)]
    assert "Nothing found" in vera.get("/customers?tag=nobody").text


@pytest.mark.parametrize("place", ["before=2147483648", "after=2147483648", "before=-2147483649"])
def test_a_place_in_the_list_that_no_row_can_have_is_the_beginning(vera, place):
    assert vera.get(f"/customers?{place}").status_code == 200
