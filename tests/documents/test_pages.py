"""The pages of what is known: what they show, and what can be done there."""

from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from tests.contracts.world import send
from tests.documents import making
from tests.queues import Queue
from webapp import storage
from webapp.documents import reading
from webapp.documents.models import Document
from webapp.extensions import db
from webapp.knowledge.models import Chunk, Reading, Source, SourceState

SUNDAYS = "# House rules\n\n## Opening hours\n\nWe open at nine. On Sundays the house is closed.\n"


def read(queue: Queue, content: bytes | str, filename: str) -> Source:
    """Return a document that has been read."""
    source = making.stored(content.encode() if isinstance(content, str) else content, filename)
    reading.ask(source)
    db.session.commit()
    queue.run()
    return db.session.get_one(Source, source.id)


def words_of(page: str) -> str:
    body = LexborHTMLParser(page).css_first("main")
    assert body is not None
    return " ".join(body.text(separator=" ").split())


def test_the_list_says_of_each_source_how_it_stands_and_why(
    otto: FlaskClient, queue: Queue
) -> None:
    read(queue, SUNDAYS, "rules.md")
    read(queue, b"", "nothing.pdf")

    shown = words_of(otto.get("/knowledge").text)

    assert "rules.md Ready 1 1" in shown
    assert "nothing.pdf This file is empty. Failed" in shown
    assert "1 passage can be found, in 1 document and 0 websites" in shown


def test_the_list_is_searched_by_name_kind_and_state(otto: FlaskClient, queue: Queue) -> None:
    read(queue, SUNDAYS, "rules.md")
    read(queue, b"", "nothing.pdf")

    for query, there in (
        ("q=RULES", {"rules.md"}),
        ("state=failed", {"nothing.pdf"}),
        ("kind=website", set()),
    ):
        found = LexborHTMLParser(otto.get(f"/knowledge?{query}").text).css("tbody bdi")
        assert {name.text() for name in found} == there, query
    assert otto.get("/knowledge?state=odd").status_code == 404


def test_a_poll_of_the_list_is_answered_with_nothing_until_something_changes(
    otto: FlaskClient, queue: Queue
) -> None:
    source = making.stored(SUNDAYS.encode(), "rules.md")
    reading.ask(source)
    db.session.commit()
    live = LexborHTMLParser(otto.get("/knowledge").text).css_first("#source-list")
    assert live is not None
    poll = live.attributes["hx-get"] or ""
    assert otto.get(poll, headers={"HX-Request": "true"}).status_code == 204

    queue.run()

    answer = otto.get(poll, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "hx-get" not in answer.text.split(">")[0], "a list at rest asks no more"


def test_a_passage_is_shown_in_its_place_with_what_was_looked_for(
    otto: FlaskClient, queue: Queue
) -> None:
    source = read(queue, SUNDAYS, "rules.md")
    chunk = db.session.query(Chunk).filter_by(source_id=source.id).first()
    assert chunk is not None

    answer = otto.get(f"/knowledge/passages/{chunk.id}?words=sunday")

    assert answer.headers["Location"].endswith("#passage")
    page = LexborHTMLParser(otto.get(answer.headers["Location"]).text)
    assert "Sundays" in [match.text() for match in page.css(".text-match")]
    marked = "".join(mark.text() for mark in page.css("mark.text-passage"))
    assert marked == chunk.text
    assert len(page.css("#passage")) == 1
    shown = page.css_first("article.text-shown")
    assert shown is not None
    assert "House rules" in shown.text()


def test_what_has_been_read_anew_says_so_instead_of_leading_nowhere(
    otto: FlaskClient, queue: Queue
) -> None:
    read(queue, SUNDAYS, "rules.md")

    for path in ("passages/999999", "readings/999999/parts/1", "readings/1/parts/7"):
        answer = otto.get(f"/knowledge/{path}")
        assert answer.status_code == 404
        assert "Search again" in words_of(answer.text)


def test_markup_in_a_text_is_shown_and_never_runs(otto: FlaskClient, queue: Queue) -> None:
    source = read(queue, "<script>alert(1)</script> & <img src=x onerror=alert(2)>\n", "odd.txt")
    shown = db.session.query(Reading).filter_by(source_id=source.id, live=True).one()

    for path in (f"readings/{shown.id}/parts/1", f"readings/{shown.id}/passages"):
        text = otto.get(f"/knowledge/{path}").text
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_a_document_is_downloaded_to_be_saved_and_runs_nothing(
    otto: FlaskClient, queue: Queue
) -> None:
    name = 'a "name" of \u202eknrd.html'
    source = read(queue, "<p>Hello there, dear guest.</p>", name)

    answer = otto.get(f"/documents/{source.id}/file")

    assert answer.data == b"<p>Hello there, dear guest.</p>"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == "application/octet-stream"


def test_a_file_that_is_gone_from_the_storage_says_so(otto: FlaskClient, queue: Queue) -> None:
    source = read(queue, SUNDAYS, "rules.md")
    storage.delete(db.session.get_one(Document, source.id).path)

    answer = otto.get(f"/documents/{source.id}/file")

    assert answer.status_code == 404
    assert "Upload it again" in answer.text


def test_a_document_is_renamed_and_a_bad_name_is_not_lost(otto: FlaskClient, queue: Queue) -> None:
    source = read(queue, SUNDAYS, "rules.md")
    path = f"/documents/{source.id}/name"

    wrong = send(otto, path, name="x" * 301)
    right = send(otto, path, name="The rules of the house")

    assert wrong.status_code == 422
    assert "x" * 301 in wrong.text
    assert "longer than 300 characters" in wrong.text
    assert right.status_code == 303
    assert "The rules of the house" in otto.get(f"/documents/{source.id}").text
    assert (
        'filename="rules.md"'
        in otto.get(f"/documents/{source.id}/file").headers["Content-Disposition"]
    )


def test_a_chosen_encoding_reads_the_text_anew(otto: FlaskClient, queue: Queue) -> None:
    source = read(queue, "Der Müller wohnt in Köln.\n".encode("cp437"), "brief.txt")

    answer = send(otto, f"/documents/{source.id}/encoding", encoding="cp437")
    queue.run()

    assert answer.status_code == 303
    db.session.expire_all()
    chunk = db.session.query(Chunk).join(Reading).filter(Reading.live).one()
    assert chunk.text == "Der Müller wohnt in Köln."
    assert send(otto, f"/documents/{source.id}/encoding", encoding="rot13").status_code == 422


def test_a_removed_document_is_found_nowhere_at_once(otto: FlaskClient, queue: Queue) -> None:
    source_id = read(queue, SUNDAYS, "rules.md").id
    shown = db.session.query(Reading).filter_by(source_id=source_id, live=True).one()

    assert send(otto, f"/documents/{source_id}/remove").status_code == 303

    assert otto.get(f"/knowledge/readings/{shown.id}/parts/1").status_code == 404
    assert db.session.get_one(Source, source_id).state == SourceState.REMOVING
    assert send(otto, f"/documents/{source_id}/read-again").status_code == 409
    queue.run()
    assert otto.get(f"/documents/{source_id}").status_code == 404


def test_all_that_failed_are_read_again_by_one_job(otto: FlaskClient, queue: Queue) -> None:
    read(queue, b"", "one.pdf")
    read(queue, b"%PDF-1.7 nothing", "two.pdf")

    answer = send(otto, "/documents/read-again/failed")
    queue.run()

    assert answer.status_code == 303
    assert "2 documents are read again." in otto.get(answer.headers["Location"]).text
    assert send(otto, "/documents/read-again/everything").status_code == 404
