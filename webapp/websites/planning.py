"""What one slice of a crawl knows of its website: a row would be asked for again after each commit."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.clock import now
from webapp.websites.models import Website
from webapp.websites.scoping import Scope

MEGABYTE = 1_000_000
#: Bytes that a crawl fetches at most: each page of the limit may have as many on the average.
BYTES_A_PAGE = 1 * MEGABYTE
#: Addresses fetched in vain, for each page that may be read.
VAIN = 3


@dataclass(frozen=True)
class Plan:
    """Where a crawl begins and what bounds it."""

    source_id: int
    crawl: int
    url: str
    scope: Scope
    max_pages: int
    max_depth: int
    max_seconds: int
    ends_at: datetime
    #: Seconds between two requests.
    delay: float
    #: Says whether robots.txt lets us fetch an address.
    allows: Callable[[str], bool]

    @classmethod
    def of(
        cls,
        website: Website,
        *,
        delay: float,
        allows: Callable[[str], bool],
        max_pages: int | None = None,
    ) -> "Plan":
        """Return the plan of the crawl that is under way; ``max_pages`` where it has a limit of its own."""
        scope = Scope.of(website)
        return cls(
            website.source_id,
            website.crawl,
            first(website),
            scope,
            max_pages or website.max_pages,
            website.max_depth,
            website.max_seconds,
            (website.crawl_began_at or now()) + timedelta(seconds=website.max_seconds),
            delay,
            allows,
        )

    @property
    def max_bytes(self) -> int:
        """Return how much is fetched in all, at most."""
        return max(50 * MEGABYTE, self.max_pages * BYTES_A_PAGE)

    @property
    def max_fetched(self) -> int:
        """Return how many addresses are asked for, at most."""
        return VAIN * self.max_pages + 20


def first(website: Website) -> str:
    """Return the address of the first page, by the name of the host that is used."""
    return Scope.of(website).place(website.url) or website.url
