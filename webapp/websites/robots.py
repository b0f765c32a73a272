"""What a website allows to be read: robots.txt (RFC 9309).

Which rules are ours is read here; protego says what they match. By itself it would take groups for
ours whose name only begins like ours, and would end a group at lines it does not know.
"""

import math
import re
from collections.abc import Iterator
from urllib.parse import quote, urljoin

from protego import Protego

from webapp.websites.addresses import LONGEST
from webapp.websites.answers import Fetched
from webapp.websites.fetching import Alive, Away, Fetcher, Refused, TooManyRedirects

#: The name that groups are for, within the longer name of ``fetching.agent``.
NAME = "bellhop"

#: As much as has to be read (RFC 9309 2.5), in bytes.
MOST = 500 * 1024

#: A line is read so far (as Google does), in characters.
LONGEST_LINE = 16_663

AGENT = {"user-agent", "useragent", "user agent"}
ALLOW = {"allow"}
DISALLOW = {"disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"}
SITEMAP = {"sitemap", "site-map"}
DELAY = {"crawl-delay"}

#: What is read as it is; everything else in a rule is written as percent and octets (RFC 9309 2.2.2).
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


class Rules:
    """What one website allows. ``delay`` is what it asks for, in seconds, however long."""

    def __init__(self, text: str = "", *, base: str = "", note: str = "") -> None:
        group = _Group()
        self.sitemaps: list[str] = []
        #: Why nothing may be read, in words; "" otherwise.
        self.note = note
        for field, value in _lines(text):
            if field in SITEMAP:
                self._add_sitemap(base, value)
            else:
                group.take(field, value)
        self.delay = group.delay()
        self._matcher = Protego.parse("User-agent: *\n" + "\n".join(group.rules()))

    @classmethod
    def read(cls, fetcher: Fetcher, url: str, *, alive: Alive | None = None) -> "Rules":
        """Read the rules of the website to which an address belongs.

        Without a file (a status 400 to 499, or redirects without end) everything is allowed; when
        it cannot be had (500 and above, no answer, an address that is never fetched), nothing.
        """
        place = urljoin(url, "/robots.txt")
        try:
            answer, text = _fetched(fetcher, place, alive)
        except TooManyRedirects:
            return cls()
        except (Refused, Away) as error:
            return cls(note=f"Its robots.txt cannot be read, so nothing is: {error}")
        if answer.status >= 500:
            return cls(
                note="Its robots.txt cannot be read, so nothing is: "
                f"the website answered with error {answer.status}."
            )
        return cls(text, base=answer.url)

    def allows(self, url: str) -> bool:
        """Tell whether a page may be read."""
        return not self.note and bool(self._matcher.can_fetch(url, "*"))

    def _add_sitemap(self, base: str, value: str) -> None:
        try:
            place = urljoin(base, value)
        except ValueError:
            return
        if place not in self.sitemaps and len(place) <= LONGEST:
            self.sitemaps.append(place)


def _fetched(fetcher: Fetcher, url: str, alive: Alive | None) -> tuple[Fetched, str]:
    """Return the answer and as much of its text as is read, cut after a whole line."""
    taken = bytearray()
    with fetcher.open(url, alive=alive, most=None) as (answer, blocks):
        for block in blocks:
            taken += block
            if len(taken) > MOST:
                del taken[max(taken.rfind(b"\n", 0, MOST), taken.rfind(b"\r", 0, MOST)) + 1 :]
                break
    for mark in b"\xef\xbb\xbf":
        if taken.startswith(bytes([mark])):
            del taken[0]
    return answer, taken.decode("utf-8", "replace")


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield field and value of each line that has both; a colon may be missing between two words."""
    for line in re.split(r"\r\n|\r|\n", text):
        content = line[:LONGEST_LINE].partition("#")[0].strip()
        field, colon, value = content.partition(":")
        if not colon:
            words = content.split()
            if len(words) != 2:
                continue
            field, value = words
        yield field.strip().lower(), value.strip()


class _Group:
    """The rules for us: those of all groups with our name, else those of all groups for everybody.

    Names that follow each other share the rules that come next; lines of any other kind and empty
    ones in between change nothing (RFC 9309 2.2.1).
    """

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}
        self.delays: dict[str, float] = {}
        self.current: set[str] = set()
        self.complete = False

    def take(self, field: str, value: str) -> None:
        if field in AGENT:
            self._begin(value)
        elif field in ALLOW | DISALLOW:
            self.complete = True
            rule = ("Allow: " if field in ALLOW else "Disallow: ") + quote(value, safe=PRINTABLE)
            for name in self.current:
                self.found[name].append(rule)
        elif field in DELAY:
            for name in self.current:
                self.delays[name] = max(self.delays.get(name, 0.0), _seconds(value))

    def _begin(self, value: str) -> None:
        if self.complete:
            self.current = set()
            self.complete = False
        name = "*" if value.split()[:1] == ["*"] else _token(value)
        if name in {"*", NAME}:
            self.current.add(name)
            self.found.setdefault(name, [])

    def _ours(self) -> str:
        return NAME if NAME in self.found else "*"

    def rules(self) -> list[str]:
        return self.found.get(self._ours(), [])

    def delay(self) -> float:
        return self.delays.get(self._ours(), 0.0)


def _token(value: str) -> str:
    """Return the product token that a name begins with (RFC 9309 2.2.1), in small letters."""
    match = re.match(r"[A-Za-z_-]*", value)
    return match[0].lower() if match else ""


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0
