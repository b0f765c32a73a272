"""The browser itself."""

from playwright.sync_api import Page, expect


def test_a_real_chromium_opens_a_page(page: Page) -> None:
    page.set_content("<h1>Front desk</h1>")
    expect(page.get_by_role("heading", name="Front desk")).to_be_visible()
