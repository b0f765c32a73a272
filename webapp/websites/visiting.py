"""One page is fetched and its text taken out: no database, so several can be at it at once."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from webapp.knowledge.child import NotRead
from webapp.websites.answers import Fetched
from webapp.websites.fetching import Away, Fetcher, Refused, TooLarge
from webapp.websites.frontier import Waiting, as_document
from webapp.websites.models import PageState

#: What is read as a page.
PAGES = frozenset({"text/html", "application/xhtml+xml", "text/plain", ""})
DOCUMENTS = {
    "application/pdf": "a PDF file",
    "application/msword": "a Word document",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "a Word document",
    "application/vnd.ms-excel": "an Excel file",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "an Excel file",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "a presentation",
    "text/csv": "a table",
}
#: Seconds to wait when a site asks us to slow down and does not say for how long.
SLOW_DOWN = 30.0
GONE = (404, 410)


class Problem(NamedTuple):
    """Why there is no text of a page."""

    sentence: str
    state: PageState = PageState.FAILED
    #: It may be there later.
    again: bool = False
    #: Seconds for which the site asks us to wait.
    wait: float | None = None


@dataclass(frozen=True)
class Visit:
    """What came of one page: an answer with its text, or a problem."""

    page: Waiting
    fetched: Fetched | None = None
    #: What the child took out: see ``webapp.knowledge.web_child.WebText``.
    text: Any = None
    sha256: str = ""
    problem: Problem | None = None

    @property
    def status(self) -> int | None:
        """What the site answered, as a number of HTTP."""
        return self.fetched.status if self.fetched else None


#: Takes the text out of a page: (body, url, content type, charset).
Read = Callable[[Fetched], Any]


def visit(
    page: Waiting,
    fetcher: Fetcher,
    read: Read,
    *,
    alive: Callable[[], None],
    within: Callable[[str], bool],
) -> Visit:
    """Fetch a page and read it. Raises only what ``alive`` does."""
    try:
        fetched = fetcher.get(
            page.url,
            kinds=PAGES | DOCUMENTS.keys(),
            etag=page.etag,
            last_modified=page.last_modified,
            alive=alive,
            within=within,
        )
    except (TooLarge, Refused) as why:
        return Visit(page, problem=Problem(str(why), PageState.SKIPPED))
    except Away as why:
        return Visit(page, problem=Problem(str(why), again=True))
    problem = _problem_of(fetched)
    if problem is not None or fetched.not_modified:
        return Visit(page, fetched, problem=problem)
    try:
        text = read(fetched)
    except NotRead as why:
        return Visit(page, fetched, problem=Problem(why.sentence))
    return Visit(page, fetched, text, hash_of(text))


def hash_of(text: Any) -> str:
    """Return the SHA-256 of a page's main text; "" when it has none."""
    words = "\n\n".join(piece["text"] for piece in text.pieces)
    return hashlib.sha256(words.encode()).hexdigest() if words.strip() else ""


def _problem_of(fetched: Fetched) -> Problem | None:
    status = fetched.status
    if fetched.not_modified:
        return None
    if status == 429 or (status == 503 and fetched.retry_after is not None):
        wait = SLOW_DOWN if fetched.retry_after is None else fetched.retry_after
        return Problem("The site asks us to come back later.", again=True, wait=wait)
    if status >= 500:
        return Problem(f"The site has a fault of its own (error {status}).", again=True)
    if status in GONE:
        return Problem(f"There is no such page (error {status}).")
    if status in {401, 403, 407}:
        return Problem(f"The site does not show this page to everybody (error {status}).")
    if not 200 <= status < 300:
        return Problem(f"The site answered with error {status}.")
    if kind := DOCUMENTS.get(fetched.content_type):
        return Problem(as_document(kind), PageState.SKIPPED)
    return None
