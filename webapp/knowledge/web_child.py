"""A process that stays, and reads pages of websites one after the other."""

import json
import os
import selectors
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from webapp.extensions import settings
from webapp.knowledge.child import ALIVE_EVERY, Child, NotRead

SECONDS = 20.0  # for one page
#: After so many it makes room for another: what the libraries remember of pages grows with them.
PAGES = 300
BLOCK = 64 * 1024


class WebText(NamedTuple):
    """What a page says.

    ``about`` may have title, description, author, date (ISO 8601), language, canonical, noindex and
    nofollow; ``pieces`` are as in ``extraction.pieces``; ``links`` are absolute, each once, without
    those that are not to be followed.
    """

    about: dict[str, Any]
    pieces: list[dict[str, Any]]
    links: list[str]
    extractor: str = "dom"


def _unheard() -> None:
    """Nobody wants to be called while we wait."""


class PageReader:
    """Gives pages to a process of its own, which is started when the first one comes.

    For one thread at a time; several readers may work side by side. To be used by ``with``, where
    the settings can be read.
    """

    def __init__(self) -> None:
        limits = {"megabytes": settings().reader_megabytes, "seconds": settings().reader_seconds}
        # Beside "--serve" stands its value, which nobody reads.
        self._options = {"serve": "pages", "limits": json.dumps(limits)}
        self._child: Child | None = None
        self._read = 0

    def __enter__(self) -> "PageReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process; the next page would start another."""
        if self._child is not None:
            self._child.end()
        self._child = None
        self._read = 0

    def read(
        self,
        content: bytes,
        *,
        url: str,
        content_type: str,
        charset: str | None,
        alive: Callable[[], None] = _unheard,
    ) -> WebText:
        """Return what a page says.

        ``alive`` is called at least twice a second; what it raises ends the process. Raises
        NotRead, after which other pages can be read.
        """
        header = {
            "url": url,
            "content_type": content_type,
            "charset": charset,
            "length": len(content),
        }
        message = json.dumps(header).encode() + b"\n" + content
        used = self._read > 0
        try:
            return self._asked(message, alive)
        except NotRead as why:
            # It may have been at its end because of the pages before; a fresh one decides.
            if not used or why.code == "time" or self._child is not None:
                raise
        return self._asked(message, alive)

    def _asked(self, message: bytes, alive: Callable[[], None]) -> WebText:
        if self._read >= PAGES:
            self.close()
        try:
            child = self._child = self._child or Child(self._options, subprocess.PIPE)
            self._read += 1
            deadline = time.monotonic() + SECONDS
            _send(child, message, deadline, alive)
            raw = child.line(alive, max(0.0, deadline - time.monotonic()))
            if raw is None:
                raise child.ended()
        except BaseException:
            self.close()
            raise
        found = json.loads(raw)
        if found["is"] == "refused":
            if found["code"] == "memory":
                self.close()
            raise NotRead(found["code"], found["detail"])
        return WebText(found["about"], found["pieces"], found["links"], found["extractor"])


def _send(child: Child, message: bytes, deadline: float, alive: Callable[[], None]) -> None:
    """Write a page to the process; what it does not take in time, ``line`` will find out."""
    pipe = child.process.stdin
    assert pipe is not None  # noqa: S101 - it is asked for above
    os.set_blocking(pipe.fileno(), False)
    left = memoryview(message)
    with selectors.DefaultSelector() as selector, suppress(BrokenPipeError):
        selector.register(pipe, selectors.EVENT_WRITE)
        while left and time.monotonic() < deadline:
            if selector.select(ALIVE_EVERY):
                left = left[os.write(pipe.fileno(), left[:BLOCK]) :]
            else:
                alive()
