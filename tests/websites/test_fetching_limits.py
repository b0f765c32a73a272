"""However a website behaves, a page ends within its limits of size and time."""

import gzip
import itertools
import socket
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest

from tests.websites.wire import Site, answer, chunk, page
from webapp.websites.fetching import Away, Fetcher, Refused, TooLarge

CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()
    yield found
    found.close()


@pytest.fixture
def fetcher(site: Site) -> Iterator[Fetcher]:
    with Fetcher(user_agent="test", allowed_hosts=[site.host]) as found:
        yield found


def endless(start: bytes, more: bytes, *, every: float = 0.0) -> Callable[[socket.socket], None]:
    """Send for ever, until whoever asked hangs up."""

    def send(sock: socket.socket) -> None:
        sock.sendall(start)
        sock.settimeout(every)
        while True:
            if every:
                try:
                    if sock.recv(1) == b"":
                        return
                except TimeoutError:
                    pass
            sock.settimeout(None)
            sock.sendall(more)
            sock.settimeout(every)

    return send


SLOW = {
    "a body that drips": endless(CHUNKED, chunk(b"x"), every=0.05),
    "headers that drip": endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", every=0.05),
    "a first line that drips": endless(b"HTTP/1.1 200 ", b"O", every=0.05),
    "nothing at all": lambda sock: sock.recv(1),
    "a body that stops": lambda sock: (sock.sendall(CHUNKED + chunk(b"<p>")), sock.recv(1)),
    "provisional answers": endless(b"", b"HTTP/1.1 103 Early\r\n\r\n" * 100),
    "chunks that never begin": endless(CHUNKED, b"0", every=0.05),
    "a redirect that drips": endless(
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 60000\r\n\r\n", b"x", every=0.05
    ),
    "an error that drips": endless(
        b"HTTP/1.1 500 Error\r\nContent-Length: 60000\r\n\r\n", b"x", every=0.05
    ),
}


@pytest.mark.parametrize("how", SLOW)
def test_a_slow_website_ends_at_the_limit(site: Site, fetcher: Fetcher, how: str) -> None:
    told: list[int] = []
    site.answers["/"] = SLOW[how]
    with pytest.raises(Away, match="It had not answered in full after 1 seconds"):
        fetcher.get(site.url, alive=lambda: told.append(1), seconds=0.6)
    assert told
    assert site.hung_up.wait(60), "the connection is closed"


def test_redirects_share_one_time(site: Site, fetcher: Fetcher) -> None:
    def slow(sock: socket.socket) -> None:
        sock.settimeout(0.4)
        try:
            sock.recv(1)
        except TimeoutError:
            at = len(site.asked)
            sock.sendall(f"HTTP/1.1 302 x\r\nLocation: /{at}\r\nContent-Length: 0\r\n\r\n".encode())

    for path in ("/", "/1", "/2", "/3", "/4", "/5"):
        site.answers[path] = slow
    with pytest.raises(Away, match="after 1 seconds"):
        fetcher.get(site.url, seconds=0.6)


FLOODS = {
    "a long header": endless(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 10_000),
    "many headers": endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1_000),
    "a long first line": endless(b"HTTP/1.1 200 ", b"x" * 10_000),
    "a chunk's extension": endless(CHUNKED + b"5;", b"x" * 10_000),
    "trailers": endless(CHUNKED + b"0\r\n", b"X: y\r\n" * 1_000),
}


@pytest.mark.parametrize("how", FLOODS)
def test_a_flood_of_headers_ends_soon(site: Site, fetcher: Fetcher, how: str) -> None:
    site.answers["/"] = FLOODS[how]
    tracemalloc.start()
    with pytest.raises(Away, match="no web page"):
        fetcher.get(site.url, seconds=100)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_body_without_end_is_too_large(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = endless(CHUNKED, chunk(b"x" * 10_000))
    with pytest.raises(TooLarge, match=r"It is larger than 5 MB, so it is not read\."):
        fetcher.get(site.url, seconds=100)
    assert site.hung_up.wait(60)


def test_a_body_of_which_nobody_said_how_long_is_too_large(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = endless(b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 10_000)
    with pytest.raises(TooLarge):
        fetcher.get(site.url, seconds=100)


def test_a_body_that_says_it_is_too_large_is_not_even_begun(site: Site, fetcher: Fetcher) -> None:
    def said(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000001\r\n\r\n")
        sock.recv(1)

    site.answers["/"] = said
    with pytest.raises(TooLarge):
        fetcher.get(site.url, seconds=100)


def test_exactly_as_much_as_is_allowed_is_read(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = page(b"x" * 5_000_000)
    assert len(fetcher.get(site.url, seconds=100).body) == 5_000_000


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = [packer.compress(bytes(1_000_000)) for _ in range(megabytes)]
    return b"".join([*packed, packer.flush()])


def test_a_bomb_stops_at_its_first_megabytes(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = page(bomb(100), content_encoding="gzip")
    tracemalloc.start()
    with pytest.raises(TooLarge):
        fetcher.get(site.url, seconds=100)
    assert tracemalloc.get_traced_memory()[1] < 15_000_000
    tracemalloc.stop()


def test_a_bomb_of_many_members_stops_too(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = page(gzip.compress(bytes(100_000)) * 100, content_encoding="gzip")
    with pytest.raises(TooLarge):
        fetcher.get(site.url, seconds=100)


@pytest.mark.parametrize("packing", ["gzip, gzip", "br", "zstd", "compress", "x" * 500, "gzip,"])
def test_a_packing_that_was_not_asked_for_is_refused(
    site: Site, fetcher: Fetcher, packing: str
) -> None:
    site.answers["/"] = page(gzip.compress(b"x"), content_encoding=packing)
    with pytest.raises(Refused, match="packed in a way that is not read"):
        fetcher.get(site.url)


BODY = bytes(itertools.islice(itertools.cycle(b"Hello, world! "), 300_000))
RAW = zlib.compressobj(wbits=-15)
PACKED = {
    "gzip": ("gzip", gzip.compress(BODY)),
    "x-gzip": ("X-GZip", gzip.compress(BODY)),
    "two members": ("gzip", gzip.compress(BODY[:100_000]) + gzip.compress(BODY[100_000:])),
    "something behind it": ("gzip", gzip.compress(BODY) + b"\0" * 5_000),
    "deflate": ("deflate", zlib.compress(BODY)),
    "raw deflate": ("deflate", RAW.compress(BODY) + RAW.flush()),
    "nothing": ("identity", BODY),
}


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
@pytest.mark.parametrize("how", PACKED)
def test_what_is_packed_is_unpacked_however_it_is_cut(
    site: Site, fetcher: Fetcher, how: str, size: int
) -> None:
    packing, packed = PACKED[how]
    if how == "nothing" and size == 1:
        size = 1_000
    blocks = [packed[at : at + size] for at in range(0, len(packed), size)]
    head = CHUNKED.replace(b"\r\n\r\n", f"\r\nContent-Encoding: {packing}\r\n\r\n".encode())
    site.answers["/"] = head + b"".join(map(chunk, blocks)) + chunk(b"")
    for _ in range(2):
        assert fetcher.get(site.url, seconds=100).body == BODY
    assert site.connections == 1, "and the connection can be used again"


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(BODY)[:-9], gzip.compress(BODY)[:50], b"no gzip at all", b"\x1f"],
    ids=["cut at its end", "cut early", "another thing", "a byte"],
)
def test_what_is_packed_badly_is_away(site: Site, fetcher: Fetcher, packed: bytes) -> None:
    site.answers["/"] = page(packed, content_encoding="gzip")
    with pytest.raises(Away, match=r"breaks off|not packed as it says"):
        fetcher.get(site.url)


def test_an_empty_body_needs_no_packing(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = page(b"", content_encoding="gzip")
    site.answers["/204"] = b"HTTP/1.1 204 None\r\n\r\n"
    assert fetcher.get(site.url).body == b""
    assert fetcher.get(site.url + "/204").status == 204


def test_values_that_are_too_long_are_left_out(site: Site, fetcher: Fetcher) -> None:
    site.answers["/"] = answer(
        b"x", etag="x" * 501, last_modified="x" * 101, content_type="text/html;" + "x" * 2_000
    )
    found = fetcher.get(site.url)
    assert (found.etag, found.last_modified, found.content_type) == (None, None, "")
