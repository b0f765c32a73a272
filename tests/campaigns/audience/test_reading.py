"""Lists of recipients are read as they come, each row once, and every bad row says why."""

import pytest

from tests.campaigns.audience.lists import (
    a_campaign,
    bad_rows,
    counts,
    looked_at,
    read,
    recipients,
)
from webapp.campaigns.audience import adding, placeholders
from webapp.campaigns.audience.people import Columns
from webapp.campaigns.models import (
    SourceState,
)


def test_a_list_becomes_recipients_and_bad_rows(db, queue):
    campaign = a_campaign()
    source = read(
        queue,
        campaign,
        "Name,Phone,E-mail,City\n"
        "Anil,9812345678,anil@example.org,Pune\n"
        "Meera,+91 98123 45679,,\n"
        "Office,+44 20 7946 0958,,London\n"
        "Nobody,,,Delhi\n"
        "Anil again,+919812345678,,Pune\n",
    )

    assert source.state == SourceState.READ
    assert counts(source) == (2, 2, 1, 0)
    anil, meera = recipients(source)
    assert (anil.key, anil.name, anil.email) == ("+919812345678", "Anil", "anil@example.org")
    assert (anil.row, anil.zone, anil.country) == (2, "Asia/Kolkata", "IN")
    assert anil.values == {
        "name": "Anil", "phone": "9812345678", "e_mail": "anil@example.org", "city": "Pune",
        "email": "anil@example.org",
    }  # fmt: skip
    assert meera.values == {"name": "Meera", "phone": "+91 98123 45679"}
    assert [(bad.row, bad.problem) for bad in bad_rows(source)] == [(4, "landline"), (5, "nobody")]
    assert bad_rows(source)[0].cells == ["Office", "+44 20 7946 0958", "", "London"]
    db.session.refresh(campaign)
    assert campaign.total == 2
    assert placeholders(campaign) == ["name", "phone", "e_mail", "city", "email"]


def test_a_list_of_another_alphabet_and_separator_is_read_as_it_is_meant(db, queue):
    text = "Имя;Телефон;Город\r\nАнна;+79161234567;Москва\r\nПётр;+79161234568;Казань, центр\r\n"

    source = read(queue, a_campaign(), text.encode("cp1251"))

    assert (source.encoding, source.delimiter) == ("cp1251", ";")
    assert counts(source) == (2, 0, 0, 0)
    assert recipients(source)[1].values["город"] == "Казань, центр"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\n \n\n", "This file is empty."),
        (b"PK\x03\x04\x14\0\x06\0", "an Excel file or another packed file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file"),
        (b"%PDF-1.7\n1 0 obj", "a PDF file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a picture"),
        (b"\x1f\x8b\x08" + bytes(range(256)), "is packed"),
        (bytes(range(256)) * 40, "not a text file"),
        (b"\0" * 5000, "This file is empty."),
        (b",,,\n,,,\n", "no row in this file"),
    ],
)
def test_what_is_no_list_gets_a_sentence(db, queue, content, sentence):
    source = looked_at(queue, a_campaign(), content)

    assert source.state == SourceState.FAILED
    assert sentence in source.error
    assert source.advice


def test_a_row_is_kept_for_the_channel_that_works(db, queue):
    source = read(
        queue,
        a_campaign(),
        "phone,email,tz\n"
        "9812345678,not an address,\n"
        "12345,meera@example.org,\n"
        "9812345679,,Europe/berlin\n"
        "9812345670,,Atlantis\n"
        "12345,neither\n",
    )

    assert counts(source) == (4, 1, 0, 0)
    first, second, third, fourth = recipients(source)
    assert (first.phone, first.email) == ("+919812345678", None)
    assert "not an e-mail address" in first.detail
    assert (second.phone, second.email, second.key) == (
        None, "meera@example.org", "meera@example.org",
    )  # fmt: skip
    assert "too few digits" in second.detail
    assert third.zone == "Europe/Berlin"
    assert fourth.zone == "Asia/Kolkata"
    assert "Atlantis" in fourth.detail
    assert bad_rows(source)[0].problem == "phone_short"


def test_a_mended_list_adds_whom_the_first_one_lacked_and_nobody_twice(db, queue):
    campaign = a_campaign()
    first = read(queue, campaign, "Phone,Name\n9812345678,Anil\n12,Meera\n9812345670,Zoe\n")
    mended = "Phone,Name\n9812345678,Anil\n9812345679,Meera\n9812345670,Zoe\n9812345670,Zoe\n"

    second = read(queue, campaign, mended)

    assert counts(first) == (2, 1, 0, 0)
    assert counts(second) == (1, 0, 1, 2)
    db.session.refresh(campaign)
    assert campaign.total == 3


def test_a_broken_quotation_mark_costs_its_row_and_no_other(db, queue):
    rows = [f'"Person {number}","+9198{number:08d}"' for number in range(300)]
    rows[200] = '"Broken,"+919812345678"'
    rows[299] = '"Never closed,+919812345679'

    source = read(queue, a_campaign(), "Name,Phone\n" + "\n".join(rows))

    assert counts(source) == (298, 2, 0, 0)
    assert [(bad.row, bad.problem) for bad in bad_rows(source)] == [(202, "quote"), (301, "quote")]
    assert "never closed" in bad_rows(source)[0].detail
    assert bad_rows(source)[0].cells == ['"Broken', '"+919812345678"']


def test_odd_rows_are_taken_as_they_are_meant_or_told_apart(db, queue):
    source = read(
        queue,
        a_campaign(),
        "Phone,Name,City\n"
        "\n"
        "9812345671\n"
        "9812345672,Anil,Pune,,\n"
        "9812345673,Rao, Anil,Pune\n"
        ",,\n"
        '9812345674,"Two\nlines",Pune\n'
        '9812345675,5" nails,Pune\n'
        "9812\x00345676,N\x00ul,Pune\n"
        f"9812345677,{'x' * 5001},Pune\n"
        "9812345678,=cmd(),Pune\n",
    )

    assert counts(source) == (6, 2, 0, 0)
    assert [(bad.row, bad.problem) for bad in bad_rows(source)] == [(5, "cells"), (10, "long")]
    names = {one.row: one.name for one in recipients(source)}
    assert names == {3: "", 4: "Anil", 7: "Two lines", 8: '5" nails', 9: "Nul", 11: "=cmd()"}
    assert recipients(source)[2].values["name"] == "Two\nlines"


def test_a_few_rows_of_an_older_program_in_a_list_of_utf_8_are_mended(db, queue):
    rows = ["Name,Phone"] + [f"Zo\u00eb {number},+9198{number:08d}" for number in range(3)]

    content = "\n".join(rows).encode() + b"\nJ\xfcrgen,+919812345678\n"
    other = looked_at(queue, a_campaign(), content)

    assert other.encoding == "cp1252"
    adding.look_again(other, encoding="utf-8", delimiter=",")
    db.session.commit()
    queue.run()
    adding.read_as(other, Columns.of(other.mapping))
    db.session.commit()
    queue.run()
    assert [one.name for one in recipients(other)][-2:] == ["Zo\u00eb 2", "J\u00fcrgen"]
