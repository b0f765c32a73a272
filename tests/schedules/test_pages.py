"""The pages of the schedules: what runs within a day, each schedule, and what people may do with it."""

import time_machine
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from tests.bookings.making import a_service
from tests.contracts.world import csrf_token
from tests.schedules.clock import MINUTE, NOON, at, entry, jobs, row, tick
from webapp.accounts.models import AuditEntry, Role
from webapp.extensions import db as database
from webapp.jobs.kinds import JobKind
from webapp.schedules import changing

PAGE = "/schedules/old-sessions"
HTMX = {"HX-Request": "true"}


def send(client, path, headers=None, **typed):
    return client.post(path, data={"csrf_token": csrf_token(client), **typed}, headers=headers)


def change(client, headers=None, **typed):
    return send(client, f"{PAGE}/edit", headers, **{"zone": "", "if_missed": "run_once", **typed})


def text(answer):
    return " ".join(HTMLParser(answer.text).body.text(separator=" ").split())


def test_what_runs_tonight_stands_first_by_the_clock_of_the_house(app, queue, signed_in):
    with time_machine.travel(NOON, tick=False):
        a_service(zone="Asia/Kolkata")
        tick(app)

        page = HTMLParser(signed_in(Role.VIEWER).get("/schedules").text)

        listed = [" ".join(one.text().split()) for one in page.css(".turns li")]
        assert listed == ["02:00 Remove old data", "03:30 Remove old sessions"]
        assert page.css_first(".turns-day").text(strip=True) == "Tomorrow, Saturday 21 November"
        assert "Remind customers of their bookings" in page.css_first(".turns-besides").text()


def test_the_list_tells_how_the_last_run_went_and_that_the_clock_is_not_heard(
    app, queue, signed_in
):
    with time_machine.travel(NOON, tick=False) as clock:
        vera = signed_in(Role.VIEWER)
        assert "has not been heard yet" in text(vera.get("/schedules"))
        tick(app)
        clock.move_to(at(3, 30, day=21))
        tick(app)
        vera = signed_in(Role.VIEWER)
        page = HTMLParser(vera.get("/schedules").text)
        [waiting] = [line for line in page.css("tr") if "Remove old sessions" in line.text()]
        assert waiting.css_first(".state").attributes["data-state"] == "PENDING"
        assert "data-poll" in page.css_first("#schedules").html.partition(">")[0]

        [job] = jobs(JobKind.SESSIONS_CLEAN)
        queue._run(job.kind.value, job.id)
        clock.shift(2 * MINUTE)
        words = text(vera.get("/schedules"))
        assert "took less than a second" in words
        assert "was last heard" in words


def test_each_page_asks_few_statements(app, queue, signed_in, statements):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        for _ in range(30):
            clock.shift(MINUTE)
            tick(app)
        vera = signed_in(Role.VIEWER)
        for path in ("/schedules", "/schedules/payments", "/reports"):
            vera.get(path)
            with statements() as asked:
                assert vera.get(path).status_code == 200
            assert len(asked) <= 8, asked


def test_an_operator_runs_it_now_and_is_led_to_its_job(db, queue, otto):
    answer = send(otto, f"{PAGE}/run")
    again = send(otto, f"{PAGE}/run")

    [job] = jobs(JobKind.SESSIONS_CLEAN)
    assert answer.location == again.location == f"/jobs/{job.id}"
    assert (job.routine, job.subject_id) == (False, "old-sessions")
    assert job.asked_by.name == "Operator"
    assert f"/jobs/{job.id}" in otto.get(PAGE).text


def test_a_wake_is_run_now_without_a_job(db, queue, otto):
    answer = send(otto, "/schedules/uncertain-messages/run")

    assert answer.location == "/schedules/uncertain-messages"
    assert queue.names() == ["messages.reconcile"]
    assert "Last runs" not in otto.get(answer.location).text


def test_what_never_rests_is_paused_only_for_a_reason(db, ada):
    refused = send(ada, "/schedules/payments/pause", reason="  ")
    assert refused.status_code == 422
    assert "say why it is to" in text(refused)

    assert send(ada, f"{PAGE}/pause", reason="").status_code == 303
    assert (
        send(ada, "/schedules/payments/pause", reason="The provider is moving.").status_code == 303
    )

    assert "The provider is moving." in text(ada.get("/schedules/payments"))
    assert row("payments").paused_by.name == "Admin"
    assert send(ada, "/schedules/payments/resume").status_code == 303
    assert row("payments").paused_at is None
    assert row("payments").next_at is not None


def test_presets_need_no_cron_text(db, ada):
    for typed, timing in (
        ({"shape": "hourly", "minute": "5"}, "5 * * * *"),
        ({"shape": "daily", "at": "04:30"}, "30 4 * * *"),
        ({"shape": "weekly", "weekday": "0", "at": "23:05"}, "5 23 * * 0"),
        ({"shape": "monthly", "day": "L", "at": "00:00"}, "0 0 L * *"),
        ({"shape": "every", "count": "15", "unit": "minute"}, "every 15 minutes"),
        ({"shape": "cron", "cron": "0 9 * * mon-fri"}, "0 9 * * MON-FRI"),
    ):
        assert change(ada, **typed).status_code == 303
        assert row("old-sessions").timing == timing
        form = HTMLParser(ada.get(f"{PAGE}/edit").text)
        assert form.css_first("[name=shape][checked]").attributes["value"] == typed["shape"]

    assert database.session.query(AuditEntry).filter_by(action="schedule.changed").count() == 6


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(db, ada):
    for typed, field, sentence in (
        ({"shape": "cron", "cron": "2:00"}, "cron", "Each day at 02:00 is: 0 2 * * *"),
        ({"shape": "cron", "cron": "0 0 30 2 *"}, "cron", "There is no such day"),
        ({"shape": "every", "count": "3", "unit": "second"}, "count", "too often"),
        ({"shape": "every", "count": "often", "unit": "second"}, "count", "integer"),
        ({"shape": "daily", "at": "26:00"}, "at", "time"),
        ({"shape": "hourly", "minute": "60"}, "minute", "A whole number from 0 to 59."),
        ({"shape": "daily", "at": "04:30", "zone": "Mars/Olympus"}, "zone", "Choose a time zone"),
        ({"shape": "fortnightly"}, "shape", "Not a valid choice"),
    ):
        answer = change(ada, **typed)
        page = HTMLParser(answer.text)
        assert answer.status_code == 422
        assert sentence in page.css_first(f"#{field}-error").text()
        if field != "shape":
            assert page.css_first(f"[name={field}]").attributes["value"] == typed[field]

    assert not entry("old-sessions").changed


def test_what_never_rests_runs_each_hour_at_least(db, ada):
    for typed, status in (
        ({"shape": "daily", "at": "02:00"}, 422),
        ({"shape": "cron", "cron": "* 8-20 * * *"}, 422),
        ({"shape": "every", "count": "2", "unit": "hour"}, 422),
        ({"shape": "hourly", "minute": "30"}, 303),
        ({"shape": "every", "count": "30", "unit": "second"}, 303),
    ):
        answer = send(ada, "/schedules/payments/edit", zone="", if_missed="run_once", **typed)
        assert answer.status_code == status, typed
        assert ("This never rests" in answer.text) == (status == 422)


def test_the_next_runs_are_shown_before_anything_is_saved(db, ada):
    with_script = change(
        ada, HTMX, shape="weekly", weekday="1", at="09:00", zone="Asia/Kolkata", show="1"
    )
    without = change(ada, shape="weekly", weekday="1", at="09:00", zone="Asia/Kolkata", show="1")
    wrong = change(ada, HTMX, shape="cron", cron="daily", show="1")

    for answer in (with_script, without):
        preview = HTMLParser(answer.text).css_first("#preview")
        assert "Each Monday at 09:00" in preview.text()
        assert [time.attributes["datetime"][11:] for time in preview.css("time")] == [
            "09:00:00+05:30"
        ] * 5
    assert "<html" not in with_script.text
    assert "<html" in without.text
    assert wrong.status_code == 422
    assert "“daily” is a word" in wrong.text
    assert not entry("old-sessions").changed


def test_a_change_is_told_and_taken_back(db, ada):
    change(ada, shape="daily", at="04:30", zone="Asia/Kolkata", if_missed="leave_out")
    page = text(ada.get(PAGE))
    assert "Changed" in page
    assert "Each day at 04:30" in page
    assert "It is left out" in page
    assert entry("old-sessions").next_runs(1)[0].strftime("%H:%M") == "23:00"

    send(ada, f"{PAGE}/default")

    assert "Each day at 03:30" in text(ada.get(PAGE))
    assert (row("old-sessions").timing, row("old-sessions").zone) == (None, None)


def test_a_missed_run_is_told_on_its_page(app, queue, signed_in):
    with time_machine.travel(NOON, tick=False) as clock:
        tick(app)
        changing.change(
            entry("old-data"), entry("old-data").when, None, entry("old-data").if_missed
        )
        clock.move_to(at(9, 0, day=23))
        late = text(signed_in(Role.VIEWER).get(PAGE))
        tick(app)
        told = text(signed_in(Role.VIEWER).get(PAGE))

    assert "Missed: should have run 21 Nov 2026, 03:30" in late
    assert "3 runs between 21 Nov 2026, 03:30 and 23 Nov 2026, 03:30 : run once when back" in told
