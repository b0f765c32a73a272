"""What is logged while a job runs stands on its page, attempt by attempt, and says no secret."""

import logging

import pytest
import structlog

from tests.jobs.making import a_job
from webapp.jobs import logbook
from webapp.jobs.claiming import claim
from webapp.jobs.history import JobLog
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue
from webapp.jobs.redacting import HIDDEN, redact
from webapp.jobs.running import LeaseLost

log = structlog.get_logger("tests.of.ours")
other = logging.getLogger("a.library")


@pytest.fixture
def run(db):
    run = claim(a_job().id, worker="somebody")
    db.session.rollback()
    return run


def lines(db):
    return [row.text for row in db.session.query(JobLog).order_by(JobLog.id)]


def test_a_job_that_says_nothing_writes_no_lines(db, queue):
    enqueue(JobKind.NOTHING)
    db.session.commit()
    queue.run()
    assert db.session.query(Job).one().state == JobState.SUCCESS
    assert lines(db) == []


def test_lines_are_stored_with_the_step_after_them(db, run):
    with logbook.kept(run.id, run.attempt):
        log.info("Opened the file", pages=40)
        other.warning("slow by %s seconds", 3)
        other.debug("nobody wants to know")
        assert lines(db) == []
        run.step(1, 40)
        assert lines(db) == ["Opened the file (pages: 40)", "slow by 3 seconds"]
        run.step(2, 40)
    rows = db.session.query(JobLog).order_by(JobLog.id).all()
    assert [(row.attempt, row.level) for row in rows] == [(1, "info"), (1, "warning")]


def test_what_an_attempt_said_is_kept_although_what_it_did_is_undone(db, run):
    with logbook.kept(run.id, run.attempt):
        log.info("Before the fault")
        db.session.add(Job(kind=JobKind.NOTHING, queue="default", max_attempts=1))
        db.session.flush()
        db.session.rollback()
        run.retry_later(ValueError("no"), "It did not work.", None)
        logbook.commit()
    assert lines(db) == ["Before the fault"]
    assert db.session.query(Job).count() == 1


def test_a_line_whose_commit_failed_is_stored_once_by_the_next(db, run):
    with logbook.kept(run.id, run.attempt) as book:
        log.info("Said once")
        book.write()
        db.session.rollback()
        run.step(1)
        run.step(2)
    assert lines(db) == ["Said once"]


def test_a_worker_that_has_lost_the_job_stores_nothing(db, run):
    run.attempt += 1
    with logbook.kept(run.id, run.attempt):
        log.info("From somebody else")
        with pytest.raises(LeaseLost):
            run.step(1)
        db.session.rollback()
    assert lines(db) == []


def test_what_is_logged_outside_of_a_job_belongs_to_none(db, run):
    with logbook.kept(run.id, run.attempt):
        pass
    log.info("Nobody's")
    db.session.commit()
    assert lines(db) == []


@pytest.mark.parametrize(("text", "most"), [("x", logbook.LINES), ("y" * 1_500, 60)])
def test_an_attempt_that_says_too_much_is_cut_off_with_a_line_that_says_so(db, run, text, most):
    with logbook.kept(run.id, run.attempt):
        for _ in range(logbook.LINES + 50):
            log.info(text)
        run.step(1)
    found = lines(db)
    assert found[-1] == logbook.FULL
    assert found.count(logbook.FULL) == 1
    assert len(found) <= most + 1
    assert sum(map(len, found)) <= logbook.CHARACTERS + len(logbook.FULL)


SECRETS = [
    "postgresql://desk:hunter2222@db.example/bellhop",
    "redis://:hunter2222@cache.example:6379/0",
    "Authorization: Bearer hunter2222hunter2222",
    "authorization=Basic aHVudGVyMjIyMg==",
    'asked with {"password": "hunter2222", "name": "Asha"}',
    "https://graph.example/v25?access_token=hunter2222&fields=id",
    "api_key=hunter2222",
    "X-Api-Key: hunter2222",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyMjIyIn0.c2lnbmF0dXJlaHVudGVy",
    "sk-proj-hunter2222hunter2222",
    "AKIAHUNTER2222HUNTER",
    "-----BEGIN RSA PRIVATE KEY-----\nhunter2222\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_known_by_their_names_and_shapes(app, text):
    assert app
    cleaned = redact(f"Before it {text} and after it")
    assert HIDDEN in cleaned
    for secret in ("hunter2222", "aHVudGVy", "HUNTER2222", "c2lnbmF0dXJl"):
        assert secret not in cleaned
    assert cleaned.startswith("Before it ")


def test_the_values_of_secret_settings_are_never_kept(app):
    config = app.extensions["settings"]
    for secret in (config.secret_key, config.sandbox.twilio.auth_token):
        assert redact(f"It said {secret}.") == f"It said {HIDDEN}."


@pytest.mark.parametrize(
    "text",
    [
        "Page 12 of 40 of https://example.org/prices?page=2",
        "Read 3 pages (pages: 3, because: Every page was read.)",
        "The author: Meera",
        "order_Abc123 can be paid",
    ],
)
def test_what_is_no_secret_stays(app, text):
    assert app
    assert redact(text) == text


def test_the_lines_can_be_had_as_a_file(db, run, vera):
    with logbook.kept(run.id, run.attempt):
        log.warning("Two lines\nand a false one")
        run.step(1)
    answer = vera.get(f"/jobs/{run.id}/log.txt")
    assert answer.mimetype == "text/plain"
    assert "attachment" in answer.headers["Content-Disposition"]
    head, _, line, rest = answer.text.rstrip().split("\n")
    assert head == f"Test that a worker answers, job {run.id}"
    assert line.endswith("Z  attempt 1  warning  Two lines")
    assert rest == "    and a false one"
