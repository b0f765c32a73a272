"""What a process keeps from one slice of a crawl to the next, so that none begins from nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from webapp.knowledge.web_child import PageReader
from webapp.websites.robots import Rules

#: Websites whose robots.txt is remembered.
MOST_RULES = 8
#: Seconds for which readers that nobody uses are kept: starting one costs half a second, keeping
#: one some 100 MB.
IDLE = 15.0

#: Website, crawl, and scope.
Key = tuple[int, int, str]
_rules: dict[Key, Rules] = {}


def rules(key: Key, read: Callable[[], Rules]) -> Rules:
    """Return what robots.txt allows: asked for once in each crawl, by each process."""
    if key not in _rules:
        found = read()
        while len(_rules) >= MOST_RULES:
            del _rules[next(iter(_rules))]
        _rules[key] = found
    return _rules[key]


def forget(source_id: int) -> None:
    """Let the robots.txt of a website be asked for anew."""
    for key in [key for key in _rules if key[0] == source_id]:
        del _rules[key]


class Rest:
    """The readers that nobody uses at this moment; they end by themselves after a while."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.readers: list[PageReader] = []
        self.timer: threading.Timer | None = None

    def take(self) -> PageReader | None:
        """Return one that rests, or None."""
        with self.lock:
            return self.readers.pop() if self.readers else None

    def give(self, readers: list[PageReader]) -> None:
        """Let some rest, until they are taken or their time is up."""
        with self.lock:
            self.readers += readers
            if self.timer is not None:
                self.timer.cancel()
            self.timer = threading.Timer(IDLE, self.end)
            self.timer.daemon = True
            self.timer.start()

    def end(self) -> None:
        """End them all."""
        with self.lock:
            readers, self.readers = self.readers, []
        for reader in readers:
            reader.close()


_rest = Rest()


@contextmanager
def readers(number: int) -> Iterator[list[PageReader]]:
    """Yield some readers of pages, each with a process of its own when it has read one."""
    taken = [_rest.take() or PageReader() for _ in range(number)]
    try:
        yield taken
    finally:
        _rest.give(taken)
