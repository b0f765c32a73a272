"""Lists of recipients are read as they come, each row once, and every bad row says why."""

import dataclasses

import pytest
from sqlalchemy import select, update

from tests.bookings.asking import csrf
from tests.campaigns.audience.lists import (
    a_campaign,
    bad_rows,
    counts,
    looked_at,
    read,
    recipients,
    uploaded,
)
from webapp import storage
from webapp.campaigns.audience import adding, placeholders, reading
from webapp.campaigns.audience.people import Columns
from webapp.campaigns.models import (
    BadRow,
    CampaignState,
    Expansion,
    Recipient,
    Source,
    SourceState,
)
from webapp.clock import now
from webapp.customers.models import Customer
from webapp.jobs.acting import asking
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.running import Run
from webapp.messages.batches import open_batch


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


def test_a_list_goes_on_where_it_was_left(db, queue, monkeypatch):
    """Each slice is one batch here, and in between the worker is killed before its commit."""
    monkeypatch.setattr(reading, "BATCH", 7)
    monkeypatch.setattr(reading, "SLICE", 0.0)
    rows = "".join(
        f"Zo\u00eb {n},+9198{n % 40:08d}\n" if n % 9 else "nobody,\n\n" for n in range(60)
    )
    source = looked_at(queue, a_campaign(), "Name,Phone\n" + rows)
    adding.read_as(source, Columns.of(source.mapping))
    db.session.commit()
    commit, kills = Run.step, iter([True, False] * 100)

    def killed_before(run, *args, **kwargs):
        if next(kills):
            raise RuntimeError("killed")
        commit(run, *args, **kwargs)

    monkeypatch.setattr(Run, "step", killed_before)
    while source.state == SourceState.READING:
        db.session.execute(update(Job).values(run_at=now(), failures=0))
        db.session.commit()
        queue.sweep()
        queue.run()
        db.session.refresh(source)

    assert source.state == SourceState.READ
    assert source.rows == 60
    good, bad, doubles, known = counts(source)
    assert (good, bad, doubles, known) == (38, 7, 15, 0)
    assert [one.row for one in recipients(source)] == sorted(
        {one.row for one in recipients(source)}
    )


def test_reading_is_stopped_and_goes_on(db, queue, monkeypatch, otto):
    monkeypatch.setattr(reading, "BATCH", 5)
    monkeypatch.setattr(reading, "SLICE", 0.0)
    rows = "".join(f"+9198{number:08d}\n" for number in range(30))
    campaign = a_campaign()
    source = looked_at(queue, campaign, "Phone\n" + rows)
    adding.read_as(source, Columns.of(source.mapping))
    db.session.commit()
    queue.run(limit=2)
    job = db.session.scalars(select(Job).order_by(Job.id.desc())).first()
    asking.cancel(job)
    db.session.commit()
    queue.run()

    assert (source.state, source.good) == (SourceState.STOPPED, 10)
    assert "The reading was stopped" in otto.get(f"/campaigns/{campaign.id}/audience").text
    answer = otto.post(f"/campaigns/{campaign.id}/audience/{source.id}/read-on", data=csrf(otto))
    assert answer.status_code == 303
    queue.run()
    assert (source.state, counts(source)) == (SourceState.READ, (30, 0, 0, 0))


def test_too_many_rows_end_with_a_sentence_and_what_was_read_stays(db, queue, monkeypatch, app):
    few = dataclasses.replace(app.extensions["settings"], audience_rows=4)
    monkeypatch.setitem(app.extensions, "settings", few)
    monkeypatch.setattr(reading, "BATCH", 2)

    source = read(queue, a_campaign(), "Phone\n" + "".join(f"+91981234567{n}\n" for n in range(9)))

    assert (source.state, counts(source)) == (SourceState.READ, (4, 0, 0, 0))
    assert source.error == "Only the first 4 rows were read: more are not allowed."
    assert "AUDIENCE_ROWS" in source.advice


def test_whoever_is_a_customer_is_known_as_one(db, queue):
    meera = Customer(name="Meera", phone="+447400123456", zone="Europe/Lisbon")
    zoe = Customer(name="Zoe", email="zoe@example.org", zone="UTC")
    db.session.add_all([meera, zoe])
    db.session.commit()

    source = read(queue, a_campaign(), "Phone,Mail\n+447400123456,\n,Zoe@example.org\n")

    first, second = recipients(source)
    assert (first.customer_id, first.zone) == (meera.id, "Europe/Lisbon")
    assert (second.customer_id, second.zone) == (zoe.id, None)


def test_a_list_for_a_campaign_that_is_sent_asks_for_its_messages(db, queue):
    campaign = a_campaign()
    batch = open_batch(campaign)
    db.session.flush()
    db.session.add(Expansion(batch_id=batch.id))
    campaign.state, campaign.batch_id = CampaignState.DONE, batch.id
    db.session.commit()
    source = looked_at(queue, campaign, "Phone\n+919812345678\n")
    adding.read_as(source, Columns.of(source.mapping))
    db.session.commit()

    queue.run(limit=1)

    assert JobKind.CAMPAIGN_SEND in queue.names()


def test_a_list_is_taken_out_with_whom_it_brought(db, queue):
    campaign = a_campaign()
    kept = read(queue, campaign, "Phone\n+919812345678\n")
    gone = read(queue, campaign, "Phone\n+919812345679\n+919812345678\n12\n")
    unread = looked_at(queue, campaign, "Phone\n12\n")
    path = unread.path

    for source in (gone, unread):
        adding.remove(source)
    db.session.commit()
    queue.run()

    assert db.session.scalars(select(Source.id)).all() == [kept.id]
    assert [one.key for one in db.session.scalars(select(Recipient))] == ["+919812345678"]
    assert db.session.scalar(select(BadRow.id)) is None
    db.session.refresh(campaign)
    assert campaign.total == 1
    with pytest.raises(FileNotFoundError):
        list(storage.read(path))


def test_a_file_is_not_kept_longer_than_it_is_needed(db, queue):
    source = looked_at(queue, a_campaign(), "Phone\n+919812345678\n")
    path = source.path
    assert b"".join(storage.read(path)) == b"Phone\n+919812345678\n"

    adding.read_as(source, Columns.of(source.mapping))
    db.session.commit()
    queue.run()

    assert source.path is None
    with pytest.raises(FileNotFoundError):
        list(storage.read(path))


def test_a_list_whose_file_is_gone_fails_with_a_sentence(db, queue):
    source = uploaded(a_campaign(), "Phone\n12\n")
    storage.delete(source.path)

    queue.run()

    assert source.state == SourceState.FAILED
    assert source.error == "The uploaded file is no longer there."
