"""One page of a website, fetched within limits of size, time, kind and redirects."""

import ssl
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from types import TracebackType

import certifi
import httpcore
import httpx

from webapp.websites.addresses import Allowed, Refused, parsed
from webapp.websites.answers import Fetched, Headers
from webapp.websites.guard import Away, Guard, Resolve, Watch, go_on, resolve, watched
from webapp.websites.unpacking import Broken, unpacked

__all__ = [
    "Away",
    "Elsewhere",
    "Fetched",
    "Fetcher",
    "Refused",
    "TooLarge",
    "TooManyRedirects",
    "agent",
    "at_most",
]

PAGE_BYTES = 5_000_000
PAGE_SECONDS = 20.0
MOST_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
#: What an answer that nobody reads may hold for its connection to be worth keeping.
WORTH_READING = 65_536

Alive = Callable[[], None]


class TooLarge(Exception):
    """There is more of it than is read. The text says to people how much."""


class TooManyRedirects(Refused):
    """It leads on and on, or in a circle."""


class Elsewhere(Refused):
    """It redirects to an address that whoever asked does not want to go to."""

    def __init__(self, url: str) -> None:
        super().__init__(f"It leads on to {url}, which is not a part of this website.")
        self.url = url


def agent(public_url: str) -> str:
    """Return how Bellhop calls itself, with an address at which one can find whose it is."""
    return f"Mozilla/5.0 (compatible; Bellhop/1.0; +{public_url})"


@cache
def trusting() -> ssl.SSLContext:
    """Return whom to trust: the authorities of browsers, and those this machine trusts besides.

    Reading them takes a tenth of a second, so it is done once.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context


class Fetcher:
    """Fetches pages, keeping connections open in between; several threads may use it at once.

    ``allowed_hosts`` may be asked although they are not public (``WEBSITE_PRIVATE_HOSTS``).
    ``find`` and ``tls`` are the outside world: who knows names, and who is trusted. Neither proxies
    nor cookies nor anything else of the environment is used.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allowed_hosts: Iterable[str] = (),
        find: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.allowed = Allowed(allowed_hosts)
        self.headers = {
            "User-Agent": user_agent,
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.5",
            # What can be unpacked in small blocks by Python itself.
            "Accept-Encoding": "gzip, deflate",
        }
        self.pool = httpcore.ConnectionPool(
            ssl_context=tls or trusting(),
            max_connections=64,
            max_keepalive_connections=64,
            keepalive_expiry=15.0,
            network_backend=Guard(self.allowed, find),
        )

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.pool.close()

    def get(
        self,
        url: str,
        *,
        kinds: Collection[str] | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        alive: Alive | None = None,
        within: Callable[[str], bool] | None = None,
        most: int = PAGE_BYTES,
        seconds: float = PAGE_SECONDS,
    ) -> Fetched:
        """Fetch a page, following redirects.

        ``kinds`` are the content types whose body is read, None all of them. ``alive`` is called a
        few times a second meanwhile; what it raises comes out here, and the connection is closed.
        ``within`` is asked before a redirect is followed. ``most`` are bytes after unpacking,
        ``seconds`` those for everything.

        Raises Refused, Elsewhere, Away and TooLarge. An answer with an error's status is no error.
        """
        asked = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        with self.open(
            url,
            kinds=kinds,
            conditions={name: value for name, value in asked.items() if _sendable(value)},
            alive=alive,
            within=within,
            most=most,
            seconds=seconds,
        ) as (answer, blocks):
            return replace(answer, body=b"".join(blocks))

    @contextmanager
    def open(
        self,
        url: str,
        *,
        kinds: Collection[str] | None = None,
        conditions: dict[str, str | None] | None = None,
        alive: Alive | None = None,
        within: Callable[[str], bool] | None = None,
        most: int | None = PAGE_BYTES,
        seconds: float = PAGE_SECONDS,
    ) -> Iterator[tuple[Fetched, Iterator[bytes]]]:
        """Fetch a page as ``get`` does, and give its body block by block while it comes in.

        ``most`` None: as much as is taken; the connection is closed where the taking ends.
        """
        with watched(Watch(seconds, alive)), _in_words():
            place, trail = parsed(url, self.allowed), list[str]()
            while True:
                response = self._ask(place, conditions or {})
                try:
                    headers = Headers.read(response.headers)
                    onward = headers.get("location") if response.status in REDIRECTS else None
                    if onward is None:
                        answer = headers.fetched(str(place), response.status, trail)
                        if response.status == 304 and conditions:
                            answer = replace(answer, not_modified=True)
                        yield answer, self._body(response, headers, answer, kinds, most)
                        return
                    _read_off(response, headers)
                finally:
                    response.close()
                trail.append(str(place))
                place = self._next(place, onward, trail, within)

    def _ask(self, place: httpx.URL, conditions: dict[str, str | None]) -> httpcore.Response:
        """Ask once more when the connection was closed just as it was to be used again."""
        headers = {"Host": place.netloc.decode("ascii"), **self.headers, **conditions}
        request = httpcore.Request(
            "GET",
            httpcore.URL(
                scheme=place.raw_scheme,
                host=place.raw_host,
                port=place.port,
                target=place.raw_path,
            ),
            headers=[(name.encode(), (value or "").encode()) for name, value in headers.items()],
            extensions={"timeout": {"pool": PAGE_SECONDS}},
        )
        try:
            return self.pool.handle_request(request)
        except (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError):
            return self.pool.handle_request(request)

    def _next(
        self,
        place: httpx.URL,
        onward: str,
        trail: list[str],
        within: Callable[[str], bool] | None,
    ) -> httpx.URL:
        """Return where a redirect leads, checked like any other address."""
        try:
            joined = str(place.join(onward))
        except (httpx.InvalidURL, ValueError):
            raise Refused("It leads on to what is not the address of a website.") from None
        following = parsed(joined, self.allowed)
        if str(following) in trail:
            raise TooManyRedirects("It leads on in a circle, so nothing can be read there.")
        if len(trail) > MOST_REDIRECTS:
            raise TooManyRedirects(f"It leads on more than {MOST_REDIRECTS} times.")
        if within is not None and not within(str(following)):
            raise Elsewhere(str(following))
        return following

    def _body(
        self,
        response: httpcore.Response,
        headers: Headers,
        answer: Fetched,
        kinds: Collection[str] | None,
        most: int | None,
    ) -> Iterator[bytes]:
        """Return the body as it comes in, after everything that can be known before it does."""
        if not 200 <= answer.status < 300:
            _read_off(response, headers)
            return iter(())
        if kinds is not None and answer.content_type and answer.content_type not in kinds:
            raise Refused(f"It is of a kind that is not read ({answer.content_type[:100]}).")
        if most is not None and (headers.length() or 0) > most:
            raise _too_large(most)
        packing = headers.said("content-encoding").strip().lower()
        try:
            whole = unpacked(at_most(most, _stream(response)), packing)
        except ValueError:
            raise Refused(f"It is packed in a way that is not read ({packing[:100]}).") from None
        return at_most(most, whole)


def _stream(response: httpcore.Response) -> Iterable[bytes]:
    stream = response.stream
    if not isinstance(stream, Iterable):
        raise TypeError
    return stream


def at_most(most: int | None, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the blocks while somebody is watching. Raises TooLarge behind so many bytes."""
    taken = 0
    for block in blocks:
        go_on()
        taken += len(block)
        if most is not None and taken > most:
            raise _too_large(most)
        yield block


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"It is larger than {most / 1_000_000:g} MB, so it is not read.")


def _read_off(response: httpcore.Response, headers: Headers) -> None:
    """Read the rest of a small answer, so that its connection can be used again."""
    length = 0 if response.status in {204, 304} else headers.length()
    if length is not None and length < WORTH_READING:
        for _ in _stream(response):
            go_on()


def _sendable(value: str | None) -> bool:
    return bool(value) and str(value).isascii() and str(value).isprintable()


@contextmanager
def _in_words() -> Iterator[None]:
    """Say in words what went wrong on the line."""
    try:
        yield
    except Broken as error:
        raise Away(str(error)) from error
    except httpcore.LocalProtocolError as error:
        raise Refused("This is not an address that can be asked for.") from error
    except httpcore.RemoteProtocolError as error:
        raise Away("What it answered is no web page, or broke off.") from error
    except (httpcore.NetworkError, httpcore.TimeoutException) as error:
        raise Away("The connection broke before everything was there.") from error
