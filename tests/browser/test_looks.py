"""Every page, light and dark, wide and narrow: axe finds nothing, and nothing hangs out."""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

from tests.browser.conftest import Opens
from tests.browser.house import House
from tests.browser.pages import LONG_NAME, desk_pages, public_pages, work_pages
from webapp.accounts.models import Role

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, PHONE = {"width": 1366, "height": 900}, {"width": 390, "height": 844}
NARROW = {"width": 360, "height": 780}
LOOKS = [(size, colours) for size in (WIDE, PHONE) for colours in ("light", "dark")]
AXE = AXE_FILE_PATH.read_text(encoding="utf-8")
FIND = """(rules) => axe.run(document, {runOnly: rules, resultTypes: ["violations"]})
  .then(({violations}) => violations.flatMap((one) => one.nodes.map((node) =>
    `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 200)}`)))"""


def test_nobody_is_kept_out_of_a_page_of_the_desk(house: House, opens: Opens) -> None:
    booking = house.confirmed(LONG_NAME)
    job = house.job(booking)
    page = opens(Role.ADMIN)
    assert objections(page, desk_pages(house, booking)) == {}
    house.finish(job)


def test_nobody_is_kept_out_of_where_work_is_watched(house: House, opens: Opens) -> None:
    page = opens(Role.ADMIN)
    paths = work_pages(house, house.confirmed(LONG_NAME))
    assert objections(page, paths, [(PHONE, "dark")]) == {}
    page.set_viewport_size(NARROW)
    assert {path: width for path in paths if (width := overhang(page, path)) > 0} == {}


def test_nobody_is_kept_out_of_a_public_page(house: House, opens: Opens) -> None:
    held, done = house.booking(LONG_NAME), house.confirmed(LONG_NAME)
    paths = [*public_pages(house, held), f"/booked/{done.token}"]
    assert objections(opens(), paths) == {}


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_nobody_is_kept_out_of_what_opens(house: House, opens: Opens, colours: str) -> None:
    booking = house.booking(LONG_NAME)
    job = house.job(booking)
    page = opens(Role.ADMIN, color_scheme=colours, at=f"/bookings/{booking.id}")
    for fold in page.locator("main details summary").all():
        fold.click()
    page.locator("details.user-menu summary").click()
    assert found(page) == []
    page.locator("details.user-menu summary").click()
    page.get_by_role("button", name="Confirm by hand").click()
    assert found(page) == []
    house.finish(job)


def test_no_page_is_wider_than_the_smallest_phone(house: House, opens: Opens) -> None:
    booking = house.confirmed(LONG_NAME)
    page = opens(Role.ADMIN, viewport=NARROW)
    paths = [*desk_pages(house, booking), *public_pages(house, booking)]
    assert {path: width for path in paths if (width := overhang(page, path)) > 0} == {}


def test_a_page_at_twice_its_size_needs_no_pushing_sideways(house: House, opens: Opens) -> None:
    booking = house.confirmed(LONG_NAME)
    half = {"width": 683, "height": 450}  # what 200 % zoom leaves of 1366 by 900
    page = opens(Role.ADMIN, viewport=half, device_scale_factor=2)
    paths = ["/", "/bookings", f"/bookings/{booking.id}", "/messages", "/jobs", "/people/new"]
    assert {path: width for path in paths if (width := overhang(page, path)) > 0} == {}


def objections(page: Page, paths: list[str], looks: Any = LOOKS) -> dict[str, list[str]]:
    """Return what axe finds, by page and look; an empty dictionary is praise."""
    said = {}
    for path in paths:
        page.goto(path)
        for size, colours in looks:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=colours, reduced_motion="reduce")
            if problems := found(page):
                said[f"{path} {size['width']} {colours}"] = problems
    return said


def found(page: Page) -> list[str]:
    """Return what axe objects to on the page as it is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)  # by the debugger: the page's own policy stays as it is
    problems: list[str] = page.evaluate(FIND, RULES)
    return problems


def overhang(page: Page, path: str) -> int:
    """Return by how many pixels a page is wider than its window."""
    page.goto(path)
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
