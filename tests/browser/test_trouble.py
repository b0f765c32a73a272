"""When something goes wrong, the pages say what, who can mend it, and with which button."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PATIENCE_MS, Opens
from tests.browser.house import House
from tests.live import wait_for
from webapp.accounts.models import Role
from webapp.bookings.models import Booking


def confirm(page: Page, booking: Booking) -> None:
    """Confirm by hand, which tells the customer by every channel."""
    page.goto(f"/bookings/{booking.id}")
    page.get_by_role("button", name="Confirm by hand").click()
    page.get_by_role("dialog").get_by_role("button", name="Confirm by hand").click()
    expect(page.locator(".job", has_text="Tell the customer")).to_be_visible()


def message(page: Page, channel: str) -> Locator:
    return page.locator(".message-item", has_text=f"{channel} to")


def state(page: Page, channel: str, wanted: str) -> None:
    badge = message(page, channel).locator("[data-state]")
    expect(badge).to_have_attribute("data-state", wanted, timeout=PATIENCE_MS)


def test_without_redis_a_click_still_counts_and_is_done_when_redis_is_back(
    house: House, opens: Opens
) -> None:
    page = opens(Role.OPERATOR)
    house.stack.valkey.kill()
    try:
        wait_for(lambda: page.goto("/jobs") and says(page, "Redis cannot be reached"))
        page.get_by_role("button", name="Test the worker").click()
        badge = page.locator(".job [data-state]")
        expect(badge).to_have_attribute("data-state", "PENDING")
    finally:
        # Celery may end when Redis dies under its hands; whatever runs it starts it again.
        house.stack.whole()
    expect(badge).to_have_attribute("data-state", "SUCCESS", timeout=2 * PATIENCE_MS)
    wait_for(lambda: page.goto("/jobs") and not says(page, "Redis cannot be reached"))


def says(page: Page, words: str) -> bool:
    return words in page.locator("#banners").inner_text()


def test_a_stopped_channel_is_said_everywhere_and_starts_with_one_button(
    house: House, opens: Opens
) -> None:
    house.sandbox.fault(provider="twilio", fault="error", code=20003, status=401)
    page = opens(Role.OPERATOR)
    try:
        confirm(page, house.booking("Stella Stopped"))
        message(page, "SMS").get_by_text("Twilio does not accept").wait_for()
        here = page.url
        page.goto("/")
        expect(page.locator("#banners")).to_contain_text("SMS has stopped")
    finally:
        house.sandbox.ask("/_/faults", method="DELETE")
    page.get_by_role("link", name="Look at it").click()
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("log")).to_contain_text("SMS is sending again.")
    page.goto(here)
    state(page, "SMS", "delivered")
    assert not says(page, "SMS has stopped")


def test_a_refused_message_says_why_and_can_be_sent_again(house: House, opens: Opens) -> None:
    house.sandbox.fault(provider="twilio", fault="error", code=21211, times=1)
    page = opens(Role.OPERATOR)
    confirm(page, house.booking("Rita Refused"))
    state(page, "SMS", "failed")
    expect(message(page, "SMS")).to_contain_text("This is not a phone number that exists.")
    state(page, "WhatsApp", "delivered")
    message(page, "SMS").get_by_role("button", name="Send again").click()
    state(page, "SMS", "delivered")


def test_a_message_whose_fate_nobody_knows_asks_a_person(house: House, opens: Opens) -> None:
    house.sandbox.fault(provider="smtp", fault="lost_answer", times=1)
    page = opens(Role.OPERATOR)
    confirm(page, house.booking("Ursula Unknown"))
    state(page, "E-mail", "unknown")
    mail = message(page, "E-mail")
    expect(mail).to_contain_text("it may or may not have been sent")
    mail.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("dialog")).to_contain_text("It may have arrived already")
    page.keyboard.press("Escape")
    mail.get_by_role("button", name="Leave it").click()
    expect(page.get_by_role("log")).to_contain_text("Left as it is.")
    expect(message(page, "E-mail").get_by_role("button", name="Leave it")).to_have_count(0)


def test_a_failed_job_says_what_to_do_and_runs_again(house: House, opens: Opens) -> None:
    house.sandbox.fault(provider="razorpay", fault="error", code=401, status=401, on="any")
    page = opens(Role.OPERATOR)
    customer = opens(at=f"/book/{house.service()}")
    try:
        customer.locator(".slots a").nth(8).click()
        customer.get_by_label("Your name").fill("Fay Failed")
        customer.get_by_label("E-mail").fill("fay@example.org")
        customer.get_by_role("button", name="Go on to payment").click()
        expect(customer.get_by_role("heading", level=1)).to_have_text(
            "You cannot pay just now", timeout=PATIENCE_MS
        )
    finally:
        house.sandbox.ask("/_/faults", method="DELETE")
    page.goto("/jobs?show=failed")
    page.get_by_role("link", name="Prepare the payment").first.click()
    expect(page.locator(".job [data-state]")).to_have_attribute("data-state", "FAILURE")
    expect(page.locator(".job .job-title")).to_contain_text("refused")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".job [data-state]")).to_have_attribute(
        "data-state", re.compile("SUCCESS"), timeout=PATIENCE_MS
    )
