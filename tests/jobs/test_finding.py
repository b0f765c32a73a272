"""Jobs are found by whatever a person knows of them, however many there are."""

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from tests.bookings.making import MEERA, ZOE, a_service, a_time
from tests.contracts.world import send
from tests.jobs.sought import Thing, a_job, ago
from tests.people import person
from webapp.accounts.models import Role
from webapp.bookings import holding
from webapp.clock import first_id
from webapp.customers import editing
from webapp.extensions import db
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.listing import finding, searching
from webapp.jobs.listing.filters import Filter, Routine
from webapp.jobs.models import Job, JobState

RAO = Thing(1, "Asha Rao, Consultation, 12 March 10:00", "+919812345678", "asha.rao@example.org")
TANAKA = Thing(2, "田中花子, Hair cut, 3 May 09:30", "+81312345678")
FILE = Thing(3, "price-list_2026.pdf", kind="document")
SITE = Thing(4, "Our help", "https://www.help.example/start", kind="website")
OFFER = Thing(5, "Frühlings-Angebot", kind="campaign")
EVERYTHING = Filter(routine=Routine.WITH)


@pytest.fixture
def world(app: Any) -> dict[str, Job]:
    assert app
    return {
        "rao": a_job(about=RAO, error="The number +91 98000 11111 cannot be reached."),
        "tanaka": a_job(about=TANAKA, error="The number +91 98000 22222 cannot be reached."),
        "file": a_job(JobKind.DOCUMENT_READ, about=FILE, error="Page 17 of “annex b.pdf” is torn."),
        "site": a_job(JobKind.WEBSITE_CRAWL, JobState.PROGRESS, about=SITE),
        "offer": a_job(JobKind.CAMPAIGN_SEND, JobState.PENDING, about=OFFER),
        "clock": a_job(JobKind.FILES_CLEAN, routine=True),
    }


def found(world: dict[str, Job], wanted: Filter) -> set[str]:
    page, names = finding.look(wanted), {job.id: name for name, job in world.items()}
    fitting = set(db.session.scalars(select(Job.id).where(*finding.conditions(wanted))))
    assert {row.job.id for row in page.rows} == fitting
    if wanted.text:
        routine = Routine.ONLY if wanted.routine == Routine.ONLY else Routine.WITH
        others = finding.conditions(replace(wanted, text="", routine=routine))
        looked_at = select(Job.id).where(*others, finding.fits(wanted))
        assert set(db.session.scalars(looked_at)) == fitting
    assert finding.count(wanted) == (len(fitting), False)
    return {names[row.job.id] for row in page.rows}


KNOWN: tuple[tuple[str, set[str]], ...] = (
    ("Rao", {"rao"}), ("asha rao", {"rao"}), ("ash RA", {"rao"}), ("rao meera", set()),
    ("+91 98123 45678", {"rao"}), ("98123 45678", {"rao"}), ("098123-45678", {"rao"}),
    ("0091 98123", {"rao"}), ("+919812345678", {"rao"}), ("98123", {"rao"}),
    ("asha.rao@example.org", {"rao"}), ("rao@exam", {"rao"}), ("12 March", {"rao"}),
    ("花", {"tanaka"}), ("田中花子", {"tanaka"}), ("Hair cut", {"tanaka"}),
    ("price-list", {"file"}), ("list_2026.pdf", {"file"}), ("annex", {"file"}), ("torn", {"file"}),
    ("https://www.help.example/start", {"site"}), ("help.example", {"site"}),
    ("fruhlings angebot", {"offer"}), ("FRÜHLINGS-ANG", {"offer"}),
    ("cannot be reached", {"rao", "tanaka"}), ("98000 22222", {"tanaka"}),
    ("reached rao", {"rao"}), ("22222 花子 number", {"tanaka"}), ("22222 rao", set()),
    ("17", {"file"}), ("nothing like that", set()), ("%", set()), ("_", set()),
)  # fmt: skip


def test_a_job_is_found_by_what_a_person_knows(world: dict[str, Job]) -> None:
    for typed, names in KNOWN:
        assert found(world, Filter.from_args({"q": typed})) == names, typed


def test_a_job_is_found_by_its_number_and_by_how_that_begins(world: dict[str, Job]) -> None:
    number = str(world["clock"].id)
    assert found(world, Filter(text=number)) == {"clock"}
    assert found(world, Filter(text=number.replace("-", "").upper())) == {"clock"}
    assert "clock" in found(world, Filter(text=number[:13]))


def test_words_that_many_have_lead_there_too(
    world: dict[str, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The figures above which another way is taken, and not what it does.
    monkeypatch.setattr(searching, "PROBED", 0)
    assert [row.job.id for row in finding.look(Filter(text="asha rao")).rows] == [world["rao"].id]
    for name, few in (("RARE", 0), ("COUNTED", 1), ("PROBED", 0)):
        monkeypatch.setattr(searching, name, few)
    failed = Filter(text="reached rao", states=(JobState.FAILURE,))
    assert [row.job.id for row in finding.look(failed).rows] == [world["rao"].id]
    many = finding.look(Filter(text="rao"))
    assert [row.job.id for row in many.rows] == [world["rao"].id]
    assert many.count is None

    monkeypatch.setattr(finding, "LOOKED_AT", 3)  # of six, from the newest
    first = finding.look(Filter(text="rao"))
    assert (list(first.rows), first.broken_off) == ([], True)
    rest = finding.look(Filter(text="rao"), before=first.older)
    assert [row.job.id for row in rest.rows] == [world["rao"].id]


def test_words_with_filters_find_the_same_by_every_way(
    world: dict[str, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Filter(
        text="17 annex",
        states=(JobState.FAILURE,),
        about_type="document",
        cause=world["file"].cause_id,
        since=f"{ago(days=2):%Y-%m-%d}",
    )
    for rare in (searching.RARE, 0):  # by the words; by what fits everything else
        monkeypatch.setattr(searching, "RARE", rare)
        assert found(world, failed) == {"file"}
        assert found(world, replace(failed, about_type="booking")) == set()
        assert found(world, replace(failed, cause=world["rao"].cause_id)) == set()
        assert found(world, replace(failed, text="torn list", queue=Queue.URGENT)) == set()


def test_each_filter_and_each_pair_finds_what_it_says(world: dict[str, Job]) -> None:
    otto = person("Otto", Role.OPERATOR)
    world["asked"] = a_job(JobKind.DOCUMENT_READ, JobState.REVOKED, about=FILE, asked_by_id=otto.id)
    world["old"] = a_job(about=RAO, at=ago(days=400))
    cause = world["rao"].cause_id
    single: list[tuple[dict[str, Any], Callable[[Job], bool]]] = [
        ({"states": (JobState.FAILURE,)}, lambda job: job.state == JobState.FAILURE),
        ({"queue": Queue.BULK}, lambda job: job.queue == Queue.BULK),
        ({"kind": JobKind.DOCUMENT_READ}, lambda job: job.kind == JobKind.DOCUMENT_READ),
        ({"who": str(otto.id)}, lambda job: job.asked_by_id == otto.id),
        ({"who": "-"}, lambda job: job.asked_by_id is None),
        ({"about_type": "document"}, lambda job: job.subject_type == "document"),
        ({"about": "booking:1"}, lambda job: (job.subject_type, job.subject_id) == ("booking", "1")),
        ({"cause": cause}, lambda job: job.cause_id == cause),
        ({"since": f"{ago(days=2):%Y-%m-%d}"}, lambda job: job.created_at > ago(days=2)),
        ({"until": f"{ago(days=2):%Y-%m-%d}"}, lambda job: job.created_at < ago(days=2)),
        ({"routine": Routine.ONLY}, lambda job: job.routine),
        ({"text": "rao"}, lambda job: job.subject_id == "1"),
    ]  # fmt: skip
    for one, fits in single:
        for other, fits_too in single:
            wanted = Filter(**{"routine": Routine.WITH, **one, **other})
            if {**one, **other} == {**other, **one}:
                said = {name for name, job in world.items() if fits(job) and fits_too(job)}
                assert found(world, wanted) == said, wanted
            assert Filter.from_args(wanted.to_args()) == wanted
            assert Filter.from_json(wanted.to_json()) == wanted
    assert found(world, Filter()) == set(world) - {"clock"}
    assert found(world, Filter(cause=cause, states=(JobState.SUCCESS,))) == set()


def test_no_job_is_seen_twice_or_missing_while_others_come(app: Any) -> None:
    assert app
    there = [a_job(JobKind.NOTHING, JobState.REVOKED).id for _ in range(120)]
    wanted, seen = Filter(kind=JobKind.NOTHING), []
    page = finding.look(wanted)
    while True:
        seen += [row.job.id for row in page.rows]
        a_job(JobKind.NOTHING)
        if page.older is None:
            break
        page = finding.look(wanted, before=page.older)
    assert seen == there[::-1]
    newer = finding.look(wanted, after=seen[-1])
    assert [row.job.id for row in newer.rows] == there[1:51][::-1]


def test_a_booking_is_found_by_what_its_customer_is_called_now(app: Any) -> None:
    assert app
    service = a_service(name="Deep tissue massage")
    meera, zoe = (
        holding.hold(service, a_time(service, number), contact, form_key="k" * 20 + str(number))
        for number, contact in enumerate((MEERA, ZOE))
    )  # fmt: skip
    db.session.commit()

    def jobs(text: str) -> set[str | None]:
        return {row.job.subject_id for row in finding.look(Filter(text=text)).rows}

    assert jobs("zoe angstrom massage") == {str(zoe.id)}
    assert jobs(meera.reference) == {str(meera.id)}
    editing.change(meera.customer, {"name": "Meera O’Brien", "phone": "+919898989898"})
    db.session.commit()
    assert jobs("obrien") == jobs("98989 89898") == jobs("meera iyer") == {str(meera.id)}


def test_a_count_is_exact_up_to_its_cap(world: dict[str, Job]) -> None:
    assert finding.count(Filter(), cap=5) == (5, False)
    assert finding.count(EVERYTHING, cap=5) == (5, True)
    assert finding.count(Filter(text="reached"), cap=1) == (1, True)
    assert finding.Count(10_000, more=True).words() == "More than 10,000 jobs"


def rows(page: str) -> list[str]:
    return [row.attributes["id"] or "" for row in LexborHTMLParser(page).css("tr[id]")]


def test_a_wrong_filter_is_told_at_its_field_and_nothing_typed_is_lost(
    vera: FlaskClient, world: dict[str, Job]
) -> None:
    for name, value in (
        ("kind", "no.such"), ("queue", "q"), ("who", "Otto"), ("from", "30 February"), ("to", "2026-02-30"),
        ("routine", "perhaps"), ("q", "one two three four five six seven eight nine ten eleven"),
    ):  # fmt: skip
        answer = vera.get("/jobs", query_string={"q": "Rao", name: value})
        page = LexborHTMLParser(answer.text)
        assert answer.status_code == 422, name
        assert page.css_first(f"#{name}-error") is not None, name
        assert value in answer.text, name
        assert not rows(answer.text)
    late = vera.get("/jobs?from=2026-03-02&to=2026-03-01")
    assert "This is before the beginning." in late.text
    for odd in ("show=bogus", "state=odd", "cause=none", "about=nothing"):
        assert vera.get(f"/jobs?{odd}").status_code == 404
    assert vera.get("/jobs?about=booking:999").status_code == 200
    assert len(rows(vera.get("/jobs?show=failed").text)) == 3


def test_a_filter_is_kept_under_a_name_for_its_owner_alone(
    vera: FlaskClient, otto: FlaskClient, world: dict[str, Job]
) -> None:
    assert send(vera, "/jobs/filters?show=failed&q=rao", name="").status_code == 422
    assert send(vera, "/jobs/filters?show=failed&q=rao", name="Rao’s failures").status_code == 303
    chip = LexborHTMLParser(vera.get("/jobs").text).css_first("a.chip")
    assert chip is not None
    assert "Rao’s failures" in chip.text()
    address = chip.attributes["href"] or ""
    leads_to = vera.get(address).location
    assert rows(vera.get(leads_to).text) == [f"row-{world['rao'].id}"]
    assert "Rao’s failures" not in otto.get("/jobs").text
    assert otto.get(address).status_code == 404
    assert send(otto, f"{address}/delete").status_code == 404
    assert send(vera, f"{address}/delete").status_code == 303
    assert "Deleted the filter “Rao’s failures”." in vera.get("/jobs/filters").text
    assert "Rao’s failures" not in vera.get("/jobs/filters").text


def test_what_a_filter_finds_is_written_to_a_file(
    otto: FlaskClient, world: dict[str, Job], queue: Any
) -> None:
    answer = send(otto, "/exports/jobs?q=reached")
    assert answer.status_code == 303
    queue.run()
    number = re.sub(r"\D", "", answer.location)
    lines = otto.get(f"/exports/{number}/file").text.lstrip("\ufeff").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [
        str(world[name].id) for name in ("rao", "tanaka")
    ]
    assert "Asha Rao" in lines[1]
    assert "cannot be reached" in lines[1]


def test_an_id_begins_with_its_moment(app: Any) -> None:
    assert app
    moment = ago(days=1)
    assert first_id(moment) < a_job(at=moment).id < first_id(ago(hours=23))
    assert first_id(moment) < uuid.UUID("ffffffff-ffff-7fff-bfff-ffffffffffff")
