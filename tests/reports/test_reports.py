"""A report counts what the house did in a span of days, beside the one before; it names nobody."""

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import delete

from tests.bookings.making import MEERA, a_service, held, lapse, ordered, the_payment
from tests.charts.ended import ended
from tests.contracts.world import csrf_token
from tests.people import person
from webapp.accounts.models import Role
from webapp.bookings import confirming, paying
from webapp.clock import now
from webapp.exports.models import Export
from webapp.extensions import db as database
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Cause, Job, JobState
from webapp.jobs.queue import enqueue
from webapp.notices.models import Notice
from webapp.reports import periods
from webapp.reports.models import Report

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def send(client, path, **typed):
    return client.post(path, data={"csrf_token": csrf_token(client), **typed})


def figures_of(report):
    """Return each figure by its part and name: (in this time, in the time before)."""
    return {
        (section["title"], line["label"]): (line["now"], line["before"])
        for section in report.figures
        for line in section["lines"]
    }


def by_the_clock(queue, period="7d") -> Job:
    job = enqueue(JobKind.REPORT_WRITE, key=f"periodic:{period}", period=period)
    database.session.commit()
    queue._run(job.kind.value, job.id)
    return database.session.get_one(Job, job.id)


def some_life(queue):
    """Make two bookings, of which one is paid and one is cancelled."""
    service = a_service(zone="UTC", currency="EUR", price=1250)
    paid, cancelled = ordered(service, number=0), ordered(service, number=1)
    paying.accept(the_payment(paid), f"pay_{paid.id}")
    confirming.confirm_by_hand(paid)
    confirming.cancel(cancelled, "Not needed.")
    lapse(held(service, number=2))
    database.session.commit()


def test_the_figures_are_those_of_the_days_beside_those_before(db, queue):
    with time_machine.travel(NOON - timedelta(days=10), tick=False) as clock:
        some_life(queue)
        clock.move_to(NOON - timedelta(days=3))
        some_life(queue)
        some_life(queue)
        clock.move_to(NOON)
        held(a_service(price=0))  # of today, which is not over
        job = by_the_clock(queue)

        assert job.state == JobState.SUCCESS, job.error
        report = db.session.query(Report).one()
        told = figures_of(report)
    assert (report.since, report.until) == (
        datetime(2026, 11, 13, tzinfo=UTC),
        datetime(2026, 11, 20, tzinfo=UTC),
    )
    assert told["Bookings", "Made"] == (6, 3)
    assert told["Bookings", "Confirmed"] == (2, 1)
    assert told["Bookings", "Cancelled"] == (2, 1)
    assert told["Income", "Paid in EUR"] == (2500, 1250)


def test_work_is_counted_with_its_failures_by_cause(db, queue, otto):
    cause = Cause(fingerprint="a" * 64, text="The provider refused our key.")
    db.session.add(cause)
    db.session.flush()
    for number, state in enumerate([*[JobState.FAILURE] * 3, JobState.SUCCESS, JobState.REVOKED]):
        ended(now(), state, waited=number + 0.4, cause_id=cause.id if number < 2 else None)
    ended(now(), kind=JobKind.DOCUMENT_READ, waited=0)
    add_up(queue)
    # Retention removes jobs; what was added up stays.
    db.session.execute(delete(Job).where(Job.state == JobState.SUCCESS))
    db.session.commit()
    send(otto, "/reports", period="7d")
    report = db.session.query(Report).one()
    queue._run(JobKind.REPORT_WRITE.value, report.job_id)

    told = figures_of(db.session.query(Report).one())
    assert told["Work", "Jobs failed"] == (3, 0)
    assert told["Work", "Jobs done"] == (2, 0)
    assert told["Work", "Jobs stopped"] == (1, 0)
    # Two of five waited for between 2 and 5 seconds, among which they are taken for evenly spread.
    assert told["Work", "19 of 20 jobs waited at most"] == (pytest.approx(4.6, abs=0.1), None)
    assert told["Knowledge", "Documents read"] == (1, 0)
    assert told["Why work failed", "The provider refused our key."] == (2, 0)
    assert told["Why work failed", "Without a known cause"] == (1, 0)


def add_up(queue):
    """Let what has ended be added up, as it is every five minutes."""
    job = enqueue(JobKind.HISTORY_WRITE)
    database.session.commit()
    queue._run(job.kind.value, job.id)
    assert job.state == JobState.SUCCESS, job.error


def test_a_report_by_the_clock_is_written_once_and_told_to_the_admins(db, queue):
    ada, _otto = person("Ada", Role.ADMIN), person("Otto", Role.OPERATOR)
    job = by_the_clock(queue)
    job.state, job.finished_at = JobState.PENDING, None  # its worker died before its end was stored
    db.session.commit()
    queue._run(job.kind.value, job.id)

    report = db.session.query(Report).one()
    [notice] = db.session.query(Notice).all()
    assert notice.user_id == ada.id
    assert notice.link == f"/reports/{report.id}"
    assert "7 days" in notice.title


def test_somebody_asks_for_one_and_watches_it_being_written(db, queue, otto):
    answer = send(otto, "/reports", period="days", days="3")
    again = send(otto, "/reports", period="days", days="3")
    assert answer.location == again.location

    [report] = db.session.query(Report).all()
    waiting = otto.get(answer.location).text
    assert 'data-state="PENDING"' in waiting
    assert "data-poll" in waiting
    queue._run(JobKind.REPORT_WRITE.value, report.job_id)
    page = HTMLParser(otto.get(answer.location).text)

    assert "Bookings" in page.text()
    assert "data-poll" not in page.html
    assert report.until - report.since < timedelta(days=3)  # today so far, and two days
    assert db.session.query(Notice).one().link == answer.location
    assert "Nothing in this time" in page.text()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"period": "days", "days": "0"}, "A whole number of days from 1 to 366."),
        ({"period": "days", "days": "many"}, "A whole number of days from 1 to 366."),
        ({"period": "days"}, "A whole number of days from 1 to 366."),
        ({"period": "decade"}, "Not a valid choice"),
    ],
)
def test_a_span_that_is_none_is_refused_at_its_field(db, otto, typed, sentence):
    answer = send(otto, "/reports", **typed)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.query(Report).count() == 0


def test_it_is_had_as_a_table_whose_numbers_can_be_reckoned_with(db, queue, vera):
    with time_machine.travel(now() - timedelta(days=3)):
        some_life(queue)
    by_the_clock(queue)
    report = db.session.query(Report).one()

    answer = vera.get(f"/reports/{report.id}/csv")

    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert ["Income", "Paid in EUR", "EUR", "12.50", "0"] in rows
    assert ["Bookings", "Made", "", "3", "0"] in rows
    assert "attachment" in answer.headers["Content-Disposition"]
    assert MEERA.name not in answer.text
    page = HTMLParser(vera.get(f"/reports/{report.id}").text)
    assert MEERA.name not in page.css_first("main").text()
    assert "€12.50" in page.text()


@pytest.mark.parametrize(
    ("period", "since", "until", "earlier"),
    [
        ("7d", "2026-10-19T22:00", "2026-10-26T23:00", "2026-10-12T22:00"),
        ("month", "2026-08-31T22:00", "2026-09-30T22:00", "2026-07-31T22:00"),
    ],
)
def test_days_are_those_of_the_clock_on_the_wall(period, since, until, earlier):
    moment = datetime(2026, 10, 27, 5, 0, tzinfo=UTC)  # clocks were put back two days ago

    span = periods.span_of(period, BERLIN, moment)
    before = periods.before(span, period, BERLIN)

    assert [f"{one:%Y-%m-%dT%H:%M}" for one in span] == [since, until]
    assert f"{before.since:%Y-%m-%dT%H:%M}" == earlier
    assert before.until == span.since


def test_all_that_is_known_of_one_customer_is_had_as_a_file(db, queue, otto):
    some_life(queue)
    customer_id = ordered().customer_id

    answer = send(otto, f"/reports/customers/{customer_id}")
    export = db.session.query(Export).one()
    [job] = db.session.query(Job).filter_by(kind=JobKind.EXPORT_WRITE)
    queue._run(job.kind.value, job.id)

    assert answer.location == f"/exports/{export.id}"
    rows = list(
        csv.reader(io.StringIO(otto.get(f"/exports/{export.id}/file").data.decode("utf-8-sig")))
    )
    assert rows[1][3] == f"{MEERA.name}, {MEERA.phone}, {MEERA.email}"
    assert [row[0] for row in rows].count("Booking") == 4
    assert [row[0] for row in rows].count("Payment") == 4
    assert "Report on Meera Iyer.csv" in otto.get(f"/customers/{customer_id}").text
