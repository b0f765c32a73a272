"""Sitemaps: what a website lists by itself, and what it may cost."""

import gzip
import itertools
import socket
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.websites.wire import Site, chunk, leads_to, page
from webapp.websites import sitemaps
from webapp.websites.fetching import Fetcher

XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()
    yield found
    found.close()


@pytest.fixture
def fetcher(site: Site) -> Iterator[Fetcher]:
    with Fetcher(user_agent="test", allowed_hosts=[site.host]) as found:
        yield found


@pytest.fixture
def notes() -> list[str]:
    return []


def urlset(*urls: str) -> bytes:
    inside = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {XMLNS}>{inside}</urlset>'.encode()


def index(*urls: str) -> bytes:
    inside = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return f"<sitemapindex {XMLNS}>{inside}</sitemapindex>".encode()


def read(fetcher: Fetcher, *places: str, notes: list[str] | None = None) -> list[str]:
    note = None if notes is None else notes.append
    return [url for url, _ in sitemaps.urls(fetcher, places, note=note)]


def test_pages_come_with_the_time_of_their_last_change(site: Site, fetcher: Fetcher) -> None:
    entries = [
        ("<loc>\n https://a.example/1?x=1&amp;y=%C3%A9 </loc><lastmod>2026-11-20</lastmod>",
         "https://a.example/1?x=1&y=%C3%A9", datetime(2026, 11, 20, tzinfo=UTC)),
        ("<lastmod> 2026-11-20T18:30:00+02:00\n</lastmod><loc><![CDATA[https://a.example/2?a&b]]></loc>",
         "https://a.example/2?a&b", datetime(2026, 11, 20, 16, 30, tzinfo=UTC)),
        ("<loc>HTTPS://A.example:443/ü#part</loc><lastmod>yesterday</lastmod>",
         "https://a.example/%C3%BC", None),
        (("<image:image><image:loc>https://a.example/no.png</image:loc></image:image>"
         "<loc>https://a.example/4</loc><lastmod>0001-01-01T00:00:00+14:00</lastmod>"),
         "https://a.example/4", None),
    ]  # fmt: skip
    inside = "".join(f"<url>{entry}</url>" for entry, _, _ in entries)
    site.answers["/s"] = page(
        f'<urlset {XMLNS} xmlns:image="http://x.example/image">{inside}</urlset>'.encode(),
        content_type="application/xml",
    )
    found = list(sitemaps.urls(fetcher, [site.url + "/s"]))
    assert found == [(url, changed) for _, url, changed in entries]


@pytest.mark.parametrize(
    "body",
    [
        b"https://a.example/1\nhttps://a.example/2\n",
        b"\xef\xbb\xbf\r\n https://a.example/1 \r\n\r\nnothing\r\nhttps://a.example/2",
        urlset("https://a.example/1", "https://a.example/2").decode().encode(),
        b"\xef\xbb\xbf\n " + urlset("https://a.example/1", "https://a.example/2"),
        urlset("https://a.example/1", "https://a.example/2").decode().replace("UTF-8", "UTF-16")
        .encode("utf-16"),
        (b"<x:urlset xmlns:x='urn:x'><x:url><x:loc>https://a.example/1</x:loc></x:url>"
         b"<x:url><x:loc>https://a.example/2</x:loc></x:url></x:urlset>"),
        b"<urlset><url><loc>https://a.example/1</loc></url><URL><LOC>https://a.example/2</LOC></URL>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("size", [1, 1_000])
def test_text_and_xml_are_read_packed_or_not(
    site: Site, fetcher: Fetcher, body: bytes, packed: bool, size: int
) -> None:
    sent = gzip.compress(body) if packed else body
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    cut = [chunk(sent[at : at + size]) for at in range(0, len(sent), size)]
    site.answers["/s"] = head + b"".join(cut) + chunk(b"")
    assert read(fetcher, site.url + "/s") == ["https://a.example/1", "https://a.example/2"]


def test_only_what_can_be_a_page_is_listed_and_each_once(site: Site, fetcher: Fetcher) -> None:
    site.answers["/s"] = page(
        urlset(
            "https://a.example/1",
            "ftp://a.example/",
            "/2",
            "javascript:alert(1)",
            "",
            "mailto:a@b.c",
            "https://a:b@a.example/",
            "https://a.example:22/",
            "https://a.example/" + "a" * 3_000,
            "file:///etc/passwd",
            "https://A.EXAMPLE/1#again",
            "http://127.1/",
            "https://a.example/3",
        )
    )
    site.answers["/t"] = page(b"https://a.example/3\nhttps://a.example/4")
    found = read(fetcher, site.url + "/s", site.url + "/t", site.url + "/s")
    assert found == [f"https://a.example/{number}" for number in (1, 3, 4)]
    assert site.paths() == ["/s", "/t"]


def test_an_index_is_followed_three_deep_and_no_deeper(
    site: Site, fetcher: Fetcher, notes: list[str]
) -> None:
    site.answers["/1"] = page(index(site.url + "/2", site.url + "/missing"))
    site.answers["/2"] = page(index(site.url + "/3"))
    site.answers["/3"] = page(
        urlset("https://a.example/yes").replace(b"</urlset>", b"") + index(site.url + "/4")
    )
    site.answers["/4"] = page(urlset("https://a.example/no"))
    assert read(fetcher, site.url + "/1", notes=notes) == ["https://a.example/yes"]
    assert site.paths() == ["/1", "/2", "/missing", "/3"]
    assert notes == [
        f"The sitemap {site.url}/missing could not be read in full: it answered with error 404."
    ]


def test_circles_of_indexes_and_redirects_end(site: Site, fetcher: Fetcher) -> None:
    site.answers["/1"] = page(index(site.url + "/2", site.url + "/1", site.url + "/r"))
    site.answers["/2"] = page(index(site.url + "/1", site.url + "/2#x", site.url + "/s"))
    site.answers["/r"] = leads_to("/r")
    site.answers["/s"] = page(urlset("https://a.example/1"))
    assert read(fetcher, site.url + "/1") == ["https://a.example/1"]
    assert site.paths() == ["/1", "/2", "/r", "/s"]


def test_an_index_of_endless_indexes_ends(site: Site, fetcher: Fetcher) -> None:
    for number in range(1_000):
        site.answers[f"/{number}"] = page(index(*(f"{site.url}/{at}" for at in range(1_000))))
    assert read(fetcher, site.url + "/0") == []
    assert len(site.asked) == sitemaps.MOST_FILES


def test_no_more_than_50_000_pages_are_listed(site: Site, fetcher: Fetcher) -> None:
    site.answers["/s"] = page(urlset(*(f"https://a.example/{at}" for at in range(30_000))))
    site.answers["/t"] = page(
        "\n".join(f"https://a.example/x{at}" for at in range(60_000)).encode()
    )
    found = read(fetcher, site.url + "/s", site.url + "/t")
    assert len(found) == len(set(found)) == 50_000


def test_files_are_fetched_only_as_they_are_needed(site: Site, fetcher: Fetcher) -> None:
    site.answers["/i"] = page(index(site.url + "/s", site.url + "/t"))
    site.answers["/s"] = page(urlset("https://a.example/1"))
    found = sitemaps.urls(fetcher, [site.url + "/i"])
    assert next(found)[0] == "https://a.example/1"
    assert site.paths() == ["/i", "/s"]


GOOD = "https://a.example/1"


@pytest.mark.parametrize(
    "body",
    [
        urlset(GOOD)[:-9] + b"<url><loc>https://a.example/2",
        urlset(GOOD)[:-9] + b"</wrong></urlset>",
        urlset(GOOD)[:-9] + b"<\0\xff\xfe",
        urlset(GOOD) + b"<urlset>" * 3,
        urlset(GOOD) + b"\0" * 100,
        urlset(GOOD)[:-9] + b"<a>" * 100_000,
        urlset(GOOD)[:-9] + b"<url><loc>" + b"x" * 12_000_000,
    ],
)
def test_what_is_broken_gives_what_was_read(site: Site, fetcher: Fetcher, body: bytes) -> None:
    site.answers["/s"] = page(body)
    assert read(fetcher, site.url + "/s") == [GOOD]


def test_a_sitemap_that_breaks_off_gives_what_was_read(
    site: Site, fetcher: Fetcher, notes: list[str]
) -> None:
    packed = gzip.compress(urlset(*(f"https://a.example/{at}" for at in range(5_000))))
    site.answers["/s"] = page(packed[: len(packed) // 2])
    found = read(fetcher, site.url + "/s", notes=notes)
    assert 500 < len(found) < 5_000
    assert notes == [f"The sitemap {site.url}/s could not be read in full: It breaks off."]


@pytest.mark.parametrize(
    "definition",
    [
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY a SYSTEM "{url}/entity">',
        '<!ENTITY % p SYSTEM "{url}/entity"> %p; <!ENTITY a "x">',
        '<!ENTITY b "' + "x" * 10_000 + '"><!ENTITY a "' + "&b;" * 10_000 + '">',
        '<!ENTITY a "https://a.example/inside">',
    ],
)
def test_no_entity_is_ever_looked_up(
    site: Site, fetcher: Fetcher, notes: list[str], definition: str
) -> None:
    definition = definition.replace("{url}", site.url)
    body = f"<?xml version='1.0'?><!DOCTYPE u [{definition}]><urlset><url><loc>https://a.example/&a;</loc></url></urlset>"
    site.answers["/s"] = page(body.encode())
    tracemalloc.start()
    assert read(fetcher, site.url + "/s", notes=notes) == []
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert site.paths() == ["/s"]
    assert notes[0].endswith("could not be read in full: it is no sitemap.")


def test_a_doctype_from_elsewhere_is_not_fetched(site: Site, fetcher: Fetcher) -> None:
    site.answers["/s"] = page(f"<!DOCTYPE u SYSTEM '{site.url}/dtd'>".encode() + urlset(GOOD))
    assert read(fetcher, site.url + "/s") == []
    assert site.paths() == ["/s"]


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><html><p>Hello<br>",
        b"<!DOCTYPE html><html>",
        b"",
        b" \n",
        b"<",
        b"\x1f\x8b",
    ],
)
def test_a_page_where_a_sitemap_should_be_lists_nothing(
    site: Site, fetcher: Fetcher, body: bytes
) -> None:
    site.answers["/s"] = page(body)
    assert read(fetcher, site.url + "/s") == []


def bomb(start: bytes, more: bytes, times: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = [packer.compress(start), *(packer.compress(more) for _ in range(times))]
    return b"".join([*packed, packer.flush()])


@pytest.mark.parametrize(
    ("start", "more", "why"),
    [
        (urlset(GOOD)[:-9] + b"<!--", b"x" * 100_000, None),
        (urlset(GOOD)[:-9], b" " * 100_000, "It is larger than 50 MB"),
        (GOOD.encode() + b"\n", b"x" * 100_000, "It is larger than 50 MB"),
    ],
)
def test_a_bomb_stops_and_gives_what_was_read(
    site: Site, fetcher: Fetcher, notes: list[str], start: bytes, more: bytes, why: str | None
) -> None:
    site.answers["/s"] = page(bomb(start, more, 600), content_type="application/gzip")
    tracemalloc.start()
    assert read(fetcher, site.url + "/s", notes=notes) == [GOOD]
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()
    assert why is None or why in notes[0]


@pytest.mark.parametrize(
    ("elements", "times"),
    [(b"<a/>" * 25_000, 100), (b"".join(b"<a%d/>" % number for number in range(50_000)), 1)],
)
def test_elements_and_names_of_elements_come_to_an_end(
    site: Site, fetcher: Fetcher, notes: list[str], elements: bytes, times: int
) -> None:
    body = bomb(urlset(GOOD)[:-9], elements, times)
    site.answers["/s"] = page(body, content_type="application/gzip")
    assert read(fetcher, site.url + "/s", notes=notes) == [GOOD]
    assert "it holds too much that is no address" in notes[0]


def test_the_job_hears_that_it_is_alive_and_can_be_stopped(site: Site, fetcher: Fetcher) -> None:
    class Stopped(Exception):
        pass

    def alive() -> None:
        raise Stopped

    def endless(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in itertools.count():
            sock.sendall(chunk(b"https://a.example/%d\n" % number))
            if site.over.wait(0.05):
                return

    site.answers["/s"] = endless
    with pytest.raises(Stopped):
        list(sitemaps.urls(fetcher, [site.url + "/s"], alive=alive))
