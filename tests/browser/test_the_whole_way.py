"""From the link that the terminal prints to the messages on the customer's phone."""

import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import text

from tests.browser.conftest import PATIENCE_MS
from tests.browser.watching import Polls, Watch
from tests.live import ROOT, wait_for
from tests.stack import Stack, release

if TYPE_CHECKING:
    from tests.services import Kind, NewDatabase

PASSWORD = "four plain words here"


@pytest.fixture(params=["sqlite", "postgres"])
def fresh(
    request: pytest.FixtureRequest,
    new_database: "NewDatabase",
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """Return a product that nobody has ever used."""
    kind: Kind = request.param
    stack = Stack(tmp_path_factory.mktemp("fresh"), new_database(kind, release))
    try:
        stack.open()
        stack.whole()
        yield stack
    finally:
        stack.close()


def test_a_newcomer_gets_from_the_setup_link_to_delivered_messages(
    fresh: Stack, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    watch = Watch(fresh.url, fresh.sandbox.url)
    admin, customer = (
        a_context(browser, {**browser_context_args, "base_url": fresh.url}, watch) for _ in range(2)
    )
    desk = admin.new_page()
    desk.goto(setup_link(fresh))
    makes_the_first_account(desk)
    public = customer.new_page()
    chooses_a_time(public)
    tells_who_comes(public)
    beside = admin.new_page()
    opens_the_booking(beside)
    watches = Polls(beside)
    seen = states_shown(beside)
    with paused(fresh):  # so that nobody is too quick for the eye
        pays(public)
        expect(public.get_by_role("heading", level=1)).to_have_text("It is booked")
        shows_the_job(beside, "PENDING")
    shows_the_job(beside, "SUCCESS")
    sees_everything_arrive(beside)
    assert len(watches) > 0
    assert set(seen()) >= {"held", "confirmed", "PENDING", "SUCCESS", "delivered", "sent"}
    assert beside.evaluate("performance.getEntriesByType('navigation').length") == 1
    the_phone_and_the_mailbox_have_them(admin.new_page(), fresh)
    assert watch.problems == []


def a_context(browser: Browser, settings: dict[str, Any], watch: Watch) -> BrowserContext:
    context = browser.new_context(**settings)
    context.set_default_timeout(PATIENCE_MS)
    watch.over(context)
    return context


def setup_link(stack: Stack) -> str:
    ended = subprocess.run(
        ["flask", "--app", "wsgi", "setup-link"],
        cwd=ROOT,
        env=stack.env,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.strip()


def makes_the_first_account(page: Page) -> None:
    page.get_by_label("Name").fill("Ada Example")
    page.get_by_label("E-mail").fill("ada@desk.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    page.get_by_role("link", name="Services").click()
    expect(page.get_by_role("link", name="Consultation").first).to_be_visible()


def chooses_a_time(page: Page) -> None:
    page.goto("/book")
    page.get_by_role("link", name="Consultation").click()
    page.locator(".slots a").first.click()


def tells_who_comes(page: Page) -> None:
    page.get_by_label("Your name").fill("Asha Rao")
    page.get_by_label("Telephone").fill("98123 45678")
    page.get_by_label("E-mail").fill("asha.rao@example.com")
    page.get_by_role("button", name="Go on to payment").click()
    expect(page.get_by_role("button", name="Pay")).to_be_visible(timeout=PATIENCE_MS)


def opens_the_booking(page: Page) -> None:
    page.goto("/bookings")
    page.get_by_role("link", name="Asha Rao").first.click()
    expect(page.locator("#booking .state").first).to_have_text("Held")


def states_shown(page: Page) -> Any:
    """Note every state that the page ever shows."""
    page.evaluate(
        """() => {
          window.shown = new Set();
          const look = () => document.querySelectorAll("[data-state]")
            .forEach((badge) => window.shown.add(badge.dataset.state));
          new MutationObserver(look).observe(document.body,
            {subtree: true, childList: true, attributes: true, characterData: true});
          look();
        }"""
    )
    return lambda: page.evaluate("[...window.shown]")


def pays(page: Page) -> None:
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("button", name=re.compile("^Pay")).first.click()
    page.wait_for_url("**/booked/**")


@contextmanager
def paused(stack: Stack) -> Iterator[None]:
    """Hold the worker still, but in no transaction: nobody else could write meanwhile."""
    group = stack.worker.process.pid

    def held() -> bool:
        os.killpg(group, signal.SIGSTOP)
        wait_for(lambda: all(stands_still(pid) for pid in stack.worker.members()))
        if nobody_writes(stack):
            return True
        os.killpg(group, signal.SIGCONT)
        return False

    try:
        wait_for(held)
        yield
    finally:
        os.killpg(stack.worker.process.pid, signal.SIGCONT)


def stands_still(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_STOPPED


def nobody_writes(stack: Stack) -> bool:
    if stack.engine.dialect.name == "postgresql":
        begun = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        open_ = text(f"{begun} AND xact_start IS NOT NULL")
        return not stack.look(lambda session: session.scalar(open_))
    with closing(sqlite3.connect(stack.engine.url.database or "", timeout=1)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.rollback()
    return True


def shows_the_job(page: Page, state: str) -> None:
    job = page.locator(".job", has_text="Tell the customer")
    expect(job.locator("[data-state]")).to_have_attribute("data-state", state, timeout=PATIENCE_MS)


def sees_everything_arrive(page: Page) -> None:
    for channel, state in (("SMS", "delivered"), ("WhatsApp", "delivered"), ("E-mail", "sent")):
        message = page.locator(".message-item", has_text=f"{channel} to")
        expect(message.locator("[data-state]")).to_have_attribute(
            "data-state", state, timeout=PATIENCE_MS
        )
    expect(page.locator("#booking")).not_to_have_attribute("hx-trigger", re.compile("."))


def the_phone_and_the_mailbox_have_them(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.sandbox.url}/phone")
    page.get_by_role("link", name=re.compile("98123")).first.click()
    for channel in ("SMS", "WhatsApp"):
        thread = page.get_by_role("list", name=re.compile(f"^{channel} of"))
        expect(thread.get_by_text(re.compile("Consultation on .* is booked"))).to_be_visible()
    page.goto(f"{stack.sandbox.url}/mail")
    page.get_by_role("link", name=re.compile("Booked: Consultation")).click()
    expect(page.locator("body")).to_contain_text("asha.rao@example.com")
