"""The pages on which customers are chosen and numbers are pasted."""

from datetime import timedelta

import pytest

from tests.bookings.asking import HTMX, csrf
from tests.bookings.making import a_service, held
from tests.campaigns.audience.lists import a_campaign, bad_rows, counts, recipients
from tests.campaigns.audience.pages import at, error_at, fine, the_count
from webapp.bookings import confirming
from webapp.campaigns.models import Source
from webapp.customers.models import Customer, CustomerTag
from webapp.messages.channels import Channel
from webapp.messages.models import SuppressedBecause
from webapp.messages.suppressing import suppress

LIST = "Name,Phone,E-mail\nAnil,9812345678,\nOffice,+44 20 7946 0958,\nMeera,,meera@example.org\n"


def a_few_customers(db):
    meera = Customer(name="Meera", phone="+919812345678", email="meera@example.org")
    zoe = Customer(name="Zoe", email="zoe@example.org", tags=[CustomerTag(tag="regular")])
    anil = Customer(name="Anil", phone="+442079460958", tags=[CustomerTag(tag="regular")])
    db.session.add_all([meera, zoe, anil, Customer(name="Nobody")])
    suppress(Channel.WHATSAPP, "+919812345678", SuppressedBecause.STOP)
    db.session.commit()


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({}, 3), ({"reach": "phone"}, 2), ({"reach": "email"}, 2), ({"tag": "regular"}, 2),
        ({"wants": "whatsapp"}, 1), ({"wants": "sms"}, 2), ({"wants": "email", "tag": "regular"}, 1),
        ({"booked_from": "2020-01-01"}, 0),
    ],
)  # fmt: skip
def test_customers_are_counted_before_they_are_added(db, otto, chosen, count):
    a_few_customers(db)

    answer = otto.get(at(a_campaign(), "customers"), query_string=chosen, headers=HTMX)

    assert the_count(answer).startswith(f"{count} customer")


def test_chosen_customers_become_recipients(db, queue, otto):
    a_few_customers(db)
    campaign = a_campaign()
    fine(otto.get(at(campaign, "customers")))

    answer = otto.post(at(campaign, "customers"), data={**csrf(otto), "reach": "", "wants": ""})
    assert answer.status_code == 303
    queue.run()

    source = db.session.query(Source).one()
    assert counts(source) == (2, 1, 0, 0)
    assert [one.name for one in recipients(source)] == ["Meera", "Zoe"]
    assert recipients(source)[0].customer_id is not None
    assert recipients(source)[0].values == {
        "name": "Meera", "phone": "+919812345678", "email": "meera@example.org", "zone": "UTC",
    }  # fmt: skip
    assert "All customers" in fine(otto.get(at(campaign)))


def test_customers_are_chosen_by_the_days_of_their_bookings(db, queue, otto):
    booking = held(a_service(price=500))
    confirming.confirm_by_hand(booking)
    db.session.commit()
    campaign = a_campaign(zone="Asia/Kolkata")
    day = booking.starts_at.astimezone(booking.tz).date()

    def counted(first, last):
        days = {"booked_from": first.isoformat(), "booked_until": last.isoformat()}
        return the_count(otto.get(at(campaign, "customers"), query_string=days, headers=HTMX))

    assert counted(day, day).startswith("1 customer ")
    assert counted(day + timedelta(1), day + timedelta(2)).startswith("0 customers")
    assert counted(day, day - timedelta(1)).startswith("Nobody can be counted")


def test_pasted_numbers_become_recipients_and_each_bad_one_is_told(db, queue, otto):
    campaign = a_campaign()
    text = "98123 45678, meera@example.org\n12;x@y\r\n\n+91 98123-45678"
    fine(otto.get(at(campaign, "pasted")))

    answer = otto.post(at(campaign, "pasted"), data={**csrf(otto), "text": text, "region": "IN"})
    assert answer.status_code == 303
    queue.run()

    source = db.session.query(Source).one()
    assert counts(source) == (2, 2, 1, 0)
    assert [(bad.row, bad.cells) for bad in bad_rows(source)] == [(3, ["12"]), (4, ["x@y"])]
    assert "too few digits" in fine(otto.get(at(campaign, source.id, "bad-rows")))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "Paste at least one"), (" ,;\n", "Paste at least one"),
     ("1\n" * 5001, "These are 5,001"), ("1" * 200_001, "This is too long")],
)  # fmt: skip
def test_what_cannot_be_pasted_is_said_at_the_field(db, otto, text, sentence):
    form = {**csrf(otto), "text": text, "region": "IN"}

    answer = otto.post(at(a_campaign(), "pasted"), data=form)

    assert answer.status_code == 422
    assert sentence in error_at(answer, "text")
