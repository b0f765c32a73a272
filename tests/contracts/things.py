"""One of each thing that a page can show, in each of its states."""

from datetime import timedelta

from sqlalchemy import select

from tests.campaigns.live.making import a_campaign
from webapp.accounts import programs
from webapp.accounts.models import ApiToken, User
from webapp.accounts.scopes import Scope
from webapp.bookings.models import Booking
from webapp.campaigns.models import BadRow, Campaign, Source, SourceKind, SourceState
from webapp.clock import now
from webapp.extensions import db
from webapp.health.models import Alert
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import Job, JobState
from webapp.jobs.worker_models import Pause, Worker
from webapp.messages.channels import Channel, OutcomeKind
from webapp.messages.models import Attempt, Message, MessageState
from webapp.notices import announcing
from webapp.notices.models import Level, Notice
from webapp.notices.telling import tell
from webapp.reports.models import Report


def a_report() -> int:
    """Return the id of a report that is written."""
    lines = [
        {"label": "Made", "unit": "count", "now": 12, "before": 8},
        {"label": "Paid in EUR", "unit": "EUR", "now": 12_050, "before": 0},
        {"label": "19 of 20 jobs waited at most", "unit": "seconds", "now": 0.4, "before": None},
    ]
    report = Report(
        period="7d", since=now() - timedelta(days=7), until=now(), zone="UTC", ready_at=now(),
        figures=[{"title": "Bookings", "lines": lines}, {"title": "Income", "lines": []}],
    )  # fmt: skip
    db.session.add(report)
    db.session.commit()
    return report.id


def a_token(guest: User) -> ApiToken:
    """Return the token of a program."""
    name = "The till at the entrance, with a rather long name"
    token, _secret = programs.make(name, [Scope.TASKS_READ], by=guest)
    db.session.commit()
    return token


def an_alert() -> int:
    """Return the number of an alert that is open."""
    alert = Alert(rule="waiting", text="1,234 jobs wait.", opened_at=now())
    db.session.add(alert)
    db.session.commit()
    return alert.id


def an_announcement(guest: User) -> tuple[int, int]:
    """Return the ids of an announcement and of a notice of every level's last."""
    made = announcing.send_bulk_notifications(
        "We close early", "At four.", level=Level.WARN, form_key="0123456789abcdef0"
    )
    for level in Level:
        tell(guest.id, f"A notice, {level}", "With a text.", level=level, link="/jobs")
    db.session.commit()
    return made.id, db.session.scalars(select(Notice.id)).all()[-1]


def under_way() -> Campaign:
    """Return a campaign that is being sent."""
    states = [state.value for state in MessageState if state != MessageState.FAILED]
    kinds = [*states, "failed 21211", "failed 30003", "problem missing_value", "unwritten"]
    return a_campaign(dict.fromkeys(kinds, 1))


def some_workers(running: Job) -> str:
    """Make a paused queue, a worker that is gone and one that works; return the name of that."""
    child = "desk-1/4026531836:4712:100"
    running.worker = child
    db.session.add_all(
        [
            Pause(queue=Queue.BULK, reason="We move the files."),
            Worker(name="desk-0/4026531836:77:1", concurrency=2, seen_at=now() - timedelta(hours=2),
                   left=[str(running.id)]),
            Worker(name="desk-1/4026531836:4711:99", concurrency=2, queues=list(Queue),
                   memory=212 * 2**20, children=[child]),
        ]
    )  # fmt: skip
    db.session.commit()
    return "desk-1/4026531836:4711:99"


def somebody_of(campaign: Campaign) -> int:
    """Return the number of a recipient who did not get it."""
    query = select(Message.recipient).where(
        Message.batch_id == campaign.batch_id, Message.state == MessageState.FAILED
    )
    return db.session.scalars(query).first() or 0


def some_lists() -> dict[str, Source]:
    """Return a list of recipients in each state, all of one draft."""
    campaign = Campaign(name="An offer with a rather long name, as some have")
    db.session.add(campaign)
    db.session.flush()
    lists = {state.value: a_list(campaign, state) for state in SourceState}
    db.session.add_all(lists.values())
    db.session.flush()
    for source in lists.values():
        db.session.add(
            BadRow(source_id=source.id, row=3, problem="landline", detail="A landline.",
                   cells=["Anil", "+442079460958"])
        )  # fmt: skip
    db.session.commit()
    return lists


def a_list(campaign: Campaign, state: SourceState) -> Source:
    wrong = state == SourceState.FAILED
    return Source(
        campaign_id=campaign.id, kind=SourceKind.FILE, state=state, path="audience/none",
        filename="A list with a rather long name.csv", encoding="utf-8", delimiter=",",
        sample=[["Name", "Phone"], ["Meera", "9812345678"], ["Anil", "+442079460958"]],
        header=["Name", "Phone"], rows=3, good=1, bad=1, doubles=1,
        mapping={"names": ["name", "phone"], "phone": 1, "name": 0, "region": "IN", "header": True},
        error="This is an Excel file." if wrong else None,
        advice="Save it as CSV." if wrong else None,
    )  # fmt: skip


def a_job(booking: Booking, state: JobState) -> Job:
    ended = state in {JobState.SUCCESS, JobState.FAILURE, JobState.REVOKED}
    wrong = state in {JobState.FAILURE, JobState.RETRY}
    return Job(
        kind=JobKind.PAYMENT_ORDER, queue=Queue.URGENT, state=state, subject_type="booking",
        subject_id=str(booking.id), key=f"contract:{state}", done=2, total=5, note="On the way.",
        attempt=1, max_attempts=4, args={"booking_id": booking.id},
        started_at=now(), finished_at=now() if ended else None,
        error="The provider refused our key." if wrong else None,
        advice="Ask an admin to look at the key." if wrong else None,
        traceback="Traceback: a long report" if wrong else None,
    )  # fmt: skip


def a_message(booking: Booking, state: MessageState) -> Message:
    wrong = state in {MessageState.FAILED, MessageState.UNKNOWN}
    message = Message(
        channel=Channel.SMS, address=booking.phone or "", lane=f"sms:{booking.phone}",
        subject_type="booking", subject_id=str(booking.id), purpose=f"contract-{state}",
        customer_id=booking.customer_id, body="Your booking is confirmed.", state=state,
        error="This is not a phone number that exists." if wrong else None,
        advice="Correct the number." if wrong else None, sent_at=now() if not wrong else None,
    )  # fmt: skip
    message.attempts = [
        Attempt(number=number, started_at=now(), ended_at=now(), outcome=kind, code="21211")
        for number, kind in enumerate(OutcomeKind, start=1)
    ]
    return message
