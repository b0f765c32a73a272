"""What is fetched, how it is asked for, and what the answer says."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import time_machine

from tests.websites.wire import Names, Site, answer, leads_to, page
from webapp.websites.fetching import Away, Elsewhere, Fetcher, Refused, TooManyRedirects, agent

HTML = {"text/html"}


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()
    yield found
    found.close()


@pytest.fixture
def fetcher(site: Site) -> Iterator[Fetcher]:
    with Fetcher(user_agent=agent("https://desk.example"), allowed_hosts=[site.host]) as found:
        yield found


def test_a_page_comes_with_what_its_headers_say(site: Site, fetcher: Fetcher) -> None:
    site.answers["/caf%C3%A9?q=a%20b"] = page(
        b"<p>Hello",
        content_type='Text/HTML ; Charset="ISO-8859-1"',
        etag='W/"1"',
        last_modified="Fri, 20 Nov 2026 10:00:00 GMT",
        x_robots_tag="noindex",
        X_Robots_Tag="bellhop: nofollow",
    )
    found = fetcher.get(site.url + "/café?q=a b#top", kinds=HTML)
    assert found.url == site.url + "/caf%C3%A9?q=a%20b"
    assert (found.status, found.body) == (200, b"<p>Hello")
    assert (found.content_type, found.charset) == ("text/html", "iso-8859-1")
    assert (found.etag, found.last_modified) == ('W/"1"', "Fri, 20 Nov 2026 10:00:00 GMT")
    assert found.robots_tag == "noindex, bellhop: nofollow"
    assert (found.redirects, found.not_modified, found.retry_after) == ([], False, None)


def test_it_says_who_asks_and_carries_nothing_else(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = page(set_cookie="session=1")
    fetcher.get(site.url)
    fetcher.get(site.url)
    for _, headers in site.asked:
        assert headers.pop("user-agent") == (
            "Mozilla/5.0 (compatible; Bellhop/1.0; +https://desk.example)"
        )
        assert headers.pop("host") == site.host
        assert headers.pop("accept").startswith("text/html")
        assert headers.pop("accept-encoding") == "gzip, deflate"
        assert headers == {}


def test_a_page_that_did_not_change_is_not_sent_again(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = b'HTTP/1.1 304 Same\r\nETag: "2"\r\n\r\n'
    found = fetcher.get(
        site.url, kinds=HTML, etag='"1"', last_modified="Fri, 20 Nov 2026 10:00:00 GMT"
    )
    assert (found.not_modified, found.status, found.body, found.etag) == (True, 304, b"", '"2"')
    [(_, headers)] = site.asked
    assert headers["if-none-match"] == '"1"'
    assert headers["if-modified-since"] == "Fri, 20 Nov 2026 10:00:00 GMT"


def test_what_a_header_cannot_hold_is_not_sent(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = page()
    assert fetcher.get(site.url, etag='"1"\r\nX: 1', last_modified="é").status == 200
    [(_, headers)] = site.asked
    assert not {"if-none-match", "if-modified-since", "x"} & set(headers)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 429, 500, 503])
def test_an_error_is_an_answer_without_a_body(site: Site, fetcher: Fetcher, status: int) -> None:
    site.answers["/"] = answer(b"x" * 1_000, status, content_type="image/png")
    for _ in range(2):
        found = fetcher.get(site.url, kinds=HTML)
        assert (found.status, found.body) == (status, b"")
    assert site.connections == 1


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0),
        ("Fri, 20 Nov 2026 16:01:00 GMT", 60.0),
        ("Friday, 20-Nov-26 16:01:00 GMT", 60.0),
        ("Fri, 20 Nov 2026 15:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("9" * 500, None),
        ("", None),
    ],
)
def test_how_long_a_website_asks_to_wait_is_told(
    site: Site, fetcher: Fetcher, said: str, seconds: float | None
) -> None:
    site.answers["/"] = answer(b"", 503, retry_after=said)
    with time_machine.travel(datetime(2026, 11, 20, 16, 0, tzinfo=UTC), tick=False):
        found = fetcher.get(site.url)
    assert found.retry_after == seconds


@pytest.mark.parametrize(
    "said",
    [
        b'HTTP/1.1 304 Same\r\nETag: "1"\r\n\r\n',
        b"HTTP/1.1 304 Same\r\nContent-Length: 5000\r\n\r\n",
        b"HTTP/1.1 204 None\r\n\r\n",
        answer(b"", 404),
        answer(b"", 302, location="/there"),
    ],
)
def test_the_connection_is_used_again_after_an_answer_without_a_body(
    site: Site, fetcher: Fetcher, said: bytes
) -> None:
    site.answers["/"] = said
    site.answers["/there"] = page()
    for _ in range(3):
        fetcher.get(site.url, etag='"1"')
    assert site.connections == 1


def test_redirects_are_followed_and_remembered(site: Site, fetcher: Fetcher) -> None:
    site.answers["/1"] = leads_to("/a/2?x", 301)
    site.answers["/a/2?x"] = leads_to("../3#part", 303)
    site.answers["/3"] = leads_to("?é=ü", 307)
    site.answers["/3?%C3%A9=%C3%BC"] = leads_to(site.url + "/5", 308)
    site.answers["/5"] = page()
    found = fetcher.get(site.url + "/1")
    assert found.url == site.url + "/5"
    assert [place.removeprefix(site.url) for place in found.redirects] == [
        "/1", "/a/2?x", "/3", "/3?%C3%A9=%C3%BC",
    ]  # fmt: skip
    assert site.connections == 1


def test_five_redirects_are_followed_and_not_six(site: Site, fetcher: Fetcher) -> None:
    for number in range(6):
        site.answers[f"/{number}"] = leads_to(f"/{number + 1}")
    site.answers["/6"] = page()
    assert fetcher.get(site.url + "/1").status == 200
    with pytest.raises(TooManyRedirects, match="more than 5 times"):
        fetcher.get(site.url + "/0")
    assert site.paths().count("/6") == 1


@pytest.mark.parametrize("target", ["/1", "/2", "#again"])
def test_a_circle_of_redirects_ends_at_once(site: Site, fetcher: Fetcher, target: str) -> None:
    site.answers["/1"] = leads_to("/2")
    site.answers["/2"] = leads_to(target)
    with pytest.raises(TooManyRedirects, match="in a circle"):
        fetcher.get(site.url + "/1")
    assert site.paths() == ["/1", "/2"]


@pytest.mark.parametrize(
    "target", ["http://[", "http://a b/", "http://ex\x01ample.com/", "/" + "a" * 3000]
)
def test_a_redirect_to_nothing_is_refused(site: Site, fetcher: Fetcher, target: str) -> None:
    site.answers["/"] = leads_to(target)
    with pytest.raises((Refused, Away)):
        fetcher.get(site.url)


def test_a_redirect_without_a_place_is_an_answer(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = answer(b"", 302)
    assert fetcher.get(site.url).status == 302


def test_whoever_asks_may_keep_to_a_part_of_the_web(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = leads_to("/de/")
    site.answers["/de/"] = leads_to("/private/")
    with pytest.raises(Elsewhere) as elsewhere:
        fetcher.get(site.url, within=lambda url: "/de/" in url)
    assert elsewhere.value.url == site.url + "/private/"
    assert site.paths() == ["/", "/de/"]


def test_another_kind_is_refused_before_its_body_comes(site: Site, fetcher: Fetcher) -> None:
    def video(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 100\r\n\r\n")
        site.over.wait()

    site.answers["/"] = video
    with pytest.raises(Refused, match=r"a kind that is not read \(video/mp4\)\."):
        fetcher.get(site.url, kinds=HTML)


def test_a_page_that_says_no_kind_may_be_one(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = answer(b"<p>Hello")
    found = fetcher.get(site.url, kinds=HTML)
    assert (found.content_type, found.body) == ("", b"<p>Hello")


def test_connections_are_used_again_by_several_threads(site: Site, fetcher: Fetcher) -> None:
    for number in range(200):
        site.answers[f"/{number}"] = page(str(number).encode() * 50)
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda number: fetcher.get(f"{site.url}/{number}").body, range(200)))
    assert pages == [str(number).encode() * 50 for number in range(200)]
    assert len(site.asked) == 200
    assert site.connections <= 8


def test_a_connection_that_the_website_gave_up_is_made_anew(site: Site, fetcher: Fetcher) -> None:
    """It was closed without a word after an answer that did not say so."""

    def once(sock: socket.socket) -> None:
        sock.sendall(page())

    site.answers["/"] = once
    for _ in range(5):
        assert fetcher.get(site.url).body == b"<p>Hello"


def test_a_website_that_hangs_up_without_an_answer_is_away(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = lambda sock: None
    with pytest.raises(Away, match="is no web page, or broke off"):
        fetcher.get(site.url)
    assert site.paths() == ["/", "/"]


@pytest.mark.parametrize(
    "raw",
    [
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"\x16\x03\x01\x00\x00",
    ],
)
def test_what_is_no_answer_is_away(site: Site, fetcher: Fetcher, raw: bytes) -> None:
    site.answers["/"] = lambda sock: sock.sendall(raw)
    with pytest.raises(Away, match="no web page"):
        fetcher.get(site.url)


def test_the_job_hears_that_it_is_alive_and_can_be_stopped(site: Site, fetcher: Fetcher) -> None:
    class Stopped(Exception):
        pass

    told = []

    def alive() -> None:
        told.append(1)
        if len(told) == 3:
            raise Stopped

    site.answers["/"] = lambda sock: sock.recv(1)
    with pytest.raises(Stopped):
        fetcher.get(site.url, alive=alive)
    assert site.hung_up.wait(60), "the connection is closed, too"


def test_two_threads_are_watched_apart(site: Site, fetcher: Fetcher) -> None:
    """One that waits in vain does not take the time of one that is answered late."""
    later = threading.Event()

    def late(sock: socket.socket) -> None:
        later.wait()
        sock.sendall(page())

    site.answers["/late"] = late
    site.answers["/never"] = lambda sock: sock.recv(1)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(fetcher.get, site.url + "/late", seconds=100)
        with pytest.raises(Away):
            fetcher.get(site.url + "/never", seconds=1)
        later.set()
        assert waiting.result().status == 200


def test_names_with_a_dot_at_the_end_and_capitals_are_one_host(site: Site) -> None:
    site.answers["/"] = page()
    place = f"hotel.example:{site.port}"
    with Fetcher(
        user_agent="x", find=Names(hotel_example=["127.0.0.1"]), allowed_hosts=[place]
    ) as fetcher:
        for host in ("hotel.example", "HOTEL.example.", "Hotel.Example"):
            assert fetcher.get(f"http://{host}:{site.port}").url == f"http://{place}/"
    assert site.connections == 1
    assert {headers["host"] for _, headers in site.asked} == {place}
