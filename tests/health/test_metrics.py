"""What Prometheus scrapes, and the rules and the board that are made of it."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
import yaml
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete, event

from tests.health.looking import a_job, a_tick, a_worker, ended, watch
from tests.people import person
from webapp.accounts import programs
from webapp.accounts.models import Role
from webapp.accounts.scopes import Scope
from webapp.clock import now
from webapp.extensions import db
from webapp.health import metrics, thresholds
from webapp.health.rules import BY_KEY
from webapp.jobs.acting import asking
from webapp.jobs.history import JobEvent, What
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import Job, JobState
from webapp.messages.channels import Channel
from webapp.messages.models import Message, MessageState

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
TOKEN = "a-long-word-for-the-scraper"
NAME = re.compile(r"\bbellhop_[a-z_]+")


@pytest.fixture
def scraped(another_app, settings_of_tests, app):
    """Return the answer to a scrape that shows METRICS_TOKEN."""
    client = another_app({**settings_of_tests, "METRICS_TOKEN": TOKEN}).test_client()

    def scrape(token=TOKEN):
        db.session.commit()
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return client.get("/metrics", headers=headers)

    return scrape


def samples(text):
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text, name, **labels):
    return samples(text)[(name, tuple(sorted(labels.items())))]


def test_only_a_token_that_may_opens_it(scraped, client, app):
    assert scraped().status_code == 200
    assert scraped().mimetype == "text/plain"
    assert scraped(None).status_code == 401
    assert scraped("a-wrong-word-for-the-scraper").status_code == 401
    ada = person("Ada", Role.ADMIN)
    _, good = programs.make("Prometheus", [Scope.METRICS_READ], by=ada)
    _, other = programs.make("A till", [Scope.TASKS_READ], by=ada)
    db.session.commit()
    assert client.get("/metrics", headers={"Authorization": f"Bearer {good}"}).status_code == 200
    assert client.get("/metrics", headers={"Authorization": f"Bearer {other}"}).status_code == 403


def test_it_tells_what_waits_runs_and_ended(scraped):
    a_worker()
    a_tick()
    a_job(JobKind.EXPORT_WRITE, run_at=now() - timedelta(seconds=90))
    a_job(JobKind.EXPORT_WRITE, state=JobState.PROGRESS, started_at=now())
    watch()
    ended(JobState.SUCCESS)
    job = ended(JobState.FAILURE)
    db.session.add(JobEvent(job_id=job.id, what=What.RETRY, text="Again."))
    db.session.commit()
    with time_machine.travel(now() + timedelta(seconds=40), tick=True):
        watch()
    text = scraped().text
    assert value(text, "bellhop_jobs_waiting", queue="bulk") == 1
    assert value(text, "bellhop_jobs_waiting_oldest_seconds", queue="bulk") >= 90
    assert value(text, "bellhop_jobs_running", queue="bulk", kind="exports.write") == 1
    of_kind = {"kind": "bookings.notify"}
    assert value(text, "bellhop_jobs_finished_total", outcome="done", **of_kind) == 1
    assert value(text, "bellhop_jobs_finished_total", outcome="failed", **of_kind) == 1
    assert value(text, "bellhop_jobs_retried_total", **of_kind) == 1
    assert value(text, "bellhop_job_running_seconds_count", **of_kind) == 2
    assert value(text, "bellhop_job_running_seconds_bucket", le="0.1", **of_kind) == 2
    assert value(text, "bellhop_workers") == 1
    assert value(text, "bellhop_worker_memory_bytes") == 64_000_000


def test_a_counter_never_falls_when_old_jobs_are_removed(scraped):
    watch()
    ended()
    ended()
    with time_machine.travel(now() + timedelta(seconds=40), tick=True):
        watch()
    before = samples(scraped().text)
    db.session.execute(delete(Job))
    db.session.commit()
    with time_machine.travel(now() + timedelta(days=9), tick=True):
        watch()
        after = samples(scraped().text)
    counters = [key for key in before if key[0].endswith(("_total", "_bucket", "_count", "_sum"))]
    assert sum(before[key] for key in counters) > 0
    assert all(after[key] >= before[key] for key in counters)


def test_a_failure_that_somebody_runs_again_at_once_is_counted_all_the_same(scraped):
    watch()
    job = ended(JobState.FAILURE)
    asking.retry(job)
    db.session.commit()
    with time_machine.travel(now() + timedelta(seconds=40), tick=True):
        watch()
        job.state, job.finished_at = JobState.SUCCESS, now()
        db.session.commit()
    with time_machine.travel(now() + timedelta(seconds=80), tick=True):
        watch()
        text = scraped().text
    outcomes = {
        outcome: value(text, "bellhop_jobs_finished_total", outcome=outcome, kind="bookings.notify")
        for outcome in ("done", "failed")
    }
    assert outcomes == {"done": 1, "failed": 1}


def test_labels_are_enumerations_and_their_number_is_bounded(scraped):
    watch()
    few = len(samples(scraped().text))
    for number in range(30):
        a_worker(f"box-{number}/1:77:5")
        job = ended(request_id=f"request-{number}", key=f"Mrs. Rao {number}")
        db.session.add(JobEvent(job_id=job.id, what=What.LOST, text="Lost."))
        db.session.add(
            Message(channel=Channel.SMS, address=f"+9198123456{number:02}", lane=str(number),
                    purpose="test", body="Hello", state=MessageState.QUEUED)
        )  # fmt: skip
    a_job(state=JobState.PROGRESS, started_at=now())
    db.session.commit()
    with time_machine.travel(now() + timedelta(seconds=40), tick=True):
        watch()
    found = samples(scraped().text)
    assert len(found) <= few + len(JobKind), "what is new is only a kind that runs"
    assert len(found) < 1_500
    known = {*JobKind, *Queue, *Channel, *MessageState, *BY_KEY}
    known |= {"done", "failed", "stopped", "twilio", "whatsapp", "razorpay"}
    free = {"le", "release", "python"}
    labels = {(name, text) for _, pairs in found for name, text in pairs if name not in free}
    assert {text for _, text in labels} <= {str(word) for word in known}


def test_a_scrape_takes_about_ten_statements(app):
    watch()
    asked = []
    engine = db.engine

    def note(_connection, _cursor, statement, *_):
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        metrics.text()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    asked = [one for one in asked if not one.startswith(("BEGIN", "SELECT 1"))]
    assert len(asked) <= 13, asked


def test_what_the_rules_and_the_board_name_is_told(scraped):
    watch()
    ended()
    a_job(state=JobState.PROGRESS, started_at=now())
    told = {name for name, _ in samples(scraped().text)}
    told |= {"bellhop_provider_last_report_seconds"}  # of a provider that ever reported
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())
    board = json.loads((DEPLOY / "grafana/bellhop.json").read_text())
    expressions = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    expressions += [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked = {name for expression in expressions for name in NAME.findall(expression)}
    assert len(expressions) > 30
    assert asked <= told
    gauges = {name for name in told if name.startswith("bellhop_")}
    forgotten = {re.sub("_(total|bucket|count|sum|created)$", "", name) for name in gauges} - {
        re.sub("_(total|bucket|count|sum)$", "", name) for name in asked
    }
    assert forgotten == set(), "the board shows everything that is told"


def test_the_rules_have_the_thresholds_of_the_house(app):
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())
    found = {rule["alert"]: rule for group in rules["groups"] for rule in group["rules"]}
    held = f"{thresholds.HOLD.seconds // 60}m"
    assert {rule["for"] for rule in found.values()} == {held}

    def ends_with(name, limit):
        return found[name]["expr"].strip().endswith(f"> {limit:g}")

    most = app.extensions["settings"].signals.alert_waiting
    assert ends_with("BellhopTooManyWait", most)
    assert ends_with("BellhopSomebodyWaits", thresholds.OLDEST.total_seconds())
    assert ends_with("BellhopLedgerBehind", thresholds.LEDGER_LAG.total_seconds())
    assert ends_with("BellhopQueuePaused", thresholds.QUEUE_PAUSED.total_seconds())
    assert f"> {thresholds.BEAT_SILENT.total_seconds():g} " in found["BellhopClockSilent"]["expr"]
    fails = found["BellhopMoreFails"]["expr"]
    for number in (thresholds.FAILURES, thresholds.LEAST_SHARE, thresholds.TIMES_USUAL):
        assert f">= {number:g}" in fails
    assert f"[{thresholds.LATELY.seconds // 60}m]" in fails
