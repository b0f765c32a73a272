"""A page that brings itself up to date, and leaves alone what the person is doing."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Opens
from tests.browser.house import House
from tests.browser.watching import Polls
from webapp.accounts.models import Role
from webapp.clock import now
from webapp.jobs.models import Job, JobState

SOME_POLLS = 3
SILENCE_MS = 3_000  # three times the quickest interval


def after_polls(page: Page, polls: Polls, count: int = SOME_POLLS) -> None:
    """Wait until the page has asked so often."""
    wanted = len(polls) + count
    while len(polls) < wanted:
        page.wait_for_event("response", lambda response: "seen=" in response.url)


def test_a_job_goes_from_waiting_over_working_to_done_before_the_eyes(
    house: House, opens: Opens
) -> None:
    booking = house.confirmed()
    job = house.job(booking, state=JobState.PENDING, total=None, done=0, note=None)
    page = opens(Role.OPERATOR, at=f"/bookings/{booking.id}")
    badge = page.locator(".job [data-state]")
    expect(badge).to_have_attribute("data-state", "PENDING")
    house.get_on(job, state=JobState.PROGRESS, total=5, done=2, note="Writing the second one.")
    expect(badge).to_have_attribute("data-state", "PROGRESS")
    bar = page.get_by_role("progressbar", name="Tell the customer, progress")
    expect(bar).to_have_attribute("value", "2")
    expect(bar).to_have_attribute("max", "5")
    expect(page.locator(".job")).to_contain_text("2 of 5")
    house.get_on(job, done=4)
    expect(bar).to_have_attribute("value", "4")
    house.finish(job)
    expect(badge).to_have_attribute("data-state", "SUCCESS")
    expect(bar).to_have_count(0)


def test_asking_ends_when_everything_has_ended(house: House, opens: Opens) -> None:
    booking = house.confirmed()
    job = house.job(booking)
    page = opens(Role.OPERATOR, at=f"/bookings/{booking.id}")
    polls = Polls(page)
    after_polls(page, polls)
    house.finish(job)
    expect(page.locator("#booking")).not_to_have_attribute("hx-trigger", re.compile("."))
    asked = len(polls)
    page.wait_for_timeout(SILENCE_MS)
    assert len(polls) == asked


def test_a_finished_job_has_a_page_that_does_not_ask(house: House, opens: Opens) -> None:
    job = house.job(house.confirmed())
    house.finish(job)
    page = opens(Role.VIEWER, at=f"/jobs/{job}")
    expect(page.locator("#job")).to_be_visible()
    assert page.locator("[hx-trigger*=every]").count() == 0


def test_a_poll_without_news_is_an_empty_answer(house: House, opens: Opens) -> None:
    booking = house.confirmed()
    job = house.job(booking)
    page = opens(Role.OPERATOR, at=f"/bookings/{booking.id}")
    polls = Polls(page)
    after_polls(page, polls)
    assert set(polls.statuses) == {204}
    house.finish(job)


def test_an_update_leaves_focus_form_fold_scroll_and_nodes_as_they_are(
    house: House, opens: Opens
) -> None:
    booking = house.confirmed()
    job = house.job(booking)
    page = opens(
        Role.OPERATOR, at=f"/bookings/{booking.id}", viewport={"width": 1366, "height": 400}
    )
    history = page.locator(".job-history")
    history.locator("summary").click()
    page.evaluate(
        """() => {
          const form = document.createElement("form");
          form.innerHTML = '<label>Note <input id="half" value=""></label>';
          document.querySelector("#booking").append(form);
          document.querySelector(".job").marked = true;
        }"""
    )
    page.get_by_label("Note").press_sequentially("half a sen")
    link = page.get_by_role("link", name="Cancel the booking")
    link.focus()
    page.evaluate("scrollTo(0, 150)")
    house.get_on(job, done=3, note="Writing the third one.")
    expect(page.locator(".job-note")).to_have_text("Writing the third one.")
    expect(link).to_be_focused()
    expect(page.locator("#half")).to_have_value("half a sen")
    expect(history).to_have_attribute("open", "")
    assert page.evaluate("scrollY") == 150
    assert page.locator(".job").evaluate("(node) => node.marked")  # morphed, not replaced
    house.finish(job)


def test_an_open_question_stays_open_while_the_page_changes(house: House, opens: Opens) -> None:
    booking = house.booking()
    job = house.job(booking)
    page = opens(Role.OPERATOR, at=f"/bookings/{booking.id}")
    page.get_by_role("button", name="Confirm by hand").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    house.get_on(job, note="Writing the fourth one.")
    expect(page.locator(".job-note")).to_have_text("Writing the fourth one.")
    expect(dialog).to_be_visible()
    house.finish(job)


def test_a_tab_that_nobody_sees_is_silent_and_asks_when_it_is_seen_again(
    house: House, opens: Opens
) -> None:
    booking = house.confirmed()
    job = house.job(booking)
    page = opens(Role.OPERATOR, at=f"/bookings/{booking.id}")
    polls = Polls(page)
    after_polls(page, polls, 1)
    be_hidden(page, hidden=True)
    page.wait_for_timeout(500)  # what was under way when it was hidden
    asked = len(polls)
    page.wait_for_timeout(SILENCE_MS)
    assert len(polls) == asked
    house.get_on(job, note="Nobody has seen this yet.")
    be_hidden(page, hidden=False)
    expect(page.locator(".job-note")).to_have_text("Nobody has seen this yet.")
    house.finish(job)


def be_hidden(page: Page, *, hidden: bool) -> None:
    """Let the page believe that another tab is in front of it; a headless browser has none."""
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_five_failures_stop_the_asking_until_somebody_tries_again(
    house: House, opens: Opens
) -> None:
    booking = house.confirmed()
    job = house.job(booking)
    page = opens(Role.OPERATOR, watched=False)  # htmx says in the console what cannot be reached
    page.clock.install()
    page.goto(f"/bookings/{booking.id}")
    lost = page.locator("#connection-lost")
    expect(lost).to_be_hidden()
    asked = []

    def no_answer(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    page.route("**/bookings/*seen=*", no_answer)
    for _ in range(120):  # the pauses double: a minute and a half of the page's own time
        page.clock.run_for(1_000)
        if lost.is_visible():
            break
    expect(lost).to_contain_text("Connection lost")
    assert len(asked) == 5
    page.clock.run_for(60_000)
    assert len(asked) == 5
    page.unroute("**/bookings/*seen=*")
    house.get_on(job, note="We are back.")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".job-note")).to_have_text("We are back.")
    expect(lost).to_be_hidden()
    house.finish(job)


def test_milestones_are_said_aloud_once_and_progress_is_not(house: House, opens: Opens) -> None:
    booking = house.confirmed()
    job = house.job(booking)
    page = opens(Role.OPERATOR, at=f"/bookings/{booking.id}")
    announcer = page.locator("#announcer")
    expect(announcer).to_have_attribute("aria-live", "polite")
    house.get_on(job, done=3, note="Writing the third one.")
    expect(page.locator(".job-note")).to_have_text("Writing the third one.")
    assert announcer.inner_text() == ""
    house.finish(job)
    expect(announcer).to_have_text("Tell the customer: Done")


def test_a_page_that_asked_long_in_vain_asks_less_often(house: House, opens: Opens) -> None:
    booking = house.confirmed()
    job = house.job(booking)
    page = opens(Role.OPERATOR)
    page.clock.install()
    page.goto(f"/bookings/{booking.id}")
    region = page.locator("#booking")
    expect(region).to_have_attribute("hx-trigger", re.compile("every 1000ms"))
    with house.stack.session() as session:  # an old job that is still at work
        row = session.get(Job, job)
        assert row is not None
        row.created_at = now().replace(year=2025)
        session.commit()
    until = re.compile(r"until=\d+")
    page.route(
        "**/*seen=*",
        lambda route: route.continue_(url=until.sub("until=1", route.request.url)),
    )
    page.clock.run_for(2_000)
    expect(region).to_have_attribute("hx-trigger", re.compile("every 10000ms"))
    house.finish(job)


def test_the_window_goes_to_the_sign_in_when_the_session_has_ended(
    house: House, opens: Opens
) -> None:
    booking = house.confirmed()
    job = house.job(booking)
    page = opens(Role.OPERATOR, at=f"/bookings/{booking.id}")
    page.context.clear_cookies()
    page.wait_for_url("**/sign-in**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    house.finish(job)
