"""Alerts: what they are about, that they open once, do not flap, and end."""

from datetime import timedelta

import pytest
import time_machine

from tests.contracts.world import send
from tests.health.looking import a_job, a_worker, all_alerts, ended, open_rules, watch, watch_for
from tests.people import person
from webapp.accounts.models import AuditEntry, Role
from webapp.charts.models import NUMBERS, Grain, history
from webapp.clock import now
from webapp.extensions import db
from webapp.health import rules, watching
from webapp.health.looking import look
from webapp.health.models import Alert
from webapp.jobs import pausing
from webapp.jobs.history import JobEvent, What
from webapp.jobs.kinds import POLICIES, JobKind, Queue
from webapp.jobs.models import Job, JobState
from webapp.messages import stopping
from webapp.messages.channels import Channel
from webapp.messages.models import Batch, Message, MessageState, ProviderEvent
from webapp.notices.models import Notice


def later(**span):
    return time_machine.travel(now() + timedelta(**span), tick=True)


def troubles():
    return rules.troubles(look())


def a_message(channel=Channel.SMS, **values):
    number = "+9198123456" + str(db.session.query(Message).count()).zfill(2)
    usual = {"address": number, "lane": f"{channel}:{number}", "body": "Hello", "purpose": "test"}
    db.session.add(Message(channel=channel, **{**usual, **values}))
    db.session.commit()


def test_a_house_at_work_has_no_troubles(app):
    watch_for(60)
    assert troubles() == {}
    assert all_alerts() == []


def test_an_alert_opens_once_when_it_has_held_for_a_minute(app):
    person("Ada", Role.ADMIN)
    person("Vera", Role.VIEWER)
    watch_for(30, well=False)
    assert open_rules() == []
    with later(seconds=60):
        watch_for(90, well=False)
        assert sorted(open_rules()) == ["beat", "workers"]
        told = [(notice.user_id, notice.title) for notice in db.session.query(Notice)]
    assert sorted(title for _, title in told) == ["No worker is running", "The clock is silent"]
    assert len({user for user, _ in told}) == 1, "admins are told, and nobody else"


def test_what_passes_within_a_minute_is_told_to_nobody(app):
    watch(well=False)
    with later(seconds=30):
        watch()
    assert all_alerts() == []


def test_an_alert_that_comes_and_goes_is_one_alert(app):
    watch_for(90, well=False)
    with later(seconds=120):
        watch_for(60)
    with later(seconds=200):
        watch(well=False)
    [alert] = [alert for alert in all_alerts() if alert.rule == "workers"]
    assert alert.opened_at
    assert alert.closed_at is None


def test_an_alert_is_over_after_two_well_minutes_and_says_how_long_it_was(app):
    person("Ada", Role.ADMIN)
    watch_for(90, well=False)
    with later(seconds=120):
        watch_for(150)
    gone = next(alert for alert in all_alerts() if alert.rule == "workers")
    assert gone.closed_at
    titles = [notice.title for notice in db.session.query(Notice).order_by(Notice.id)]
    assert "Well again, after 2 minutes: No worker is running" in titles


def test_two_processes_take_one_turn(app):
    watch()
    assert not watching.take_turn(20)
    with later(seconds=21):
        assert watching.take_turn(20)
        assert not watching.take_turn(20)


def test_a_watch_that_died_in_its_turn_is_followed_by_another(app):
    watch()
    db.session.query(watching.Watch).update({"busy_until": now() + watching.AT_MOST})
    db.session.commit()
    with later(seconds=60):
        assert not watching.take_turn(20)
    with later(seconds=150):
        assert watching.take_turn(20)


def test_more_than_a_thousand_that_wait_are_too_many(app):
    a_worker()
    moment = now()
    values = {
        "kind": JobKind.EXPORT_WRITE,
        "queue": Queue.BULK,
        "max_attempts": 4,
        "published_at": moment,
    }
    db.session.add_all([Job(**values) for _ in range(1001)])
    db.session.commit()
    assert "1,001 jobs wait" in troubles()["waiting"]
    pausing.pause(Queue.BULK, "For the night")
    db.session.commit()
    assert "waiting" not in troubles(), "a queue that was paused on purpose is no trouble"


def test_somebody_who_waits_for_ten_minutes_waits_too_long(app):
    a_job(run_at=now() - timedelta(minutes=9))
    assert "oldest" not in troubles()
    a_job(run_at=now() - timedelta(minutes=11))
    assert "11 minutes" in troubles()["oldest"]


def test_a_worker_that_vanishes_is_told_and_one_that_signs_off_is_not(app):
    a_worker("box-b/1:78:5", seen_at=now() - timedelta(minutes=2))
    assert "box-b" in troubles()["lost"]
    db.session.query(Alert).delete()
    a_worker("box-b/1:78:5", seen_at=now() - timedelta(hours=1))
    assert "lost" not in troubles()


@pytest.mark.parametrize(
    ("failed", "well", "failed_before", "well_before", "rises"),
    [
        (5, 5, 1, 99, True),
        (4, 0, 0, 100, False),
        (5, 95, 0, 1000, False),
        (50, 50, 40, 60, False),
        (5, 0, 0, 0, True),
    ],
)
def test_an_error_rate_rises_against_the_same_kind_the_day_before(
    app, failed, well, failed_before, well_before, rises
):
    kind = JobKind.EXPORT_WRITE
    parts = ((now(), failed, well), (now() - timedelta(hours=5), failed_before, well_before))
    for moment, bad, good in parts:
        numbers = dict.fromkeys(NUMBERS, 0) | {"failed": bad, "done": good}
        of = {"grain": Grain.QUARTER, "at": moment, "kind": kind, "queue": POLICIES[kind].queue}
        db.session.execute(history.insert(), of | numbers)
    db.session.commit()
    assert ("errors" in troubles()) == rises


def test_messages_that_could_leave_and_do_not_are_told(app):
    a_message(due_at=now() - timedelta(minutes=6))
    assert "SMS" in troubles()["sending"]
    a_message(state=MessageState.SENT, sent_at=now() - timedelta(minutes=1))
    assert "sending" not in troubles(), "one has left meanwhile"


def test_a_campaign_that_takes_days_to_leave_is_not_nothing_sent(app):
    with time_machine.travel(now() - timedelta(days=2), tick=True):
        batch = Batch(subject_type="campaign", subject_id="1")
        db.session.add(batch)
        db.session.flush()
        a_message(batch_id=batch.id, due_at=now())
        a_message(batch_id=batch.id, due_at=now())
    first = db.session.query(Message).order_by(Message.id).first()
    assert "SMS" in troubles()["sending"]
    first.state, first.sent_at = MessageState.SENT, now() - timedelta(minutes=1)
    db.session.commit()
    assert "sending" not in troubles(), "what leaves today was written two days ago"


def test_what_was_stopped_or_paused_on_purpose_is_not_nothing_sent(app):
    a_message(due_at=now() - timedelta(minutes=6))
    stopping.stop(Channel.SMS, "The account is empty.", None)
    db.session.commit()
    assert set(troubles()) & {"sending", "channel"} == {"channel"}
    stopping.start(Channel.SMS)
    pausing.pause(Queue.MESSAGES, "For the night")
    db.session.commit()
    assert "sending" not in troubles()


def test_a_provider_that_used_to_report_and_does_not_is_silent(app):
    for _ in range(3):
        a_message(state=MessageState.SENT, sent_at=now() - timedelta(minutes=40))
    assert "provider" not in troubles(), "it never reported"
    heard = ProviderEvent(
        provider="twilio", digest="1", body=b"", received_at=now() - timedelta(minutes=50)
    )
    db.session.add(heard)
    db.session.commit()
    assert "SMS" in troubles()["provider"]
    heard.received_at = now() - timedelta(minutes=5)
    db.session.commit()
    assert "provider" not in troubles()


def test_a_queue_that_stays_paused_is_told_after_an_hour(app):
    pausing.pause(Queue.BULK, "For the night")
    db.session.commit()
    assert "paused" not in troubles()
    with later(minutes=61):
        assert "bulk" in troubles()["paused"] or "Long work" in troubles()["paused"]


def test_lost_jobs_are_counted_and_told(app):
    watch()
    job = a_job(state=JobState.PROGRESS, started_at=now())
    db.session.add(JobEvent(job_id=job.id, what=What.LOST, text="Its worker stopped."))
    ended(JobState.FAILURE)
    db.session.commit()
    with later(seconds=40):
        watch()
        assert "1 job lost" in troubles()["lost"]


def test_an_admin_says_i_know_and_nobody_is_reminded_until_then(app, ada, otto):
    watch_for(90, well=False)
    alert = next(alert for alert in all_alerts() if alert.rule == "workers")
    where = f"/status/alerts/{alert.id}/acknowledge"
    assert send(otto, where, hours="1").status_code == 403
    assert send(ada, where, hours="2").status_code == 422
    assert send(ada, where, hours="1").status_code == 303
    db.session.refresh(alert)
    assert alert.silenced
    assert db.session.query(AuditEntry).filter_by(action="alert.acknowledged").count() == 1
    assert "knows of it" in ada.get("/status").text
    with later(minutes=61):
        watch(well=False)
        db.session.refresh(alert)
        assert not alert.silenced
        titles = [notice.title for notice in db.session.query(Notice)]
        assert "Still so: No worker is running" in titles


def test_what_is_over_cannot_be_known_any_more(app, ada):
    watch_for(90, well=False)
    with later(seconds=120):
        watch_for(150)
    alert = next(alert for alert in all_alerts() if alert.rule == "workers")
    answer = send(ada, f"/status/alerts/{alert.id}/acknowledge", hours="1")
    assert answer.status_code == 409
    assert "over already" in answer.text


def test_the_banner_tells_of_an_alert_that_has_no_line_of_its_own(app, ada):
    for rule in ("waiting", "workers"):
        db.session.add(Alert(rule=rule, text="It is so.", opened_at=now()))
    db.session.commit()
    page = ada.get("/jobs").text
    assert "Too many jobs wait." in page
    assert page.count("No worker is running") == 1
