"""Everything works in a browser that runs no script."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Opens
from tests.browser.house import House
from tests.browser.pages import desk_pages
from webapp.accounts.models import Role

NO_SCRIPT: dict[str, Any] = {"java_script_enabled": False}


def test_a_customer_books_and_pays_without_any_script(house: House, opens: Opens) -> None:
    page = opens(at=f"/book/{house.service()}", **NO_SCRIPT)
    page.locator(".slots a").nth(4).click()
    page.get_by_label("Your name").fill("Plain Pete")
    page.get_by_label("E-mail").fill("pete@example.org")
    page.get_by_role("button", name="Go on to payment").click()
    # The page looks again by itself until the payment can be made.
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("button", name=re.compile("^Pay")).first.click()
    back = page.get_by_role("button", name=re.compile("Back|Return|Continue", re.IGNORECASE))
    expect(page.get_by_role("heading", level=1).or_(back).first).to_be_visible()
    if "/booked/" not in page.url:
        back.first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("It is booked")


def test_the_desk_works_without_any_script(house: House, opens: Opens) -> None:
    booking = house.confirmed()
    page = opens(Role.ADMIN, **NO_SCRIPT)
    for path in desk_pages(house, booking):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def test_the_desk_confirms_cancels_and_searches_without_any_script(
    house: House, opens: Opens
) -> None:
    booking = house.booking("Scripta Manent")
    page = opens(Role.OPERATOR, at="/bookings", **NO_SCRIPT)
    page.get_by_label("Name, number or reference").fill("Scripta")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Scripta Manent").click()
    page.get_by_role("button", name="Confirm by hand").click()
    expect(page.locator("main")).to_contain_text("Confirmed. The customer is being told.")
    page.get_by_role("link", name="Cancel the booking").click()
    page.get_by_label(re.compile("What becomes of the money")).fill("You get it back.")
    page.get_by_role("button", name="Cancel the booking").click()
    expect(page.locator("main")).to_contain_text("Cancelled. The customer is being told.")
    assert page.url.endswith(f"/bookings/{booking.id}")


def test_a_live_page_reloads_itself_without_script_and_stops_when_all_is_done(
    house: House, opens: Opens
) -> None:
    booking = house.confirmed()
    job = house.job(booking)
    page = opens(Role.VIEWER, at=f"/bookings/{booking.id}", **NO_SCRIPT)
    assert refreshes(page)
    house.finish(job)
    page.reload()
    assert not refreshes(page)


def refreshes(page: Page) -> bool:
    return 'http-equiv="refresh"' in page.content()
