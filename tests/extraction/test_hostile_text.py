"""Bytes that nobody would write: whatever comes, it is read or refused, soon, and without NUL."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from extraction import page
from extraction.limits import Limits
from extraction.pieces import Refused
from tests.extraction.in_process import pieces_of

NAMES = ("x.csv", "x.txt", "x.html", "x.md", "x.eml")
LIMITS = Limits(characters=1_000_000)
SCRAPS = st.one_of(
    st.sampled_from([bytes([one]) for one in b'",;\t\r\n\0<\x1f\xff|>-']),
    st.sampled_from([b"<table><tr><td>", b"</p>", b"<!--", b"<h1>", b"&amp;", b"word "]),
    st.sampled_from([b"# ", b"| a | b |\n|---|---|\n", b"```\n", b"[a](b)", b"---\n"]),
    st.sampled_from([b"Subject: =?utf-8?q?a?=\n", b"--a\n", b"\x1b$B", b"\xe2\x82", b"\xc2\x85"]),
    st.sampled_from([b"Content-Type: multipart/mixed; boundary=a\n\n", b"\xed\xa0\x80"]),
    st.sampled_from(["é日".encode(), "é日".encode("utf-16")]),
)
BYTES = st.one_of(st.binary(max_size=400), st.lists(SCRAPS, max_size=60).map(b"".join))


@pytest.mark.parametrize("name", NAMES)
@given(content=BYTES)
@example(content=b"")
@example(content=b"\0" * 64)
@example(content=b"\xff\xfe")
def test_any_bytes_are_read_or_refused(name: str, content: bytes) -> None:
    for number, piece in enumerate(pieces_of(content, name, LIMITS), 1):
        assert piece.number == number
        assert piece.text.strip()
        assert "\0" not in piece.text
        piece.text.encode()
        before = 0
        for mark in piece.marks:
            assert before <= mark.start < mark.end <= len(piece.text)
            assert "\n" not in piece.text[mark.start : mark.end] or mark.kind in ("text", "list")
            before = mark.end


@given(content=BYTES, charset=st.sampled_from([None, "utf-8", "latin-1", "utf-16", "no-such", ""]))
def test_any_page_is_read_or_refused(content: bytes, charset: str | None) -> None:
    try:
        found = page.read(content, "http://a.example/b/", "text/html", charset, LIMITS)
    except Refused:
        return
    assert all(link.startswith(("http://", "https://")) for link in found["links"])
    assert all("\0" not in piece["text"] for piece in found["pieces"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.html", b"<a " * 300_000),
        ("x.html", b"<!--" * 300_000),
        ("x.html", b"<b>" * 300_000),
        ("x.html", b"<table><tr><td>" * 100_000),
        ("x.csv", b'"a\n' * 200_000),
        ("x.csv", b'"' + b"a" * 3_000_000),
        ("x.md", b"[" * 300_000),
        ("x.md", b"*a_" * 100_000),
        ("x.md", b"> " * 100_000),
        ("x.eml", b"To: " + b"(" * 100_000 + b"\n\nx"),
        ("x.eml", b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\nx"),
        ("x.txt", b"a" * 10_000_000),
    ],
)
def test_what_could_take_for_ever_ends(name: str, content: bytes) -> None:
    for piece in pieces_of(content, name):
        assert len(piece.text) <= 1_000_000
