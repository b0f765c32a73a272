"""The page of a job tells everything that is known of it, in plain words and few statements."""

from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.jobs.making import a_job, a_worker, at_work, done
from tests.jobs.statements import listening
from tests.people import person
from webapp.accounts.models import Role
from webapp.clock import now
from webapp.extensions import db as database
from webapp.jobs.claiming import claim
from webapp.jobs.history import JobEvent, JobLog, What
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import Job, JobState, Subject
from webapp.jobs.page import usual
from webapp.jobs.queue import enqueue
from webapp.jobs.sweeping import free


def page(client, job):
    answer = client.get(f"/jobs/{job.id}")
    assert answer.status_code == 200
    return LexborHTMLParser(answer.text)


def words(node):
    return " ".join(node.text(separator=" ").split())


def facts(seen):
    return {
        words(pair.css_first("dt")): words(pair.css_first("dd"))
        for pair in seen.css(".facts > div")
    }


def title(seen):
    return words(seen.css_first(".job-title"))


def a_thing(name="Price list.pdf", type_="document", ref="7"):
    subject = Subject(type=type_, ref=ref, name=name)
    database.session.add(subject)
    database.session.flush()
    return {"about_id": subject.id, "subject_type": type_, "subject_id": ref}


def test_a_job_at_work_says_what_it_does_in_words_of_the_thing(vera):
    a_worker()
    seen = page(vera, at_work(note="Page 12 of 40", done=12, total=40, **a_thing()))
    assert title(seen) == "Reading “Price list.pdf”: page 12 of 40"
    link = seen.css_first(".job-facts a")
    assert (words(link), link.attributes["href"]) == ("“Price list.pdf”", "/documents/7")


def test_a_thing_whose_name_is_not_known_is_called_by_its_number(vera):
    a_worker()
    job = at_work(JobKind.BOOKING_NOTIFY, subject_type="booking", subject_id="12")
    assert title(page(vera, job)) == "Telling the customer about booking 12: at work"


def test_a_job_that_waits_says_its_place_in_line(vera):
    a_worker()
    for _ in range(2):
        enqueue(JobKind.SESSIONS_CLEAN)
    enqueue(JobKind.PAYMENT_ORDER)  # more urgent
    database.session.commit()
    job = enqueue(JobKind.SESSIONS_CLEAN)
    database.session.commit()
    enqueue(JobKind.SESSIONS_CLEAN)  # asked for later
    database.session.commit()

    seen = page(vera, job)

    assert title(seen) == "Removing old sessions: waiting for its turn, fourth in line"
    assert "Likely to begin" not in facts(seen)


def test_when_it_is_likely_to_begin_is_said_where_jobs_have_lately_ended(vera):
    a_worker()
    done(JobKind.NOTHING, took=1, count=1)
    first = database.session.query(Job).one()
    first.finished_at = now() - timedelta(seconds=60)
    database.session.commit()
    done(JobKind.NOTHING, took=1, count=30)
    for _ in range(30):
        enqueue(JobKind.NOTHING)
    database.session.commit()
    job = enqueue(JobKind.NOTHING)
    database.session.commit()
    assert facts(page(vera, job))["Likely to begin"] in {
        "in 30 seconds to 2 minutes",
        "in 1 to 2 minutes",
    }


def test_without_a_worker_nobody_promises_when_it_begins(vera):
    enqueue(JobKind.NOTHING)
    database.session.commit()
    job = enqueue(JobKind.NOTHING)
    database.session.commit()
    assert "Likely to begin" not in facts(page(vera, job))


def test_each_attempt_stands_with_its_end_and_its_lines(vera):
    job = a_job(JobKind.DOCUMENT_READ, args={"source_id": 7})
    for number, sentence in enumerate(["The shop is closed.", "Still closed."], start=1):
        run = claim(job.id, worker="somebody")
        database.session.rollback()
        database.session.add(
            JobLog(job_id=job.id, attempt=number, level="info", text=f"Try {number}")
        )
        run.retry_later(ValueError("no"), sentence, None)
        database.session.commit()
        database.session.query(Job).update({"run_at": now()})
        database.session.commit()
    run = claim(job.id, worker="somebody")
    database.session.rollback()
    database.session.add(JobLog(job_id=job.id, attempt=3, level="error", text="Try 3"))
    run.fail(ValueError("no"), "It cannot be read.", "Upload another one.")
    database.session.commit()

    seen = page(vera, job)

    heads = [words(node) for node in seen.css(".timeline-head")]
    assert heads == [
        "Asked for",
        "Attempt 1 Did not work",
        "Attempt 2 Did not work",
        "Attempt 3 Failed",
    ]
    assert [words(node)[9:] for node in seen.css(".log-line")] == ["Try 1", "Try 2", "Error: Try 3"]
    assert ["open" in node.attributes for node in seen.css(".log-fold")] == [False, False, True]
    events = database.session.query(JobEvent).all()
    assert all(one.began_at is not None and one.began_at <= one.at for one in events)
    assert title(seen) == "Failed: It cannot be read."


def test_the_slices_of_a_long_job_are_one_line_and_a_lost_worker_another(vera):
    job = a_job(JobKind.WEBSITE_CRAWL)
    for number in range(1, 4):
        run = claim(job.id, worker="somebody")
        database.session.rollback()
        run.step(number, 9)
        run.go_on_later()
        database.session.commit()
    run = claim(job.id, worker="somebody")
    database.session.rollback()
    free(run.id, run.attempt)
    database.session.commit()
    heads = [words(node) for node in page(vera, job).css(".timeline-head")]
    assert heads == ["Asked for", "Turns 1 to 4 Broken off"]


def test_a_job_that_was_stopped_and_runs_again_shows_who_asked_and_why(vera):
    job = a_job(attempt=1, state=JobState.FAILURE, finished_at=now(), error="No.")
    otto = person("Otto", Role.OPERATOR)
    database.session.add_all(
        [
            JobEvent(job_id=job.id, what=What.ERROR, text="No.", attempt=1, began_at=now()),
            JobEvent(job_id=job.id, what=What.AGAIN, text="Asked to run again", user_id=otto.id,
                     reason="The key was mended."),
        ]
    )  # fmt: skip
    database.session.commit()
    text = words(page(vera, job).css_first(".timeline"))
    assert "Asked to run again by Otto" in text
    assert "Why: The key was mended." in text


def test_arguments_are_a_table_with_links_and_the_raw_form_is_folded(vera):
    job = a_job(
        JobKind.CAMPAIGN_RETRY, subject_type="campaign", subject_id="3",
        args={"campaign_id": 3, "batch_id": 8, "state": "failed", "starts_at": "2026-11-20T10:00:00+00:00"},
    )  # fmt: skip
    seen = page(vera, job)
    assert facts(seen)["Batch of messages"] == "8"
    assert facts(seen)["Starts"].endswith("20 Nov 2026, 10:00")
    assert [node.attributes["href"] for node in seen.css("dd a") if words(node) == "3"] == [
        "/campaigns/3"
    ]
    assert '"batch_id": 8' in seen.css_first("#args-raw pre").text()
    assert "open" not in seen.css_first("#args-raw").attributes


def test_a_result_is_read_by_its_labels(vera):
    job = a_job(
        JobKind.PAYMENT_CHECK, state=JobState.SUCCESS, finished_at=now(), started_at=now(), attempt=1,
        result={"expired": 1200, "asked": 0},
    )  # fmt: skip
    assert facts(page(vera, job))["Holds that ran out"] == "1,200"


def test_the_jobs_it_came_of_and_those_that_came_of_it_are_linked(vera):
    parent = a_job(JobKind.DOCUMENTS_READ_AGAIN)
    old = a_job(JobKind.CAMPAIGN_RETRY, args={"state": "failed", "code": "21211"})
    bulk = a_job(JobKind.JOBS_RETRY)
    job = a_job(
        JobKind.CAMPAIGN_RETRY, args={"state": "unknown"}, parent_id=parent.id, follows_id=old.id,
        bulk_id=bulk.id,
    )  # fmt: skip
    children = [a_job(parent_id=job.id) for _ in range(7)]
    seen = page(vera, job)
    told = facts(seen)
    links = {node.attributes["href"] for node in seen.css(".lineage a")}
    assert {f"/jobs/{one.id}" for one in (parent, old, bulk, children[-1])} <= links
    assert "Asked to run again, among many, by" in told
    assert [words(node) for node in seen.css(".changes li")] == [
        "Code of the provider: 21211 → , now not given", "State: failed → , now unknown",
    ]  # fmt: skip
    assert "All 7" in told["Asked for these"]
    assert vera.get(f"/jobs/{job.id}/children").text.count("Test that a worker answers") >= 7
    assert "Was done again as" in facts(page(vera, old))


def test_a_parent_that_is_no_longer_kept_is_no_dead_link(vera):
    gone = a_job()
    job = a_job(parent_id=gone.id)
    database.session.delete(gone)
    database.session.commit()
    assert facts(page(vera, job))["Asked for by the job"] == "a job that is no longer kept"


@pytest.fixture
def asked(app):
    assert app
    with listening(database.engine) as asked:
        yield asked


def test_the_page_is_at_most_eight_statements_however_much_there_is_to_tell(vera, asked):
    a_worker()
    parent, old = a_job(), a_job()
    who = person("Otto", Role.OPERATOR)
    jobs = [
        at_work(parent_id=parent.id, follows_id=old.id, args={"source_id": 7}, **a_thing()),
        a_job(parent_id=parent.id, published_at=now()),
        a_job(
            state=JobState.FAILURE, finished_at=now(), attempt=3, error="No.", parent_id=parent.id
        ),
    ]
    for job in jobs:
        a_job(parent_id=job.id)
        database.session.add(JobLog(job_id=job.id, attempt=1, level="info", text="A line"))
        database.session.add(JobEvent(job_id=job.id, what=What.AGAIN, text="x", user_id=who.id))
    database.session.commit()
    for job in jobs:
        usual.forget()
        vera.get(f"/jobs/{job.id}")
        path = f"/jobs/{job.id}"
        database.session.commit()
        usual.forget()
        asked.forget()
        assert vera.get(path).status_code == 200
        assert 6 <= asked.number <= 8, asked.statements


def test_a_poll_without_news_is_one_statement(vera, asked):
    a_worker()
    job = at_work()
    vera.get(f"/jobs/{job.id}")
    path, version = f"/jobs/{job.id}", job.version
    database.session.commit()
    asked.forget()
    answer = vera.get(path, query_string={"seen": version}, headers={"HX-Request": "true"})
    assert (answer.status_code, asked.number) == (204, 1)


def test_another_queue_in_front_is_counted_and_one_behind_is_not(vera):
    a_worker()
    a_job(queue=Queue.BULK, published_at=now() - timedelta(minutes=1))
    job = a_job(published_at=now())
    assert "next in line" in title(page(vera, job))
