"""Alerts by e-mail: sent by whoever looks, with Redis and workers gone, to the configured server."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from tests.health.looking import watch, watch_for
from tests.people import person
from webapp.accounts.models import Role
from webapp.clock import now
from webapp.extensions import db, settings
from webapp.health import blackout, mailing, watching
from webapp.health.models import Alert, Watch
from webapp.providers import MailServer


def later(**span):
    return time_machine.travel(now() + timedelta(**span), tick=True)


@pytest.fixture
def mails(sandbox):
    """Return the mails that arrived, oldest first."""

    def arrived():
        return sorted(sandbox.messages(channel="email"), key=lambda mail: mail["ref"])

    return arrived


def subjects(mails):
    return [mail["details"]["subject"] for mail in mails]


@pytest.fixture
def house(app):
    """Return the settings as a test changes them."""
    before = app.extensions["settings"]

    def change(**values):
        signals = {name: values.pop(name) for name in list(values) if name.startswith("alert_")}
        app.extensions["settings"] = replace(
            settings(), signals=replace(settings().signals, **signals), **values
        )

    yield change
    app.extensions["settings"] = before


def an_alert(rule="waiting", **values):
    usual = {"rule": rule, "text": "It is so.", "noticed_at": now(), "opened_at": now()}
    alert = Alert(**{**usual, **values})
    db.session.add(alert)
    db.session.commit()
    return alert


def write():
    watch_row = db.session.get(Watch, watching.ONLY)
    if watch_row is None:
        watching._begin(now())
        db.session.commit()
        watch_row = db.session.get(Watch, watching.ONLY)
    mailing.write(watch_row)
    return watch_row


def test_every_admin_is_written_to_when_it_opens_and_when_it_is_over(app, mails):
    person("Ada", Role.ADMIN)
    person("Bea", Role.ADMIN)
    person("Otto", Role.OPERATOR)
    watch_for(90, well=False)
    first = mails()
    assert sorted(mail["to"] for mail in first) == ["ada@desk.example", "bea@desk.example"]
    assert subjects(first)[0] == "Bellhop: No worker is running, and 1 more"
    assert "Start the worker process" in first[0]["text"]
    assert "http://desk.example/status" in first[0]["text"]
    with later(seconds=120):
        watch_for(150)
    assert any("Well again, after" in subject for subject in subjects(mails()[2:]))


def test_the_settings_name_other_readers(app, house, mails):
    person("Ada", Role.ADMIN)
    house(alert_emails=("ops@desk.example",))
    an_alert()
    write()
    write()
    assert [mail["to"] for mail in mails()] == ["ops@desk.example"], "and it is told once"


def test_many_alerts_are_one_mail_and_an_hour_has_room_for_ten(app, house, mails):
    house(alert_emails=("ops@desk.example",))
    an_alert("waiting")
    an_alert("stalled")
    row = write()
    assert subjects(mails()) == ["Bellhop: Too many jobs wait, and 1 more"]
    row.mails = [int(now().timestamp())] * mailing.MAILS_AN_HOUR
    an_alert("oldest")
    write()
    assert len(mails()) == 1
    with later(minutes=61):
        write()
    assert len(mails()) == 2


def test_a_mail_that_fails_is_tried_again_after_a_minute_and_the_page_says_why(
    app, house, mails, ada
):
    server = settings().mail
    gone = MailServer(
        host="127.0.0.1", port=1, sender="desk@bellhop.example", message_id_domain="x.example"
    )
    house(alert_emails=("ops@desk.example",), mail=gone)
    alert = an_alert()
    row = write()
    assert row.mail_problem
    assert "could not be sent" in ada.get("/status").text
    house(mail=server)
    write()
    assert mails() == [], "not before a minute has passed"
    with later(seconds=61):
        write()
        db.session.refresh(alert)
        assert alert.mailed_at
    assert len(mails()) == 1
    assert row.mail_problem is None


def test_one_reader_who_is_refused_does_not_keep_the_others_from_hearing(app, house, mails):
    house(alert_emails=("not an address", "ops@desk.example"))
    an_alert()
    row = write()
    assert [mail["to"] for mail in mails()] == ["ops@desk.example"]
    assert row.mail_problem is None


def test_whoever_knows_of_it_is_not_written_to(app, house, mails):
    house(alert_emails=("ops@desk.example",))
    an_alert(known_until=now() + timedelta(hours=1))
    write()
    assert mails() == []


def test_a_database_that_was_away_is_told_and_written_down_afterwards(app, house, mails):
    house(alert_emails=("ops@desk.example",))
    blackout.memory.since, blackout.memory.told = None, False
    blackout._mark().unlink(missing_ok=True)
    blackout.noticed()
    assert mails() == [], "not before it has held for a minute"
    with later(seconds=61):
        blackout.noticed()
        blackout.noticed()
        assert subjects(mails()) == ["Bellhop: The database is away"]
        another = blackout.memory
        blackout.memory = blackout._Memory()
        blackout.memory.since = now() - timedelta(minutes=2)
        blackout.noticed()
        assert len(mails()) == 1, "another process of this machine does not tell again"
        blackout.memory = another
    with later(minutes=5):
        blackout.over()
        watch()
    assert subjects(mails())[1:] == ["Bellhop: Well again, after 5 minutes: The database is away"]


def test_nobody_is_written_to_long_after_about_what_ended_while_somebody_knew_of_it(app):
    known = {"mailed_at": now(), "known_until": now() + timedelta(days=7)}
    an_alert("beat", closed_at=now() + timedelta(hours=1), **known)
    an_alert("paused", closed_at=now() + timedelta(days=8), **known)
    with later(days=9):
        assert [alert.rule for alert in mailing.news().over] == ["paused"]
