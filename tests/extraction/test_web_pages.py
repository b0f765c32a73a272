import os
import signal
from collections.abc import Iterator

import pytest

from tests.extraction.conftest import Settings
from tests.live import wait_for
from webapp.knowledge import web_child
from webapp.knowledge.child import NotRead
from webapp.knowledge.web_child import PageReader, WebText

WORDS = "We are open on all days from nine to five, except on Sundays and holidays when we rest. "
PAGE = f"""<!doctype html><html lang="de-AT"><head><title>Opening hours</title>
<meta name="description" content="When we are there">
<meta property="article:published_time" content="2024-02-05T10:00:00Z">
<link rel="canonical" href="/hours"><base href="/shop/"></head><body>
<nav><a href="/">Home</a> <a href="prices#today">Prices</a> <a href="prices">Again</a></nav>
<main><h1>Opening hours</h1><p>{WORDS * 3}</p><h2>Prices</h2>
<table><tr><th>Thing</th><th>Price</th></tr><tr><td>Bread</td><td>3</td></tr></table>
<ul><li>first thing</li><li>second thing</li></ul><script>evil()</script>
<a href="mailto:a@b.example">Mail</a> <a href="javascript:x()">Click</a>
<a rel="nofollow" href="/secret">Hidden</a> <a href="https://other.example/x?a=1#b">Other</a>
<a href="http://[bad">Bad</a></main><footer>Imprint</footer></body></html>"""


@pytest.fixture
def reader(settings: Settings) -> Iterator[PageReader]:
    with PageReader() as one:
        yield one


def read(reader: PageReader, page: str | bytes, content_type: str = "text/html") -> WebText:
    content = page.encode() if isinstance(page, str) else page
    return reader.read(
        content, url="https://desk.example/shop/x?y=1", content_type=content_type, charset="utf-8"
    )


def marked(text: WebText, kind: str) -> list[str]:
    return [
        piece["text"][start:end]
        for piece in text.pieces
        for start, end, found, *_ in piece["marks"]
        if found == kind
    ]


def test_a_page_gives_its_text_with_structure_and_what_it_says_of_itself(
    reader: PageReader,
) -> None:
    found = read(reader, PAGE)
    assert found.extractor == "trafilatura"
    assert marked(found, "heading") == ["Opening hours", "Prices"]
    assert (marked(found, "table"), marked(found, "row")) == (["Thing | Price"], ["Bread | 3"])
    assert marked(found, "list") == ["first thing", "second thing"]
    text = found.pieces[0]["text"]
    assert WORDS.strip() in text
    assert not {"Imprint", "Home", "evil()"} & set(text.split())
    assert found.about == {
        "title": "Opening hours",
        "description": "When we are there",
        "date": "2024-02-05",
        "language": "de-AT",
        "canonical": "https://desk.example/hours",
    }


def test_links_are_absolute_and_each_is_given_once(reader: PageReader) -> None:
    assert read(reader, PAGE).links == [
        "https://desk.example/",
        "https://desk.example/shop/prices",
        "https://other.example/x?a=1",
    ]


@pytest.mark.parametrize(
    ("said", "about", "followed"),
    [
        ("noindex", {"noindex": True}, True),
        ("NoIndex, nofollow", {"noindex": True, "nofollow": True}, False),
        ("none", {"noindex": True, "nofollow": True}, False),
        ("index", {}, True),
    ],
)
def test_what_a_page_tells_robots_is_passed_on(
    reader: PageReader, said: str, about: dict[str, bool], followed: bool
) -> None:
    page = f'<html><meta name=robots content="{said}"><body><a href="/a">A</a></body></html>'
    found = read(reader, page)
    assert (found.about, bool(found.links)) == (about, followed)


def test_a_page_of_tables_keeps_them(reader: PageReader) -> None:
    rows = "".join(f"<tr><td>thing{n}</td><td>{n}</td></tr>" for n in range(50))
    page = f"<html><body><nav>Menu</nav><div><table>{rows}</table></div><p>Short.</p></body></html>"
    assert {"thing0 | 0", "thing49 | 49"} <= {*marked(read(reader, page), "row")}


def test_a_short_page_is_read_whole(reader: PageReader) -> None:
    found = read(reader, "<html><body><nav>Menu</nav><div>Call 123</div></body></html>")
    assert "Call 123" in found.pieces[0]["text"]


def test_a_page_of_plain_text_is_read_and_one_without_text_has_no_pieces(
    reader: PageReader,
) -> None:
    assert read(reader, "one\n\ntwo", "text/plain; charset=utf-8").pieces[0]["text"] == "one\n\ntwo"
    assert read(reader, "").pieces == read(reader, "<html></html>").pieces == []


def test_a_page_of_endless_small_elements_is_read_soon(reader: PageReader) -> None:
    found = read(reader, "<html><body>" + "<span>a</span> " * 200_000)
    assert (found.extractor, sum(len(piece["text"].split()) for piece in found.pieces)) == (
        "dom",
        200_000,
    )


def test_a_hostile_page_is_refused_and_the_next_one_is_read(reader: PageReader) -> None:
    with pytest.raises(NotRead) as why:
        read(reader, "<div>" * 200_000)
    assert why.value.code == "too_deep"
    assert read(reader, PAGE).links


def process_of(reader: PageReader) -> int:
    assert reader._child is not None
    return reader._child.process.pid


def test_a_reader_that_died_between_two_pages_is_replaced(reader: PageReader) -> None:
    read(reader, PAGE)
    first = process_of(reader)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: reader._child is not None and reader._child.process.poll() is not None)
    assert read(reader, PAGE).links
    assert process_of(reader) != first


def test_a_reader_that_does_not_answer_is_ended(
    reader: PageReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(reader, PAGE)
    first = process_of(reader)
    os.kill(first, signal.SIGSTOP)
    monkeypatch.setattr(web_child, "SECONDS", 1.0)
    with pytest.raises(NotRead) as why:
        read(reader, PAGE * 200)
    assert why.value.code == "time"
    monkeypatch.undo()
    assert read(reader, PAGE).links
    assert process_of(reader) != first


def test_whoever_waits_can_be_told_to_stop(reader: PageReader) -> None:
    class Halt(Exception):
        pass

    def alive() -> None:
        raise Halt

    read(reader, PAGE)
    os.kill(process_of(reader), signal.SIGSTOP)
    with pytest.raises(Halt):
        reader.read(
            b"x", url="http://a.example/", content_type="text/html", charset=None, alive=alive
        )
    assert read(reader, PAGE).links


def test_after_some_hundred_pages_another_process_reads(
    reader: PageReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_child, "PAGES", 2)
    processes = [read(reader, PAGE) and process_of(reader) for _ in range(4)]
    assert processes[0] == processes[1] != processes[2] == processes[3]


def test_nothing_is_left_running(settings: Settings) -> None:
    with PageReader() as one:
        read(one, PAGE)
        process = process_of(one)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
