"""Files on their way: each has a bar, can be stopped, and says what became of it."""

import re
import secrets
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from tests.browser.conftest import Opens
from tests.browser.house import House
from webapp.accounts.models import Role
from webapp.documents.models import Document

MEGABYTE = 1024 * 1024


def file_of(folder: Path, name: str, size: int = 2_000) -> Path:
    """Write a file that nobody has uploaded before."""
    path = folder / name
    path.write_bytes(secrets.token_bytes(16) + b"x" * size)
    return path


def slow(page: Page, bytes_a_second: int) -> None:
    """Let the line be slow, as seen by the browser."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1,
         "uploadThroughput": bytes_a_second},
    )  # fmt: skip


def row(page: Page, name: str) -> Locator:
    """Return the line of a file; the newest of its name."""
    return page.locator("#upload-list li", has_text=name).last


def kept(house: House, name: str) -> list[Any]:
    def ask(session: Any) -> list[Any]:
        return list(session.scalars(select(Document).where(Document.filename == name)))

    return list(house.stack.look(ask))


def test_a_file_that_is_uploaded_alone_leads_to_its_page(
    house: House, opens: Opens, tmp_path: Path
) -> None:
    page = opens(Role.OPERATOR, at="/documents/new")
    page.get_by_label("Choose files, or drop them here").set_input_files(
        file_of(tmp_path, "Alone.txt")
    )

    page.wait_for_url(re.compile(r"/documents/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Alone.txt")
    assert len(kept(house, "Alone.txt")) == 1


def test_many_are_sent_one_after_the_other_each_with_a_bar_and_can_be_stopped(
    house: House, opens: Opens, tmp_path: Path
) -> None:
    page = opens(Role.OPERATOR, at="/documents/new")
    slow(page, 2 * MEGABYTE)
    large, stopped, small = (
        file_of(tmp_path, "Large.bin", 40 * MEGABYTE),
        file_of(tmp_path, "Stopped.bin", MEGABYTE),
        file_of(tmp_path, "Small.txt"),
    )
    page.locator("#file").set_input_files([large, stopped, small])

    bar = row(page, "Large.bin").get_by_role("progressbar", name="Upload of Large.bin")
    expect(bar).to_be_visible()
    page.wait_for_function("(bar) => bar.value > 0.02 && bar.value < 1", arg=bar.element_handle())
    expect(row(page, "Large.bin")).to_contain_text(re.compile(r"of 40 MB"))
    expect(row(page, "Small.txt")).to_contain_text("Waiting")
    page.get_by_role("button", name="Cancel Stopped.bin").click()
    page.get_by_role("button", name="Cancel Large.bin").click()

    expect(row(page, "Large.bin")).to_contain_text("Cancelled. Nothing was kept.")
    expect(row(page, "Small.txt")).to_contain_text("It is stored, and is being read now.")
    expect(page.get_by_role("link", name="Open Small.txt")).to_be_visible()
    assert (kept(house, "Large.bin"), kept(house, "Stopped.bin")) == ([], [])
    page.get_by_role("button", name="Try again Stopped.bin").click()
    expect(row(page, "Stopped.bin")).to_contain_text("It is stored, and is being read now.")
    page.locator("#file").set_input_files(small)
    expect(row(page, "Small.txt")).to_contain_text("This file is here already.")
    expect(page.get_by_role("link", name="See how far they are")).to_be_visible()


def test_a_file_that_is_too_large_is_not_sent_and_stops_no_other(
    house: House, opens: Opens, tmp_path: Path
) -> None:
    page = opens(Role.OPERATOR, at="/documents/new")
    page.locator("form[data-upload]").evaluate("(form) => { form.dataset.most = 100000; }")
    page.locator("#file").set_input_files(
        [file_of(tmp_path, "Too large.bin", 200_000), file_of(tmp_path, "Fits.txt")]
    )

    expect(row(page, "Too large.bin").get_by_role("alert")).to_contain_text("This is larger than")
    expect(page.get_by_role("button", name="Try again Too large.bin")).to_be_hidden()
    expect(row(page, "Fits.txt")).to_contain_text("It is stored, and is being read now.")
    assert kept(house, "Too large.bin") == []


def test_files_are_dropped_anywhere_and_folders_are_not_taken(house: House, opens: Opens) -> None:
    page = opens(Role.OPERATOR, at="/documents/new")
    drop = """(names) => {
      const data = new DataTransfer();
      names.forEach((name) => data.items.add(new File([name, Math.random()], name)));
      for (const what of ["dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(what, { bubbles: true, cancelable: true, dataTransfer: data }));
      }
    }"""
    page.evaluate(drop, ["Dropped one.txt", "Dropped\u202etwo.txt"])

    expect(row(page, "Dropped one.txt")).to_contain_text("It is stored")
    expect(row(page, "Dropped two.txt")).to_contain_text("It is stored")
    assert len(kept(house, "Dropped two.txt")) == 1


def test_with_keys_alone_a_file_is_chosen(house: House, opens: Opens, tmp_path: Path) -> None:
    page = opens(Role.OPERATOR)
    page.on(
        "filechooser", lambda _: None
    )  # is listened for from now on, not first as the key is pressed
    page.goto("/documents/new")
    page.get_by_role("link", name="Back to the list").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#file")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(file_of(tmp_path, "By keys.txt"))

    page.wait_for_url(re.compile(r"/documents/\d+$"))


def test_another_file_takes_the_place_of_one(house: House, opens: Opens, tmp_path: Path) -> None:
    page = opens(Role.OPERATOR, at="/documents/new")
    older = file_of(tmp_path, "Older.txt")
    page.locator("#file").set_input_files(older)
    page.wait_for_url(re.compile(r"/documents/\d+$"))
    where = page.url
    page.goto(f"{where}/replace")
    page.get_by_label("Choose the new file, or drop it here").set_input_files(older)
    expect(row(page, "Older.txt")).to_contain_text("Nothing has changed.")
    page.locator("#file").set_input_files(file_of(tmp_path, "Newer.txt"))

    page.wait_for_url(where)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Newer.txt")
    assert kept(house, "Older.txt") == []


def test_without_a_script_it_is_a_plain_form(house: House, opens: Opens, tmp_path: Path) -> None:
    page = opens(Role.OPERATOR, at="/documents/new", java_script_enabled=False)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a file.")
    files = [file_of(tmp_path, "Plain one.txt"), file_of(tmp_path, "Plain two.txt")]
    page.get_by_label("Files").set_input_files(files)
    page.get_by_role("button", name="Upload").click()

    page.wait_for_url("**/knowledge")
    assert len(kept(house, "Plain one.txt")) == len(kept(house, "Plain two.txt")) == 1
    page.goto("/documents/new")
    page.get_by_label("Files").set_input_files([files[0], file_of(tmp_path, "Plain three.txt")])
    page.get_by_role("button", name="Upload").click()
    expect(row(page, "Plain one.txt")).to_contain_text("This file is here already.")
    expect(page.get_by_role("link", name="Open Plain three.txt")).to_be_visible()
