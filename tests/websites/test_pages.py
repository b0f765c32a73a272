"""The pages of a website: what is typed, what is shown, and what can be done."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from tests.contracts.world import HTMX, send
from tests.queues import Queue
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.acting import asking
from webapp.jobs.models import Job
from webapp.knowledge.models import Reading, Source, SourceState
from webapp.websites import ending
from webapp.websites.models import PageState, WebPage, Website

FORM = {
    "url": "Hotel.example/help#top", "name": "", "where": "host", "max_pages": "500",
    "max_depth": "5", "max_minutes": "60", "every_days": "",
}  # fmt: skip


def a_website(name: str = "hotel.example", *, state: SourceState = SourceState.READY) -> Website:
    """Return a website that has been read."""
    source = Source(kind="website", name=name, state=state, read_at=now(), parts=1, chunks=1)
    db.session.add(source)
    db.session.flush()
    website = Website(
        source_id=source.id, url="https://hotel.example/", scope="https://hotel.example/",
        max_pages=500, crawl=1, ended_because="Every page was read.",
    )  # fmt: skip
    db.session.add(website)
    db.session.commit()
    return website


def some_pages(website: Website, number: int) -> None:
    """Give it pages."""
    db.session.add_all(
        WebPage(
            source_id=website.source_id, url=f"https://hotel.example/{at}", crawl=1,
            title=f"Page {at}", state=PageState.READ if at % 2 else PageState.FAILED,
            note=None if at % 2 else "There is no such page (error 404).", links=[],
            fetched_at=now() + timedelta(seconds=at),
        )
        for at in range(number)
    )  # fmt: skip
    db.session.commit()


def words_of(answer: object) -> str:
    page = LexborHTMLParser(answer.text)
    assert page.body
    return " ".join(page.body.text(separator=" ").split())


def test_a_website_is_added_and_asked_to_be_read(otto: FlaskClient, queue: Queue) -> None:
    assert "Read it" in otto.get("/websites/new").text
    answer = send(otto, "/websites", **FORM)
    assert answer.status_code == 303
    website = db.session.scalars(select(Website)).one()
    assert urlsplit(answer.location).path == f"/websites/{website.source_id}"
    assert website.url == "https://hotel.example/help"
    assert website.scope == "https://hotel.example/"
    assert website.any_scheme
    assert website.source.name == "hotel.example/help"
    assert website.source.state == "waiting"
    assert queue.names() == ["websites.crawl"]
    shown = words_of(otto.get(answer.location))
    assert "No pages yet" in shown
    assert "Read the website" in shown


def test_what_lies_below_the_address_is_read_when_that_is_chosen(otto: FlaskClient) -> None:
    send(
        otto, "/websites", **{**FORM, "where": "below", "url": "https://hotel.example/help/a.html"}
    )
    website = db.session.scalars(select(Website)).one()
    assert website.scope == "https://hotel.example/help/"
    assert not website.any_scheme


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "The address is needed"),
        ("hotel example", "not the address of a website"),
        ("ftp://hotel.example/", "http:// or https://"),
        ("mailto:a@hotel.example", "name or password"),
        ("https://user:secret@hotel.example/", "name or password"),
        ("localhost", "not on the public internet"),
        ("http://localhost:5000/", "Port 5000"),
        ("intranet", "not on the public internet"),
        ("printer.local", "not on the public internet"),
        ("127.0.0.1", "not on the public internet"),
        ("10.0.0.8", "not on the public internet"),
        ("http://[::1]/", "not on the public internet"),
        ("2130706433", "not the address"),
        ("http://0x7f.1/", "not the address"),
        ("http://169.254.169.254/latest", "not on the public internet"),
        ("https://hotel.example:8443/", "Port 8443"),
        ("hotel.example/" + "a" * 2_100, "longer than 2,000"),
        ("https://", "http:// or https://"),
    ],
)
def test_an_address_that_cannot_be_read_gets_its_sentence_and_is_not_lost(
    otto: FlaskClient, typed: str, sentence: str
) -> None:
    answer = send(otto, "/websites", **{**FORM, "url": typed, "name": "Kept"})
    assert answer.status_code == 422
    page = LexborHTMLParser(answer.text)
    error = page.css_first("#url-error")
    assert error is not None
    assert sentence in error.text()
    field, name = page.css_first("#url"), page.css_first("#name")
    assert field is not None
    assert name is not None
    assert (field.attributes["value"] or "") == typed
    assert name.attributes["value"] == "Kept"
    assert db.session.scalars(select(Website)).all() == []


def test_a_host_that_the_operator_named_may_be_typed(
    otto: FlaskClient, allow: Callable[..., None]
) -> None:
    allow(website_private_hosts=("127.0.0.1:5000", "intranet"))
    for typed in ("http://127.0.0.1:5000/", "intranet"):
        assert send(otto, "/websites", **{**FORM, "url": typed}).status_code == 303


@pytest.mark.parametrize(
    ("field", "typed"),
    [("max_pages", "0"), ("max_pages", "10001"), ("max_depth", "x"), ("max_minutes", ""),
     ("every_days", "2"), ("where", "everywhere"), ("name", "a" * 301)],
)  # fmt: skip
def test_other_mistakes_are_said_at_their_field(otto: FlaskClient, field: str, typed: str) -> None:
    answer = send(otto, "/websites", **{**FORM, field: typed})
    assert answer.status_code == 422
    page = LexborHTMLParser(answer.text)
    assert page.css_first(f"#{field}-error") is not None
    assert not page.css("details.fold:not([open]) .field-error")


def test_a_website_that_is_there_already_is_linked(otto: FlaskClient) -> None:
    website = a_website()
    for typed in ("hotel.example", "http://www.hotel.example/", "https://HOTEL.example:443/#a"):
        answer = send(otto, "/websites", **{**FORM, "url": typed})
        assert answer.status_code == 422
        assert f'href="/websites/{website.source_id}"' in answer.text
    assert send(otto, "/websites", **{**FORM, "url": "hotel.example/help"}).status_code == 303


def test_a_poll_shows_what_came_in_and_is_answered_204_while_nothing_did(
    otto: FlaskClient, queue: Queue
) -> None:
    send(otto, "/websites", **FORM)
    website = db.session.scalars(select(Website)).one()
    where = f"/websites/{website.source_id}"
    page = LexborHTMLParser(otto.get(where).text).css_first("#website")
    assert page is not None
    poll = page.attributes["hx-get"] or ""
    assert otto.get(poll, headers=HTMX).status_code == 204
    some_pages(website, 3)
    website.source.version += 1
    db.session.commit()
    news = otto.get(poll, headers=HTMX)
    assert news.status_code == 200
    assert "Page 2" in news.text
    assert "<html" not in news.text


def test_nothing_is_asked_again_once_a_crawl_has_ended(vera: FlaskClient) -> None:
    website = a_website()
    page = vera.get(f"/websites/{website.source_id}").text
    assert "hx-trigger" not in page.partition('id="website"')[2].partition(">")[0]
    assert "Every page was read." in page
    assert "Read again</button>" not in page


def test_the_pages_are_listed_by_state_and_found_by_words(vera: FlaskClient) -> None:
    website = a_website()
    some_pages(website, 120)
    where = f"/websites/{website.source_id}/pages"
    first = vera.get(where)
    assert "Page 119" in first.text
    assert "Page 30<" not in first.text
    older = LexborHTMLParser(first.text).css_first("a[rel=next]")
    assert older is not None
    assert "Page 60" in vera.get(older.attributes["href"] or "").text
    failed = words_of(vera.get(f"{where}?state=failed"))
    assert "There is no such page" in failed
    assert "Page 119" not in failed
    assert "Page 77" in words_of(vera.get(f"{where}?q=page+77"))
    assert "Nothing found" in words_of(vera.get(f"{where}?q=nowhere"))
    assert vera.get(f"{where}?state=odd").status_code == 404
    fragment = vera.get(f"{where}?q=77", headers=HTMX)
    assert "<html" not in fragment.text


def test_a_page_that_was_read_leads_to_its_text(vera: FlaskClient) -> None:
    website = a_website()
    reading = Reading(source_id=website.source_id, place="https://hotel.example/", live=True)
    db.session.add(reading)
    db.session.flush()
    db.session.add(
        WebPage(source_id=website.source_id, url="https://hotel.example/", crawl=1, links=[],
                title="Start", state=PageState.READ, fetched_at=now(), reading_id=reading.id)
    )  # fmt: skip
    db.session.commit()
    for page in (f"/websites/{website.source_id}", f"/websites/{website.source_id}/pages"):
        assert f'href="/knowledge/readings/{reading.id}/parts/1"' in vera.get(page).text


def test_names_and_titles_are_shown_as_text(vera: FlaskClient) -> None:
    website = a_website("<script>alert(1)</script>" + "long " * 50)
    db.session.add(
        WebPage(source_id=website.source_id, url="https://hotel.example/%22%3E", crawl=1, links=[],
                title="<img src=x onerror=alert(1)>", state=PageState.READ, fetched_at=now())
    )  # fmt: skip
    db.session.commit()
    for page in (f"/websites/{website.source_id}", f"/websites/{website.source_id}/pages"):
        shown = vera.get(page).text
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown


def test_settings_are_changed_and_hold_from_then_on(otto: FlaskClient) -> None:
    website = a_website()
    where = f"/websites/{website.source_id}/edit"
    assert 'value="500"' in otto.get(where).text
    answer = send(otto, where, name="The hotel", where="below", max_pages="20", max_depth="2",
                  max_minutes="5", every_days="1")  # fmt: skip
    assert answer.status_code == 303
    website = db.session.scalars(select(Website)).one()
    assert website.source.name == "The hotel"
    assert (website.max_pages, website.max_depth, website.max_seconds) == (20, 2, 300)
    assert website.next_at
    assert website.next_at > now() + timedelta(hours=23)
    assert send(otto, where, name="", where="host", max_pages="0", max_depth="2",
                max_minutes="5", every_days="").status_code == 422  # fmt: skip


def test_it_is_read_again_once_at_a_time(otto: FlaskClient, queue: Queue) -> None:
    website = a_website()
    where = f"/websites/{website.source_id}/read-again"
    assert send(otto, where).status_code == 303
    answer = send(otto, where)
    assert answer.status_code == 409
    assert "being read already" in answer.text
    assert queue.names() == ["websites.crawl"]


def test_it_is_removed_with_all_that_is_known_from_it(otto: FlaskClient, queue: Queue) -> None:
    website = a_website()
    some_pages(website, 3)
    where = f"/websites/{website.source_id}"
    assert send(otto, f"{where}/remove").status_code == 303
    assert "being removed" in otto.get(where).text
    assert send(otto, f"{where}/remove").status_code == 409
    assert send(otto, f"{where}/read-again").status_code == 409
    assert otto.get(f"{where}/edit").status_code == 409
    queue.run()
    db.session.rollback()
    assert otto.get(where).status_code == 404
    assert db.session.scalars(select(WebPage)).all() == []


def test_a_website_that_failed_says_why_and_what_to_do(otto: FlaskClient) -> None:
    website = a_website(state=SourceState.READING)
    ending.fail(website.source, "The name is not known.", "Look at it.")
    db.session.commit()
    shown = words_of(otto.get(f"/websites/{website.source_id}"))
    assert "The name is not known. Look at it. What was read earlier is still found." in shown
    assert "Read again" in shown


def test_a_crawl_is_stopped_on_its_page(otto: FlaskClient, queue: Queue) -> None:
    send(otto, "/websites", **FORM)
    job = db.session.scalars(select(Job)).one()
    send(otto, f"/jobs/{job.id}/cancel")
    website = db.session.scalars(select(Website)).one()
    assert website.source.state == "stopped"
    shown = words_of(otto.get(f"/websites/{website.source_id}"))
    assert "Its reading was stopped" in shown
    assert "Try again" in shown
    with pytest.raises(asking.NotPossible):
        asking.cancel(db.session.get_one(Job, job.id))
