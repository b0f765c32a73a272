"""The addresses that a website lists by itself: sitemaps (sitemaps.org/protocol.html)."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from lxml import etree

from webapp.websites.addresses import LONGEST, parsed
from webapp.websites.fetching import Alive, Away, Fetcher, Refused, TooLarge, at_most
from webapp.websites.unpacking import unpacked

#: What the protocol allows one file to hold, unpacked.
MOST_BYTES = 50_000_000
#: Of all files together.
MOST_URLS = 50_000
MOST_FILES = 200
#: An index that lists an index that lists pages; what lies deeper is not read.
MOST_DEPTH = 3
#: A hundred times as many as the protocol knows; libxml2 remembers each for as long as it reads.
MOST_NAMES = 1_000
MOST_ELEMENTS = 2_000_000
SECONDS = 60.0

GZIP = b"\x1f\x8b"

Entry = tuple[str, datetime | None]


def urls(
    fetcher: Fetcher,
    sitemap_urls: Iterable[str],
    *,
    alive: Alive | None = None,
    note: Callable[[str], None] | None = None,
) -> Iterator[Entry]:
    """Yield each page that sitemaps list, once, with the time of its last change if that is said.

    Files are fetched as they are needed, at most 200 of them. What is broken gives what was
    read until then; ``note`` is told, in words, what could not be read. Pages of other websites may
    be among them.
    """
    given: set[str] = set()
    for found in _files(fetcher, sitemap_urls, alive, note):
        for url, changed in _valid(fetcher, found.pages):
            if url in given:
                continue
            given.add(url)
            yield url, changed
            if len(given) >= MOST_URLS:
                return


def _files(
    fetcher: Fetcher,
    sitemap_urls: Iterable[str],
    alive: Alive | None,
    note: Callable[[str], None] | None,
) -> Iterator["_Listed"]:
    """Yield what each file lists, those of an index after it; none is read twice."""
    waiting = deque((url, 1) for url in sitemap_urls)
    seen: set[str] = set()
    while waiting and len(seen) < MOST_FILES:
        place, depth = waiting.popleft()
        if place in seen:
            continue
        seen.add(place)
        found = _Listed()
        try:
            _read(fetcher, place, found, alive)
        except (Refused, Away, TooLarge) as error:
            if note is not None:
                note(f"The sitemap {place} could not be read in full: {error}")
        if depth < MOST_DEPTH and len(waiting) < MOST_FILES:
            waiting += ((url, depth + 1) for url, _ in _valid(fetcher, found.sitemaps))
        yield found


def _valid(fetcher: Fetcher, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield what may be asked for, written in the one way."""
    for url, changed in entries:
        with suppress(Refused):
            yield str(parsed(url, fetcher.allowed)), changed


def _read(fetcher: Fetcher, place: str, found: "_Listed", alive: Alive | None) -> None:
    with fetcher.open(place, alive=alive, most=MOST_BYTES, seconds=SECONDS) as (answer, blocks):
        if not 200 <= answer.status < 300:
            raise Away(f"it answered with error {answer.status}.")
        start, contents = _begun(blocks)
        if start.startswith(GZIP):
            start, contents = _begun(at_most(MOST_BYTES, unpacked(contents, "gzip")))
        text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
        if text.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
            _read_xml(contents, found)
        else:
            _read_text(contents, found)


def _begun(blocks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return how the contents begin, and all of them."""
    start = b""
    for block in blocks:
        start += block
        if len(start) >= 16:
            break
    return start, chain((start,), blocks)


def _read_xml(blocks: Iterable[bytes], found: "_Listed") -> None:
    """Read without a tree or anything from elsewhere, and go on behind what is broken."""
    target: Any = found  # the stubs ask for a method for comments, which lxml does not
    parser = etree.XMLParser(
        target=target, resolve_entities=False, no_network=True, load_dtd=False, recover=True
    )
    with suppress(etree.XMLSyntaxError):
        for block in blocks:
            parser.feed(block)
            if found.full():
                return
        parser.close()


def _read_text(blocks: Iterable[bytes], found: "_Listed") -> None:
    rest = b""
    for block in chain(blocks, (b"\n",)):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            found.add(line.decode("utf-8", "replace").strip("\ufeff \t\r"))
        if found.full():
            return
        rest = rest[: 2 * LONGEST]


class _Listed:
    """What one file lists. The XML parser calls ``start``, ``data``, ``end`` and ``close``."""

    def __init__(self) -> None:
        self.pages: list[Entry] = []
        self.sitemaps: list[Entry] = []
        self._names: set[str] = set()
        self._elements = 0
        self._path: list[str] = []
        self._said: dict[str, str] = {}

    def full(self) -> bool:
        return len(self.pages) >= MOST_URLS or len(self.sitemaps) >= MOST_FILES

    def add(self, url: str) -> None:
        if 0 < len(url) <= LONGEST:
            self.pages.append((url, None))

    def doctype(self, *_names: object) -> None:
        """Stop: no sitemap has one, it defines entities, and pages of HTML begin with it."""
        raise Refused("it is no sitemap.")

    def start(self, tag: str, _attributes: object) -> None:
        self._names.add(tag)
        self._elements += 1
        if len(self._names) > MOST_NAMES or self._elements > MOST_ELEMENTS:
            raise Refused("it holds too much that is no address.")
        self._path.append(tag.rpartition("}")[2].lower())
        if self._path[-1] in {"url", "sitemap"}:
            self._said = {}

    def data(self, text: str) -> None:
        name = self._path[-1]
        if name in {"loc", "lastmod"} and self._path[-2:-1] in (["url"], ["sitemap"]):
            said = self._said.get(name, "")
            self._said[name] = said + text[: LONGEST + 1 - len(said)]

    def end(self, _tag: str) -> None:
        kind = self._path.pop()
        if kind not in {"url", "sitemap"} or self.full():
            return
        url = self._said.pop("loc", "").strip()
        if 0 < len(url) <= LONGEST:
            entry = (url, _moment(self._said.pop("lastmod", "")))
            (self.pages if kind == "url" else self.sitemaps).append(entry)

    def close(self) -> None:
        """End."""


def _moment(text: str) -> datetime | None:
    """Return a time of W3C (2026-11-20, 2026-11-20T16:00+01:00); None for what is not one."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
