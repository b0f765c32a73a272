"""What is older than its kind is kept is removed or made to tell of nobody; all else stays."""

import contextvars
from typing import Any

import pytest

from tests.people import person
from tests.retention.making import a_job, ago, an_id
from webapp.accounts.models import AuditEntry, Role
from webapp.campaigns.models import (
    BadRow,
    Campaign,
    CampaignState,
    Recipient,
    Source,
    SourceKind,
    SourceState,
)
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.claiming import claim
from webapp.jobs.history import JobEvent, JobLog
from webapp.jobs.kinds import JobKind
from webapp.jobs.known import Cause, Subject
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Cancelled
from webapp.knowledge.models import Question, QuestionState
from webapp.messages import asking
from webapp.messages.channels import Channel
from webapp.messages.models import Attempt, EventState, Message, MessageState, ProviderEvent
from webapp.messages.writing import write
from webapp.notices.models import Notice
from webapp.retention import cleaning, rules
from webapp.retention.models import Rule


def clean(queue: Any) -> Job:
    job = cleaning.ask()
    db.session.commit()
    queue.run()
    db.session.expire_all()
    return db.session.get_one(Job, job.id)


def count(table: Any, *conditions: Any) -> int:
    return int(db.session.query(table).filter(*conditions).count())


def test_old_jobs_go_with_all_that_belongs_to_them_and_unfinished_ones_stay(queue: Any) -> None:
    subject, used = Subject(type="booking", ref="1", name="Old"), Subject(
        type="booking", ref="2", name="Used"
    )  # fmt: skip
    cause = Cause(fingerprint="f", text="It broke.")
    db.session.add_all([subject, used, cause])
    db.session.flush()
    for state in (JobState.SUCCESS, JobState.FAILURE, JobState.REVOKED):
        a_job(91, state, about_id=subject.id, cause_id=cause.id)
    kept = [
        a_job(91, JobState.PENDING, about_id=used.id),
        a_job(89, JobState.SUCCESS, about_id=used.id),
    ]
    db.session.commit()

    job = clean(queue)

    assert job.state == JobState.SUCCESS
    assert job.result == {"answer": "Finished jobs: 3. Log lines of jobs: 2."}
    assert {one.id for one in db.session.query(Job)} == {job.id, *(one.id for one in kept)}
    assert count(JobEvent) == 2
    assert [one.name for one in db.session.query(Subject).filter(Subject.type == "booking")] == [
        "Used"
    ]
    assert count(Cause) == 0


def test_routine_jobs_that_went_well_go_after_a_day_and_details_of_failures_after_thirty(
    queue: Any,
) -> None:
    a_job(2, routine=True)
    failed = a_job(31, JobState.FAILURE, traceback="A long report", error="It broke.")
    recent = a_job(29, JobState.FAILURE, traceback="A long report")
    asked_for = a_job(2)
    db.session.commit()

    job = clean(queue)

    left = {one.id for one in db.session.query(Job)}
    assert left == {job.id, failed.id, recent.id, asked_for.id}
    assert (failed.traceback, failed.error) == (None, "It broke.")
    assert recent.traceback == "A long report"
    assert count(JobLog, JobLog.job_id == failed.id) == 0


def a_message(days: float, state: MessageState, **values: Any) -> Message:
    moment = ago(days)
    message = Message(
        id=an_id(moment), channel=Channel.SMS, address="+919812345678", lane="sms:+919812345678",
        subject_type="booking", subject_id=values.pop("subject_id", "1"), purpose="confirmed",
        body="Dear Meera", state=state, created_at=moment, provider_id="SM1", units=2, **values,
    )  # fmt: skip
    message.attempts = [
        Attempt(number=1, started_at=moment, ended_at=moment, code="21211", detail="To: +9198…")
    ]
    db.session.add(message)
    db.session.flush()
    return message


def test_messages_lose_text_and_address_and_keep_what_is_counted(queue: Any) -> None:
    old = a_message(91, MessageState.FAILED)
    waiting = a_message(91, MessageState.QUEUED, subject_id="2")
    recent = a_message(89, MessageState.SENT, subject_id="3")
    db.session.commit()

    clean(queue)

    assert (old.address, old.lane, old.body, old.provider_id) == ("", "", "", None)
    assert (old.state, old.units, old.channel) == (MessageState.FAILED, 2, Channel.SMS)
    assert waiting.body == recent.body == "Dear Meera"
    assert [message.attempts[0].detail for message in (old, waiting, recent)] == [None] * 3
    assert old.attempts[0].code == "21211"


def test_nobody_is_told_twice_because_a_message_was_redacted_and_it_is_not_sent_again(
    queue: Any, db: Any
) -> None:
    old = a_message(91, MessageState.FAILED, batch_id=None)
    db.session.commit()
    clean(queue)
    booking = type("Booking", (), {"id": 1})()

    again = write(Channel.SMS, "+919812345678", about=booking, purpose="confirmed", body="Dear")

    assert again.id == old.id
    with pytest.raises(asking.NotPossible, match="removed"):
        asking.send_again(old)


def test_reports_questions_notices_and_the_record_go_when_nobody_needs_them(queue: Any) -> None:
    user = person("Nora", Role.VIEWER)
    db.session.add_all(
        [
            ProviderEvent(provider="x", digest="1", body=b"{}", state=EventState.DONE, received_at=ago(31)),
            ProviderEvent(provider="x", digest="3", body=b"{}", state=EventState.DONE, received_at=ago(29)),
            Question(text="Old?", state=QuestionState.ANSWERED, created_at=ago(91)),
            Question(text="Waiting?", created_at=ago(91)),
            Notice(user_id=user.id, title="Read", created_at=ago(91), read_at=ago(91)),
            Notice(user_id=user.id, title="Unread", created_at=ago(91)),
            AuditEntry(action="x", text="Ancient", at=ago(401), address="192.0.2.1"),
            AuditEntry(action="x", text="Old", at=ago(91), address="192.0.2.1"),
            AuditEntry(action="x", text="New", at=ago(1), address="192.0.2.1"),
        ]
    )  # fmt: skip
    db.session.commit()

    clean(queue)

    assert [event.digest for event in db.session.query(ProviderEvent)] == ["3"]
    assert [question.text for question in db.session.query(Question)] == ["Waiting?"]
    assert [notice.title for notice in db.session.query(Notice)] == ["Unread"]
    entries = db.session.query(AuditEntry).filter(AuditEntry.action == "x").order_by(AuditEntry.at)
    assert [(entry.text, entry.address) for entry in entries] == [
        ("Old", None),
        ("New", "192.0.2.1"),
    ]


def a_finished_campaign(days: float) -> Campaign:
    campaign = Campaign(name="Offer", state=CampaignState.DONE, finished_at=ago(days), total=2)
    db.session.add(campaign)
    db.session.flush()
    source = Source(
        campaign_id=campaign.id, kind=SourceKind.PASTED, state=SourceState.READ, good=2, bad=1,
        asked={"text": "+919812345678"}, sample=[["Meera"]],
    )  # fmt: skip
    db.session.add(source)
    db.session.flush()
    db.session.add(
        BadRow(source_id=source.id, row=1, problem="landline", detail="A landline.", cells=["Anil"])
    )
    for number in range(2):
        phone = f"+91981234567{number}"
        db.session.add(
            Recipient(
                campaign_id=campaign.id, source_id=source.id, row=number, key=phone, name="Meera",
                phone=phone, country="IN", values={"name": "Meera"},
            )
        )  # fmt: skip
    db.session.commit()
    return campaign


def test_a_campaign_that_is_over_forgets_its_recipients_and_keeps_its_numbers(queue: Any) -> None:
    old, recent = a_finished_campaign(91), a_finished_campaign(89)

    clean(queue)

    mine = db.session.query(Recipient).filter(Recipient.campaign_id == old.id).all()
    assert [(one.name, one.phone, one.values, one.country) for one in mine] == [
        ("", None, {}, "IN")
    ] * 2
    assert old.total == 2
    assert old.forgotten_at is not None
    assert old.sources[0].asked == {}
    assert count(BadRow) == 1
    assert recent.forgotten_at is None


def test_what_is_kept_for_ever_stays_and_a_second_run_finds_nothing(queue: Any) -> None:
    a_job(1000)
    db.session.commit()
    rules.choose(rules.terms()["jobs"], None)
    rules.choose(rules.terms()["logs"], None)
    db.session.commit()

    first = clean(queue)

    assert first.result == {"answer": "Nothing was old enough."}
    assert count(Job) == 2
    rules.choose(rules.terms()["jobs"], 90)
    db.session.commit()
    assert clean(queue).result == {"answer": "Finished jobs: 1."}
    assert clean(queue).result == {"answer": "Nothing was old enough."}


def test_days_take_the_place_of_the_ninety_of_the_house_for_once_and_never_of_what_was_chosen(
    queue: Any,
) -> None:
    a_job(40)
    waits = a_message(40, MessageState.SENT)
    rules.choose(rules.terms()["messages"], 60)
    enqueue(JobKind.RETENTION_CLEAN, key="periodic", days=30)
    db.session.commit()

    queue.run()
    db.session.expire_all()

    assert count(Job) == 1
    assert waits.body == "Dear Meera"


def test_more_than_one_batch_goes_and_the_next_run_begins_where_something_is_left(
    queue: Any,
) -> None:
    for number in range(250):
        a_message(95, MessageState.SENT, subject_id=str(number))
    recent = a_message(1, MessageState.SENT, subject_id="recent")
    db.session.commit()

    clean(queue)

    assert count(Message, Message.address == "") == 250
    rule = db.session.get_one(Rule, "messages")
    assert (rule.last_count, rule.reached) == (250, str(recent.id))
    assert rules.due({"messages": rules.terms()["messages"]})["messages"].many == 0


def test_a_clean_up_that_is_stopped_leaves_everything_whole(queue: Any, app: Any) -> None:
    """Whoever stops it stops it between two batches: what is there still has all its parts."""
    for _ in range(150):
        a_job(95)
    job_id = cleaning.ask().id
    db.session.commit()

    def begin_and_stop() -> None:
        with app.app_context():
            run = claim(job_id, worker="w")
            assert run is not None
            one = db.session.get_one(Job, job_id)
            one.cancel_requested_at = now()
            db.session.commit()
            run.reported = 0.0  # so long ago that it is due to ask
            with pytest.raises(Cancelled):
                cleaning.cleanup_old_data(run)

    contextvars.Context().run(begin_and_stop)

    left = count(Job, Job.kind == JobKind.NOTHING)
    assert left > 0
    assert count(JobEvent) >= left
