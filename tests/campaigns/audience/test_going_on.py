"""A list that was left in the middle goes on where it was; and what becomes of it afterwards."""

import dataclasses

import pytest
from sqlalchemy import select, update

from tests.bookings.asking import csrf
from tests.campaigns.audience.lists import (
    a_campaign,
    counts,
    looked_at,
    read,
    recipients,
    uploaded,
)
from webapp import storage
from webapp.campaigns.audience import adding, reading
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
