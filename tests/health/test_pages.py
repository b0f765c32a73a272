"""The status page, the alerts so far, and the checklist that fills itself in."""

from datetime import timedelta

import time_machine
from sqlalchemy import event

from tests.contracts.world import HTMX, send
from tests.health.looking import a_job, ended, watch, watch_for
from tests.people import person
from webapp.accounts.models import Role
from webapp.clock import now
from webapp.extensions import db
from webapp.health import checklist
from webapp.health.models import Alert, Checked, Tick
from webapp.jobs.models import JobState


def line(title):
    row = db.session.get(Checked, checklist.today().isoformat())
    return next(one for one in row.lines if one["title"] == title)


def statements(client, path):
    """Return what a page asks of the database, without what signing in and transactions cost."""
    asked = []

    def note(_connection, _cursor, statement, *_):
        if not statement.startswith(("BEGIN", "SELECT 1")):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return asked


def test_it_says_when_all_is_well(vera):
    watch()
    page = vera.get("/status").text
    assert "All is well." in page
    for part in (
        "Web",
        "Database",
        "Redis",
        "Workers",
        "Clock",
        "Waiting jobs",
        "SMS",
        "Schedules",
    ):
        assert part in page
    assert "1 at work" in page


def test_it_says_what_is_not_well_what_to_do_and_where(vera, ada):
    watch_for(90, well=False)
    page = vera.get("/status").text
    assert "2 things are not well" in page
    assert "Start the worker process, and read its last lines" in page
    assert "I know" not in page, "a viewer looks"
    assert "I know" in ada.get("/status").text


def test_it_says_when_nobody_looks(vera):
    assert "Nobody has looked lately" in vera.get("/status").text
    watch()
    with time_machine.travel(now() + timedelta(minutes=5), tick=True):
        assert "Nobody has looked lately" in vera.get("/status").text


def test_a_poll_finds_nothing_new_until_somebody_has_looked_again(vera):
    watch()
    version = db.session.query(checklist.db.metadata.tables["watches"].c.version).scalar()
    ask = f"/status?seen={version}&until=9999999999"
    assert vera.get(ask, headers=HTMX).status_code == 204
    with time_machine.travel(now() + timedelta(seconds=30), tick=True):
        watch()
        assert vera.get(ask, headers=HTMX).status_code == 200


def test_the_pages_take_few_statements(vera):
    watch_for(90, well=False)
    for path in ("/status", "/checklist", "/status/alerts"):
        asked = statements(vera, path)
        assert len(asked) <= 8, (path, len(asked), asked)


def test_every_alert_that_ever_opened_is_listed(vera):
    assert "No alert so far" in vera.get("/status/alerts").text
    for number in range(60):
        db.session.add(
            Alert(rule="waiting", text=f"{number} jobs wait.", opened_at=now(), closed_at=now())
        )
    db.session.add(Alert(rule="stalled", text="Only noticed."))
    db.session.commit()
    page = vera.get("/status/alerts").text
    assert "59 jobs wait." in page
    assert "Only noticed." not in page
    assert "Older" in page


def test_the_checklist_fills_itself_in(vera):
    assert "Nothing was measured on this day yet" in vera.get("/checklist").text
    watch()
    page = vera.get("/checklist").text
    for title in (
        "Workers are up",
        "The queues are near 0",
        "Messages arrive",
        "Memory of Redis",
        "Versions",
    ):
        assert title in page
    assert line("Workers are up")["value"] == "1 at work"
    assert line("Workers are up")["verdict"] == "well"


def test_a_bad_line_says_so(vera):
    watch()
    for state in (JobState.SUCCESS, JobState.FAILURE):
        ended(state)
    db.session.commit()
    a_job(run_at=now() - timedelta(minutes=5))
    with time_machine.travel(now() + timedelta(minutes=5), tick=True):
        watch(well=False)
        assert line("Workers are up")["verdict"] == "bad"
        failed = line("Errors of the last 24 hours")
        assert (failed["value"], failed["verdict"]) == ("1 of 2 jobs failed (50.0 %)", "bad")
        assert "the oldest for 10 minutes" in line("The queues are near 0")["value"]
        assert "lines are bad" in vera.get("/checklist").text


def test_yesterday_can_be_seen_and_tomorrow_cannot(vera, signed_in):
    watch()
    day = checklist.today()
    with time_machine.travel(now() + timedelta(days=1), tick=True):
        watch()
        page = signed_in(Role.VIEWER).get("/checklist").text
        assert f"day={day.isoformat()}" in page
    assert "Workers are up" in vera.get(f"/checklist?day={day.isoformat()}").text
    assert vera.get(f"/checklist?day={(day + timedelta(days=1)).isoformat()}").status_code == 404
    assert vera.get("/checklist?day=soon").status_code == 404


def test_people_who_have_done_nothing_for_long_are_named(app):
    person("Gone", Role.OPERATOR).created_at = now() - timedelta(days=100)
    person("New", Role.OPERATOR)
    db.session.commit()
    watch()
    assert line("People who have done nothing for 60 days")["value"] == "Gone"


def test_somebody_ticks_what_no_program_can_know_and_takes_it_back(vera, otto):
    where = "/checklist/backup_tried"
    assert send(vera, where).status_code == 403
    assert send(otto, "/checklist/nothing").status_code == 404
    assert send(otto, where).status_code == 303
    assert send(otto, where).status_code == 409, "once is enough"
    tick = db.session.query(Tick).one()
    assert tick.span == f"{checklist.today():%Y-%m}", "for this month"
    assert "Operator, " in vera.get("/checklist").text
    assert send(otto, where, done="0").status_code == 303
    assert db.session.query(Tick).count() == 0
    assert send(otto, where, done="0").status_code == 409
