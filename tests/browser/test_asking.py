"""A question is asked of what was uploaded, and its answer is followed to the place where it stands."""

import re
import secrets

from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE_MS, Opens
from tests.browser.test_documents import upload
from webapp.accounts.models import Role


def test_a_question_is_answered_and_the_answer_leads_to_its_place(opens: Opens) -> None:
    code = f"quarzel{secrets.token_hex(3)}"  # no other document of the house has this word
    page = opens(Role.OPERATOR, at="/documents/new")
    text = f"House rules.\n\nBicycles are kept behind the {code} gate.\n\nDogs are welcome.\n"
    upload(page, f"{code} rules.txt", text.encode())
    page.wait_for_url(re.compile(r"/documents/\d+$"))
    expect(page.locator("main .facts [data-state='source-ready']")).to_be_visible(
        timeout=PATIENCE_MS
    )

    page.goto("/knowledge/ask")
    expect(page.get_by_label("Ask or search")).to_be_focused()
    page.keyboard.type(f"Where is the {code} gate?")
    page.keyboard.press("Enter")
    answer = page.get_by_role("region", name="Answer")
    expect(answer).to_contain_text(f"Bicycles are kept behind the {code} gate.")
    answer.get_by_role("link", name=f"{code} rules.txt").click()

    expect(page.locator("mark#passage")).to_be_in_viewport()
    expect(page.locator("mark#passage")).to_contain_text("Bicycles are kept")
    page.go_back()
    expect(page.get_by_label("Ask or search")).to_have_value(f"Where is the {code} gate?")
    expect(answer).to_be_visible()


def test_what_stands_nowhere_is_said_to_be_unknown(opens: Opens) -> None:
    page = opens(Role.VIEWER, at=f"/knowledge/ask?q=What+is+a+{secrets.token_hex(6)}%3F")
    expect(page.locator("#ask-results, .empty-state").first).to_contain_text(
        re.compile("Not known|Nothing found|Nothing is known yet")
    )
