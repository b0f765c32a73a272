"""However many beats tick and workers hear them, each run is asked for once; and what was missed is told."""

import time_machine

from tests.bookings.making import a_service, in_threads
from tests.schedules.clock import HOUR, MINUTE, NOON, at, entry, jobs, row, tick
from webapp import schedules
from webapp.accounts.models import Role
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import JobState
from webapp.schedules import changing, finding, ticking
from webapp.schedules.defaults import PERIODIC, Periodic
from webapp.schedules.models import IfMissed, Schedule
from webapp.schedules.whens import parse

SESSIONS = JobKind.SESSIONS_CLEAN


def test_the_first_tick_asks_for_nothing_and_says_when_each_runs_next(app, db, queue):
    with time_machine.travel(NOON, tick=False):
        tick(app)

        assert row("old-sessions").next_at == at(3, 30, day=21)
        assert row("payments").next_at == at(12, 1)
        assert row("uncertain-messages").next_at == at(12, 0, 15)
        assert db.session.query(Schedule).count() == len(PERIODIC)
        assert queue.names() == []


def test_two_ticks_at_once_ask_once(app, db, queue):
    with time_machine.travel(NOON, tick=False) as clock:
        in_threads(app, 4, lambda _number: ticking.tick())
        clock.shift(MINUTE)

        in_threads(app, 4, lambda _number: ticking.tick())

        assert len(jobs(JobKind.PAYMENT_CHECK)) == 1
        assert queue.names().count("messages.reconcile") == 1


def test_a_run_comes_again_when_its_time_has_come(app, db, queue):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        for moment in (
            at(3, 29, 59, day=21),
            at(3, 30, day=21),
            at(3, 30, 5, day=21),
            at(3, 30, day=22),
        ):
            clock.move_to(moment)
            tick(app)
            finish(queue, SESSIONS)

        assert [job.created_at for job in jobs(SESSIONS)] == [at(3, 30, day=21), at(3, 30, day=22)]
        assert all(job.routine and job.state == JobState.SUCCESS for job in jobs(SESSIONS))
        assert {(job.subject_type, job.subject_id) for job in jobs(SESSIONS)} == {
            ("schedule", "old-sessions")
        }
        assert row("old-sessions").last_job_id == jobs(SESSIONS)[-1].id


def test_what_is_not_finished_is_not_asked_for_again(app, db, queue):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        for _ in range(3):
            clock.shift(MINUTE)
            tick(app)

        assert len(jobs(JobKind.PAYMENT_CHECK)) == 1


def test_the_two_reports_of_one_morning_are_two_jobs(app, db, queue):
    with time_machine.travel(at(5, 59, day=1).replace(month=6), tick=False) as clock:  # a Monday
        tick(app)
        clock.shift(MINUTE)
        tick(app)

        assert [job.args for job in jobs(JobKind.REPORT_WRITE)] == [
            {"period": "7d"},
            {"period": "month"},
        ]


def test_missed_runs_are_counted_and_one_is_made_up_for(app, db, queue):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        assert schedules.missed() == []

        clock.move_to(at(9, 0, day=23))  # nobody ticked for three nights
        assert ("old-data", True) in [(one.name, one.still) for one in schedules.missed()]
        tick(app)

        missed = {one.name: one for one in schedules.missed()}["old-sessions"]
        assert (missed.number, missed.still, missed.made_up) == (3, False, True)
        assert (missed.since, missed.until) == (at(3, 30, day=21), at(3, 30, day=23))
        assert len(jobs(SESSIONS)) == 1
        assert row("old-sessions").next_at == at(3, 30, day=24)

        clock.move_to(at(12, 0, day=24))
        assert "exports" not in {one.name for one in schedules.missed() if not one.still}


def test_missed_runs_are_left_out_where_that_is_the_policy(app, db, queue):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        changing.change(entry("old-sessions"), parse("30 3 * * *"), None, IfMissed.LEAVE_OUT)
        db.session.commit()
        clock.move_to(at(9, 0, day=22))
        tick(app)

        missed = {one.name: one for one in schedules.missed()}["old-sessions"]
        assert (missed.number, missed.made_up) == (2, False)
        assert jobs(SESSIONS) == []

        clock.move_to(at(3, 30, day=23))
        tick(app)
        assert len(jobs(SESSIONS)) == 1


def test_whoever_runs_what_was_left_out_has_made_up_for_it(app, db, queue):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        changing.change(entry("old-sessions"), parse("30 3 * * *"), None, IfMissed.LEAVE_OUT)
        db.session.commit()
        clock.move_to(at(9, 0, day=22))
        tick(app)
        assert not missed_of_sessions().made_up

        changing.run_now(entry("old-sessions"))
        db.session.commit()

        assert missed_of_sessions().made_up


def missed_of_sessions():
    return {one.name: one for one in schedules.missed()}["old-sessions"]


def test_a_run_that_is_a_little_late_was_not_missed(app, db, queue):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        clock.move_to(at(3, 34, day=21))
        tick(app)

        assert len(jobs(SESSIONS)) == 1
        assert "old-sessions" not in {one.name for one in schedules.missed()}


def test_what_is_due_now_runs_whatever_was_missed_before(app, db, queue):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        clock.move_to(at(15, 10))  # the hourly run of ten past, after two that nobody asked for
        tick(app)

        assert len(jobs(JobKind.EXPORTS_CLEAN)) == 1  # though its policy is to leave them out
        missed = {one.name: one for one in schedules.missed()}["exports"]
        assert (missed.number, missed.since, missed.until) == (3, at(12, 10), at(14, 10))


def test_a_long_absence_is_counted_up_to_a_bound(app, db, queue):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        clock.move_to(at(12, 0, day=24))
        tick(app)

        missed = {one.name: one for one in schedules.missed()}["payments"]
        assert (missed.number, missed.since, missed.until) == (1_000, at(12, 1), at(12, day=24))
        assert len(jobs(JobKind.PAYMENT_CHECK)) == 1


def test_a_fault_of_one_schedule_holds_up_no_other(app, db, queue, monkeypatch):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        deploy(monkeypatch, "exports", args={"cannot be stored": object()})
        clock.move_to(at(12, 11))
        tick(app)

        assert jobs(JobKind.EXPORTS_CLEAN) == []
        assert len(jobs(JobKind.PAYMENT_CHECK)) == 1
        assert row("exports").next_at == at(12, 10)


def test_wakes_are_never_missed(app, db, queue):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        clock.shift(24 * HOUR)
        assert "uncertain-messages" not in {one.name for one in schedules.missed()}
        tick(app)

        assert queue.names().count("messages.reconcile") == 1
        assert row("uncertain-messages").missed == 0


def test_what_is_paused_does_not_run_and_is_not_made_up_for(app, db, queue):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        changing.pause(entry("old-sessions"), "We look for something.")
        db.session.commit()
        clock.move_to(at(12, 0, day=23))
        tick(app)
        assert "old-sessions" not in {one.name for one in schedules.missed()}

        changing.resume(entry("old-sessions"))
        db.session.commit()
        tick(app)

        assert jobs(SESSIONS) == []
        assert row("old-sessions").next_at == at(3, 30, day=24)


def test_a_change_survives_a_deploy_with_another_default(app, db, queue, monkeypatch):
    with time_machine.travel(NOON, tick=False):
        tick(app)
        changing.change(entry("old-sessions"), parse("0 4 * * *"), None, IfMissed.RUN_ONCE)
        db.session.commit()
        deploy(monkeypatch, "old-sessions", timing="0 1 * * *")
        deploy(monkeypatch, "old-data", timing="0 1 * * *")
        tick(app)

        assert row("old-sessions").next_at == at(4, 0, day=21)
        assert row("old-data").next_at == at(1, 0, day=21)

        changing.back_to_default(entry("old-sessions"))
        db.session.commit()
        assert row("old-sessions").next_at == at(1, 0, day=21)
        assert not entry("old-sessions").changed


def test_a_schedule_whose_code_is_gone_is_asked_for_no_more(app, db, queue, monkeypatch, signed_in):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        db.session.add(Schedule(name="of-an-older-version", next_at=at(12, 1), timing="not read"))
        db.session.commit()
        clock.shift(MINUTE)
        tick(app)

        assert row("of-an-older-version").next_at == at(12, 1)
        ada = signed_in(Role.ADMIN)
        page = ada.get("/schedules")
        assert page.status_code == 200
        assert "of-an-older-version" not in page.text
        assert ada.get("/schedules/of-an-older-version").status_code == 404


def test_what_this_version_cannot_read_runs_as_it_came(app, db, queue):
    with time_machine.travel(NOON, tick=False):
        db.session.add(Schedule(name="old-sessions", timing="every full moon", zone="Mars/Olympus"))
        db.session.commit()
        tick(app)

        assert row("old-sessions").next_at == at(3, 30, day=21)


def test_it_goes_by_the_clock_of_the_house_and_is_reckoned_anew_when_that_changes(app, db, queue):
    with time_machine.travel(NOON, tick=False):
        tick(app)
        a_service(zone="Asia/Kolkata")
        tick(app)

        assert row("old-data").next_at == at(20, 30)  # two in the morning in Kolkata


def test_the_clock_is_noted_when_it_is_heard(app, db, queue):
    with time_machine.travel(NOON, tick=False) as clock:
        assert schedules.beat_seen_at() is None
        tick(app)
        clock.shift(2)
        tick(app)
        assert schedules.beat_seen_at() == NOON
        clock.shift(3)
        tick(app)

        assert schedules.beat_seen_at() == at(12, 0, 5)


def test_a_quiet_tick_takes_few_statements(app, db, queue, statements):
    with time_machine.travel(NOON, tick=False):
        tick(app)
        with statements() as asked:
            tick(app)

    assert len(asked) <= 4


def finish(queue, kind):
    """Run the jobs of a kind that wait, by their real body."""
    for job in jobs(kind):
        if job.state == JobState.PENDING:
            queue._run(kind.value, job.id)


def deploy(monkeypatch, name, **changes):
    """Let the code say something else of a schedule, as a new version of it would."""
    lines = {line.name: line._replace(**changes) if line.name == name else line for line in known()}
    monkeypatch.setattr(finding, "PERIODIC", tuple(lines.values()))
    monkeypatch.setattr(finding, "BY_NAME", lines)


def known() -> tuple[Periodic, ...]:
    return finding.PERIODIC
