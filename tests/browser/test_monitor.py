"""The list of jobs: rows are ticked; what another tab has done and what an old link wants is explained."""

import re
from typing import Any
from uuid import UUID

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from tests.browser.conftest import Opens
from tests.browser.house import House
from tests.browser.test_keyboard import tab_to
from tests.browser.test_stale_pages import stops_asking
from tests.browser.test_without_script import NO_SCRIPT
from webapp.accounts.models import Role
from webapp.clock import now
from webapp.jobs.kinds import JobKind
from webapp.jobs.known import Subject
from webapp.jobs.models import Job, JobState

FAILED: dict[str, Any] = {"state": JobState.FAILURE, "error": "It was refused."}


def jobs_about(house: House, name: str, *each: dict[str, Any]) -> tuple[str, list[UUID]]:
    """Add jobs about one booking, and return the address of just these and their ids."""
    booking = house.confirmed(name)
    subject = Subject(type="booking", ref=str(booking.id), name=name)
    house.add(subject)
    told = {"about_id": subject.id, "args": {"booking_id": booking.id, "what": "confirmed"}}
    ended = {"finished_at": now(), "failures": 4}
    jobs = [
        house.job(booking, **{**told, **(ended if values else {}), **values}) for values in each
    ]
    return f"/jobs?about=booking:{booking.id}", jobs


def box(page: Page, job: UUID) -> Locator:
    return page.locator(f"#row-{job}").get_by_role("checkbox")


def test_ticked_rows_are_tried_again_and_no_others(house: House, opens: Opens) -> None:
    address, jobs = jobs_about(house, "Tilda Ticks", FAILED, FAILED, FAILED)
    page = opens(Role.OPERATOR, at=address)
    tab_to(page, box(page, jobs[2]))
    page.keyboard.press("Space")
    box(page, jobs[0]).check()
    expect(page.get_by_text("2 ticked")).to_be_visible()
    page.get_by_role("button", name="Try again…").click()
    expect(page.locator("main")).to_contain_text("2 ticked jobs")
    page.go_back()
    page.get_by_label("All on this page").check()
    expect(page.get_by_text("3 ticked")).to_be_visible()
    box(page, jobs[1]).uncheck()
    page.get_by_role("button", name="Try again…").click()
    page.get_by_role("button", name="Try 2 again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Run jobs again")
    with house.stack.session() as session:
        asked = session.scalars(select(Job).where(Job.kind == JobKind.JOBS_RETRY)).all()[-1]
        assert set(asked.args["chosen"]["ids"]) == {str(jobs[0]), str(jobs[2])}
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#job .state").first).to_have_text("Stopped")


def test_ticks_outlive_what_happens_to_the_list_meanwhile(house: House, opens: Opens) -> None:
    address, (first, second) = jobs_about(house, "Luke Alive", {}, {})
    page = opens(Role.OPERATOR, at=address)
    box(page, first).check()
    house.finish(first)
    expect(page.locator(f"#row-{first} .state")).to_have_text("Done")
    expect(box(page, first)).to_be_checked()
    expect(box(page, second)).not_to_be_checked()
    expect(page.get_by_text("1 ticked")).to_be_visible()
    house.finish(second)


def test_with_nothing_ticked_a_sentence_says_what_to_do(house: House, opens: Opens) -> None:
    address, _jobs = jobs_about(house, "Nora None", FAILED)
    page = opens(Role.OPERATOR, at=address)
    page.get_by_role("button", name="Stop…").click()
    expect(page.get_by_role("log")).to_contain_text("Tick the jobs first")
    assert page.url.endswith(address)


def test_rows_are_ticked_without_any_script(house: House, opens: Opens) -> None:
    address, jobs = jobs_about(house, "Paul Plain", FAILED, FAILED, FAILED)
    page = opens(Role.OPERATOR, at=address, **NO_SCRIPT)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    page.get_by_role("link", name="Tick several of these").click()
    box(page, jobs[1]).check()
    page.get_by_role("button", name="Try again…").click()
    expect(page.locator("main")).to_contain_text("1 ticked job")
    page.get_by_role("link", name="The list").click()
    page.get_by_role("link", name="Tick several of these").click()
    page.get_by_role("link", name="Tick all on this page").click()
    page.get_by_role("button", name="Try again…").click()
    expect(page.locator("main")).to_contain_text("3 ticked jobs")


def test_a_job_that_another_tab_has_tried_again_runs_once(house: House, opens: Opens) -> None:
    _address, (job,) = jobs_about(house, "Tina Twotabs", FAILED)
    one = opens(Role.OPERATOR, at=f"/jobs/{job}")
    stale = one.context.new_page()
    stale.goto(f"/jobs/{job}")
    stops_asking(stale)
    again(one)
    expect(one.locator("#job .state").first).not_to_have_text("Failed")
    again(stale)
    expect(stale.get_by_role("heading", level=1)).to_have_text("That is not possible any more")
    stale.get_by_role("link", name="Back to the page").click()
    expect(stale.locator(".timeline").get_by_text("Asked to run again")).to_have_count(1)


def again(page: Page) -> None:
    page.get_by_role("button", name="Try again", exact=True).click()


def test_an_old_filter_that_nobody_knows_any_more_is_explained_at_its_field(
    house: House, opens: Opens
) -> None:
    page = opens(Role.VIEWER)
    answer = page.goto("/jobs?kind=letters.print&q=Rao")
    assert answer is not None
    assert answer.status == 422
    expect(page.get_by_label("What is done")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#kind-error")).to_contain_text("There is no such")
    expect(page.get_by_label(re.compile("^Customer, file"))).to_have_value("Rao")
    page.get_by_label("What is done").select_option("")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#job-list")).to_contain_text(
        re.compile("Nothing found|jobs?$", re.MULTILINE)
    )
    expect(page.locator(".field-error")).to_have_count(0)


def test_what_was_typed_stays_when_a_state_is_chosen(house: House, opens: Opens) -> None:
    jobs_about(house, "Stella Stays", FAILED)
    page = opens(Role.VIEWER, at="/jobs")
    page.get_by_label(re.compile("^Customer, file")).fill("refused")
    page.wait_for_url("**/jobs?q=refused**")
    page.get_by_role("link", name="Failed", exact=True).click()
    page.wait_for_url(re.compile("show=failed"))
    expect(page.get_by_label(re.compile("^Customer, file"))).to_have_value("refused")
    page.go_back()
    expect(page.get_by_label(re.compile("^Customer, file"))).to_have_value("refused")
    expect(page.get_by_role("link", name="All", exact=True)).to_have_attribute(
        "aria-current", "page"
    )
