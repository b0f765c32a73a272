"""Everything can be done with the keyboard alone, and one always sees where one is."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Opens
from tests.browser.house import House
from tests.browser.test_the_whole_way import PASSWORD
from webapp.accounts import passwords
from webapp.accounts.models import Role, User

FAR = 80  # no page has more stops than that before what one looks for


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus; it must be seen to have it."""
    for _ in range(FAR):
        page.keyboard.press("Tab")
        if wanted.evaluate("(node) => node === document.activeElement"):
            assert outlined(page), f"{wanted} has the focus, but nobody can see it"
            return
    raise AssertionError(f"{wanted} cannot be reached by the keyboard")


def outlined(page: Page) -> bool:
    """Say whether what has the focus looks other than without it."""
    return bool(
        page.evaluate(
            """() => {
              const node = document.activeElement;
              const look = (style) => [style.outlineStyle, style.outlineWidth, style.boxShadow,
                style.borderColor].join();
              const focused = look(getComputedStyle(node));
              node.blur();
              const plain = look(getComputedStyle(node));
              node.focus({focusVisible: true, preventScroll: true});
              return focused !== plain;
            }"""
        )
    )


def test_signing_in_confirming_and_cancelling_need_no_mouse(house: House, opens: Opens) -> None:
    house.add(
        User(name="Kay Board", email="kay@desk.example", role=Role.OPERATOR,
             password_hash=passwords.hashed(PASSWORD))
    )  # fmt: skip
    booking = house.booking("Tabitha Keys")
    page = opens(at="/sign-in")
    tab_to(page, page.get_by_label("E-mail"))
    page.keyboard.type("kay@desk.example")
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")

    page.goto(f"/bookings/{booking.id}")
    tab_to(page, page.get_by_role("button", name="Confirm by hand"))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Confirm by hand")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, dialog.get_by_role("button", name="Confirm by hand"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Confirmed.")

    tab_to(page, page.get_by_role("link", name="Cancel the booking"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label(re.compile("What becomes of the money")))
    page.keyboard.type("Nothing was paid.")
    tab_to(page, page.get_by_role("button", name="Cancel the booking"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Cancelled.")
    expect(page.locator("#booking .state").first).to_have_text("Cancelled")


def test_the_first_stop_skips_the_menu(house: House, opens: Opens) -> None:
    page = opens(Role.VIEWER, at="/jobs")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_escape_closes_the_user_menu_and_gives_the_focus_back(house: House, opens: Opens) -> None:
    page = opens(Role.VIEWER, at="/")
    menu = page.locator("details.user-menu")
    tab_to(page, menu.locator("summary"))
    page.keyboard.press("Enter")
    tab_to(page, menu.get_by_role("button", name="Dark"))
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_the_menu_of_a_phone_opens_by_the_keyboard(house: House, opens: Opens) -> None:
    page = opens(Role.VIEWER, at="/", viewport={"width": 390, "height": 800})
    toggle = page.get_by_role("button", name="Menu")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    tab_to(page, toggle)
    page.keyboard.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    tab_to(page, page.get_by_role("link", name="Messages").first)
