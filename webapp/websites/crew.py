"""Those who fetch and read pages, side by side, while one thread alone talks to the database."""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType

from webapp.knowledge.web_child import PageReader, WebText
from webapp.websites.answers import Fetched
from webapp.websites.fetching import Fetcher
from webapp.websites.frontier import Waiting
from webapp.websites.visiting import Visit, visit

#: Pages asked for at once, and children that read, where no delay between two requests is wanted.
AT_ONCE, READERS = 8, 2


class Halt(Exception):
    """The crawl has been told to stop."""


class Crew:
    """A pool of threads; each takes one page at a time, and a reader when the page is there."""

    def __init__(
        self,
        fetcher: Fetcher,
        readers: list[PageReader],
        *,
        size: int,
        within: Callable[[str], bool],
    ) -> None:
        self.fetcher = fetcher
        self.within = within
        self.size = size
        self.halted = threading.Event()
        self.readers: queue.SimpleQueue[PageReader] = queue.SimpleQueue()
        for reader in readers:
            self.readers.put(reader)
        self.pool = ThreadPoolExecutor(size, thread_name_prefix="crawl")
        self.at_work: dict[Future[Visit], Waiting] = {}

    def __enter__(self) -> "Crew":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let everything go that is under way: its pages are still to be fetched."""
        self.halted.set()
        self.pool.shutdown(wait=True, cancel_futures=True)

    @property
    def busy(self) -> set[int]:
        """The ids of the pages that somebody is at."""
        return {page.id for page in self.at_work.values()}

    @property
    def room(self) -> int:
        """How many more could be sent."""
        return self.size - len(self.at_work)

    def send(self, page: Waiting) -> None:
        """Let somebody fetch a page."""
        self.at_work[self.pool.submit(self._visit, page)] = page

    def back(self, timeout: float) -> list[Visit]:
        """Return what came of some pages, in their order; wait so many seconds for it at most."""
        if not self.at_work:
            time.sleep(timeout)
            return []
        done, _ = wait(self.at_work, timeout, FIRST_COMPLETED)
        for future in done:
            del self.at_work[future]
        return sorted((future.result() for future in done), key=lambda visit: visit.page.id)

    def _visit(self, page: Waiting) -> Visit:
        return visit(page, self.fetcher, self._read, alive=self._alive, within=self.within)

    def _alive(self) -> None:
        if self.halted.is_set():
            raise Halt

    def _read(self, fetched: Fetched) -> WebText:
        self._alive()
        reader = self._reader()
        try:
            return reader.read(
                fetched.body,
                url=fetched.url,
                content_type=fetched.content_type,
                charset=fetched.charset,
                alive=self._alive,
            )
        finally:
            self.readers.put(reader)

    def _reader(self) -> PageReader:
        while True:
            try:
                return self.readers.get(timeout=0.25)
            except queue.Empty:
                self._alive()
