"""A document from the drop to its passages, as somebody at the desk sees it."""

import re
import secrets

from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_MS, Opens
from tests.browser.test_looks import objections
from tests.documents import making
from webapp.accounts.models import Role

LONG = "A price list with a name as long as some people like to have it, " * 3


def test_a_file_is_dropped_watched_read_and_shown_with_its_passages(opens: Opens) -> None:
    page = opens(Role.OPERATOR, at="/documents/new")
    name = f"{LONG}{secrets.token_hex(3)}.pdf"
    upload(page, name, making.pdf(making.pages(12, what=secrets.token_hex(4))))

    page.wait_for_url(re.compile(r"/documents/\d+$"))
    expect(page.locator("main .facts [data-state='source-ready']")).to_be_visible(
        timeout=PATIENCE_MS
    )
    page.get_by_role("link", name="See its text").click()
    expect(page.locator("article.text-shown")).to_contain_text("towels of the colour")
    page.get_by_role("link", name="Next").first.click()
    expect(page.locator(".text-place").first).to_have_text("Page 2, 2 of 12")
    page.get_by_role("link", name="Passages").click()
    page.get_by_role("link", name="Passage 3").click()
    expect(page.locator("mark#passage")).to_be_in_viewport()


def test_a_file_that_cannot_be_read_says_why_and_what_to_do(opens: Opens) -> None:
    page = opens(Role.OPERATOR, at="/documents/new")
    upload(page, "scan.pdf", b"%PDF-1.4\n" + secrets.token_bytes(400))

    page.wait_for_url(re.compile(r"/documents/\d+$"))
    failed = page.locator("main .notice-bad")
    expect(failed).to_be_visible(timeout=PATIENCE_MS)
    assert len(failed.inner_text().splitlines()) >= 2, "a sentence, and what to do"
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.wait_for_url("**/knowledge")


def test_the_same_file_again_leads_to_the_document_that_is_there(opens: Opens) -> None:
    page = opens(Role.OPERATOR, at="/documents/new")
    content = f"The code of the day is {secrets.token_hex(8)}.\n".encode()
    upload(page, "code.txt", content)
    page.wait_for_url(re.compile(r"/documents/\d+$"))
    there = page.url

    page.goto("/documents/new")
    upload(page, "the same.txt", content)

    item = page.locator(".upload-item")
    expect(item).to_contain_text("code.txt", timeout=PATIENCE_MS)
    item.get_by_role("link", name="Open").click()
    expect(page).to_have_url(there)


def test_nobody_is_kept_out_of_what_is_known(opens: Opens) -> None:
    page = opens(Role.ADMIN, at="/documents/new")
    upload(
        page, f"{LONG}.md", f"# Rules\n\nNobody smokes in room {secrets.token_hex(4)}.\n".encode()
    )
    page.wait_for_url(re.compile(r"/documents/\d+$"))
    document = page.url
    expect(page.locator("main .facts [data-state='source-ready']")).to_be_visible(
        timeout=PATIENCE_MS
    )
    text = page.get_by_role("link", name="See its text").get_attribute("href") or ""
    passages = page.get_by_role("link", name="Passages").get_attribute("href") or ""

    paths = ["/knowledge", "/knowledge?q=zzz", "/documents/new", document, text, passages]
    assert objections(page, [*paths, f"{document}/name", f"{document}/replace"]) == {}


def test_a_document_is_uploaded_without_any_script(opens: Opens) -> None:
    page = opens(Role.OPERATOR, at="/documents/new", java_script_enabled=False)
    content = f"Breakfast is served from seven, says {secrets.token_hex(8)}.\n".encode()
    page.locator("input[type=file]").set_input_files(
        [{"name": "breakfast.txt", "mimeType": "text/plain", "buffer": content}]
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("main")).to_contain_text("breakfast.txt")


def upload(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content}]
    )
