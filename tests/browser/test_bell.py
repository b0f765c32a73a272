"""The bell of every page: it brings itself up to date, and never gets in anybody's way."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Opens
from tests.browser.house import House
from webapp.accounts.models import Role


def look(page: Page) -> None:
    """Let the page look at its bell, as it does each half minute and when its tab is seen again."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_the_bell_counts_what_comes_while_a_page_is_open(house: House, opens: Opens) -> None:
    house.read_all(Role.OPERATOR)
    page = opens(Role.OPERATOR, at="/customers")
    page.get_by_role("link", name="No unread notices").focus()
    house.tell(Role.OPERATOR, "Done: Write the file")
    look(page)

    bell = page.get_by_role("link", name="1 unread notice")
    expect(bell).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("1 unread notice")
    bell.press("Enter")
    page.get_by_role("button", name="Open").first.click()
    page.wait_for_url("**/jobs")
    expect(page.get_by_role("link", name="No unread notices")).to_be_visible()


def test_the_bell_leads_nobody_away_from_a_form_when_the_session_has_ended(
    house: House, opens: Opens
) -> None:
    page = opens(Role.ADMIN, at="/notices/new", watched=False)
    page.get_by_label("Title").fill("Half of a sentence")
    page.context.clear_cookies()
    with page.expect_response("**/notices/bell*") as answered:
        look(page)

    assert answered.value.status == 401
    page.wait_for_timeout(300)
    expect(page.get_by_label("Title")).to_have_value("Half of a sentence")
