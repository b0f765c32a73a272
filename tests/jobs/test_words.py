"""Every kind says what it does and how safe it is to run again; every failure says what to do."""

import ast
from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from devtools.places import ROOT
from tests.contracts.world import csrf_token
from tests.jobs.making import a_job
from tests.queues import task_bodies
from webapp.bookings import ordering
from webapp.clock import now
from webapp.documents import reading
from webapp.extensions import db
from webapp.jobs.claiming import claim
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.page.telling import sentence
from webapp.jobs.wording import WORDS
from webapp.knowledge import refusals
from webapp.websites import ending


def test_every_kind_has_its_words():
    assert set(WORDS) == set(JobKind) == set(POLICIES)
    for kind, words in WORDS.items():
        assert POLICIES[kind].title, kind
        assert words.doing[0].isupper(), kind
        assert not words.doing.endswith("."), kind
        assert words.again.startswith("Running it again"), kind
        assert words.again.endswith("."), kind
        assert ("{thing}" in words.doing) == bool(words.thing), kind
        assert POLICIES[kind].quiet_for <= POLICIES[kind].soft_limit or kind == JobKind.NOTHING


def test_every_page_on_which_something_is_set_up_exists(app):
    assert {words.set_up for words in WORDS.values() if words.set_up} <= set(app.view_functions)


def test_every_kind_can_be_told_in_every_state():
    for kind in JobKind:
        for state in JobState:
            job = Job(kind=kind, state=state, done=0, failures=1, max_attempts=4)
            job.about_name = None
            assert "{" not in sentence(job)
            assert len(sentence(job)) > 10


def refused(path: Path) -> Iterator[ast.Call]:
    """Go through the places where a file says that a job cannot be done."""
    tree = ast.parse(path.read_text())
    ours = {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "webapp.jobs.running"
        for name in node.names
        if name.name in {"NotNow", "Impossible"}
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ours:
            yield node


def test_whatever_says_that_a_job_cannot_be_done_says_what_to_do():
    files = [path for folder in ("webapp", "worker") for path in (ROOT / folder).rglob("*.py")]
    places = [(path, call) for path in files for call in refused(path)]
    silent = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, call in places
        if len(call.args) < 2 and not any(isinstance(one, ast.Starred) for one in call.args)
    ]
    assert len(places) >= 15
    assert silent == []


def from_reading(code: str, **detail: str) -> tuple[JobKind, str, str]:
    return JobKind.DOCUMENT_READ, *refusals.words(code, detail)


#: What goes wrong in a house like this, with the words that the code has for it.
FAILURES = [
    *(from_reading(code) for code in refusals.WORDS if code not in {"wrong_extension", "unknown_type"}),
    from_reading("unknown_type", kind="image"),
    from_reading("wrong_extension", kind="pdf", ending="docx", better="pdf"),
    (JobKind.DOCUMENT_READ, reading.NO_TEXT, reading.NO_TEXT_ADVICE),
    (JobKind.PAYMENT_ORDER, ordering.AWAY, ordering.AWAY_ADVICE),
    (JobKind.PAYMENT_ORDER, ordering.NO_ACCOUNT, ordering.NO_ACCOUNT_ADVICE),
    (JobKind.WEBSITE_CRAWL, "Nothing of this website could be read.", ending.NOTHING_ADVICE),
]  # fmt: skip
SUBJECTS = {
    JobKind.DOCUMENT_READ: "document", JobKind.WEBSITE_CRAWL: "website",
    JobKind.PAYMENT_ORDER: "booking", JobKind.BOOKING_NOTIFY: "booking",
}  # fmt: skip


def test_at_least_twenty_ways_to_fail_are_looked_at():
    assert len({sentence for _, sentence, _ in FAILURES}) >= 20


def test_every_failure_shows_its_cause_what_to_do_and_a_step_that_works(app, otto, ada):
    task_bodies(app)
    from worker.tasking import FAULT, FAULT_ADVICE

    token, looked_at = csrf_token(otto), set()
    for kind, why, advice in [*FAILURES, (JobKind.BOOKING_NOTIFY, FAULT, FAULT_ADVICE)]:
        about = {"subject_type": SUBJECTS[kind], "subject_id": "7"}
        job = a_job(kind, key="one at a time", args={"source_id": 7, "booking_id": 7}, **about)
        run = claim(job.id, worker="somebody")
        db.session.rollback()
        run.fail(ValueError(why), why, advice)
        db.session.commit()

        path = f"/jobs/{job.id}"
        seen = LexborHTMLParser(otto.get(path).text)
        card = seen.css_first(".job").text(separator=" ")
        assert why in card
        assert advice in card
        assert WORDS[kind].again in card
        links = [link.attributes["href"] for link in seen.css(".job-actions a")]
        assert f"/{SUBJECTS[kind]}s/7" in links
        if kind not in looked_at:
            looked_at.add(kind)
            steps = LexborHTMLParser(ada.get(path).text).css(".job-actions a")
            leads_to = {link.attributes["href"] for link in steps}
            assert ("/settings" in leads_to) == (WORDS[kind].set_up is not None)
        button = seen.css_first(".job-actions form").attributes["action"]
        assert otto.post(button, data={"csrf_token": token}).status_code == 303
        db.session.refresh(job)
        assert job.state == JobState.PENDING
        job.state, job.finished_at = JobState.REVOKED, now()
        db.session.commit()
