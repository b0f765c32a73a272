"""What a website answered, and what its headers say."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime

from webapp.clock import now

#: Longer values are nothing to go by, and have no place in the database.
LONGEST_ETAG = 500
LONGEST_DATE = 100


@dataclass(frozen=True)
class Fetched:
    """An answer. ``body`` is empty unless the status is 200 to 299."""

    #: Where it came from in the end, written in the one way, without fragment.
    url: str
    status: int
    #: In small letters and without parameters, such as ``text/html``; "" when nothing was said.
    content_type: str = ""
    #: As the header says, in small letters.
    charset: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    #: All ``X-Robots-Tag`` headers, with commas.
    robots_tag: str = ""
    body: bytes = b""
    #: The addresses that led here, in order, without ``url`` itself.
    redirects: list[str] = field(default_factory=list)
    #: It is still what ``etag`` or ``last_modified`` of the question said.
    not_modified: bool = False
    #: Seconds that the site asks to wait (``Retry-After``, RFC 9110 10.2.3).
    retry_after: float | None = None


class Headers(dict[str, str]):
    """Headers by their names in small letters; what came twice is joined by commas (RFC 9110 5.3)."""

    @classmethod
    def read(cls, raw: Iterable[tuple[bytes, bytes]]) -> "Headers":
        """Read what httpcore gives."""
        headers = cls()
        for name, value in raw:
            key, text = name.decode("ascii").lower(), _text(value)
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        return headers

    def said(self, name: str, longest: int = 1_000) -> str:
        """Return a header, "" when it is absent or too long."""
        value = self.get(name, "")
        return value if len(value) <= longest else ""

    def length(self) -> int | None:
        """Return how many bytes are to come, as far as that is said."""
        value = self.said("content-length", 20)
        return int(value) if value.isdigit() else None

    def fetched(self, url: str, status: int, redirects: list[str]) -> Fetched:
        """Return the answer without its body."""
        kind, _, parameters = self.said("content-type").partition(";")
        charset = re.search(
            r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", parameters, re.IGNORECASE
        )
        return Fetched(
            url=url,
            status=status,
            content_type=kind.strip().lower(),
            charset=charset[1].lower() if charset else None,
            etag=self.said("etag", LONGEST_ETAG) or None,
            last_modified=self.said("last-modified", LONGEST_DATE) or None,
            robots_tag=self.said("x-robots-tag"),
            redirects=redirects,
            retry_after=seconds_of(self.said("retry-after")),
        )


def _text(value: bytes) -> str:
    """Return a header's value: UTF-8 if it can be, as real servers send addresses in ``Location``."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def seconds_of(retry_after: str) -> float | None:
    """Return the wait that ``Retry-After`` asks for, given in seconds or as a date."""
    value = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now()).total_seconds())
