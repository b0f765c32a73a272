"""The process that reads foreign bytes, seen from here: started, listened to, ended in time.

Why apart: docs/decisions/0021-foreign-bytes-are-read-apart.md. What it writes: extraction/pieces.py.
"""

import compileall
import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from webapp.extensions import settings
from webapp.knowledge.refusals import words

log = logging.getLogger(__name__)

#: The file and not its folder: to run a folder Python imports more than a small document costs.
EXTRACTION = Path(__file__).resolve().parents[2] / "extraction" / "__main__.py"
ALIVE_EVERY = 0.4  # seconds between two calls of ``alive``
BLOCK = 256 * 1024
LONGEST_LINE = 64 * 1024 * 1024  # bytes; a piece of 2 million characters with its marks has less
OUTPUT = 512 * 1024 * 1024  # bytes of all lines
CAREFUL = ("xlsx",)  # formats whose readers know ``Hints.careful``
LOGGED = 4096  # bytes of what it complained last
NAME = 120  # characters of a file's name: its ending is what matters
#: Where the system looks for Python's own libraries; nothing else of our environment is passed on.
KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
#: What libraries in C and Rust say or do when they are given no more memory.
OUT_OF_MEMORY = (b"MemoryError", b"memory allocation", b"bad_alloc", b"Cannot allocate memory")
ABORTS = (signal.SIGABRT, signal.SIGTRAP, signal.SIGILL)


class NotRead(Exception):
    """The file was not read: a sentence for people, and what they can do."""

    def __init__(self, code: str, detail: dict[str, Any] | None = None) -> None:
        self.code = code
        self.sentence, self.advice = words(code, detail or {})
        super().__init__(self.sentence)


def extract(
    file: Path,
    *,
    name: str,
    start: int = 0,
    encoding: str | None = None,
    alive: Callable[[], None],
    seconds: float | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield what the file says: a line "begin", the pieces after the ``start``-th, and "end".

    ``alive`` is called at least twice a second, also while the reading process is silent; what it
    raises ends that process at once. So does closing this generator. The time that the caller
    takes between two lines does not count among the ``seconds`` (by default READER_SECONDS). Raises
    NotRead.
    """
    options = {"name": _harmless(name), "limits": json.dumps(_limits())}
    if encoding:
        options["encoding"] = encoding
    left = float(settings().reader_seconds) if seconds is None else seconds
    reached = start
    begun: dict[str, Any] | None = None
    while True:
        options["start"] = str(reached)
        try:
            with file.open("rb") as content, Child(options, content) as child:
                child.left = left
                for line in child.lines(alive):
                    if line["is"] == "begin" and begun is not None:
                        continue
                    begun = begun or line
                    reached = line.get("number", reached)
                    yield line
            return
        except NotRead as why:
            left = child.left
            if not _worth_another_try(why, begun, options):
                raise
            options["careful"] = "1"


def _worth_another_try(why: NotRead, begun: dict[str, Any] | None, options: dict[str, str]) -> bool:
    """Tell whether the reader has a slower way that needs less, and has not gone it yet."""
    return (
        why.code in ("memory", "crashed")
        and begun is not None
        and begun["format"] in CAREFUL
        and "careful" not in options
    )


def _limits() -> dict[str, int]:
    return {
        "megabytes": settings().reader_megabytes,
        "seconds": settings().reader_seconds,
        "pages": settings().document_pages,
    }


def _harmless(name: str) -> str:
    """Return the end of a file's name as an argument may hold it."""
    kept = "".join(letter for letter in name[-NAME:] if letter.isprintable())
    return kept.encode("utf-8", "replace").decode()


def _understood(raw: bytes) -> dict[str, Any]:
    """Return a line; raises NotRead for a refusal, and for what no sound reader would write."""
    try:
        found: dict[str, Any] = json.loads(raw)
        if found["is"] == "refused":
            raise NotRead(found["code"], found["detail"])
    except (ValueError, KeyError, TypeError) as error:
        raise NotRead("crashed") from error
    return found


@cache
def prepare() -> None:
    """Compile what the child imports, once per process: it may write no file, so it cannot itself.

    Where the folder cannot be written to, each child compiles anew, which costs it 15 ms.
    """
    compileall.compile_dir(EXTRACTION.parent, quiet=2)


class Child:
    """A running ``extraction``, in a session of its own so that it ends with all it might start.

    To be used by ``with``; leaving that ends it.
    """

    def __init__(self, options: Mapping[str, str], stdin: BinaryIO | int) -> None:
        prepare()
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-B", str(EXTRACTION), *words],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: os.environ[name] for name in KEPT if name in os.environ},
            cwd="/",
            start_new_session=True,
        )
        #: Seconds that ``lines`` may still wait for all the rest.
        self.left = 60.0
        self._waiting = bytearray()
        self._searched = 0
        self._received = 0
        self._complaints = b""
        self._killed_for = ""
        self._selector = selectors.DefaultSelector()
        for pipe, take in ((self.process.stdout, self._take), (self.process.stderr, self._note)):
            assert pipe is not None  # noqa: S101 - both are asked for above
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ, take)
        self._heard = time.monotonic()

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def line(self, alive: Callable[[], None], seconds: float) -> bytes | None:
        """Return the next line, waiting at most so long; None when there is none any more.

        ``alive`` is called at least each half second. After None, ``ended`` says why.
        """
        deadline = time.monotonic() + seconds
        while (found := self._next()) is None:
            self._call(alive)
            if not self._selector.get_map():
                return None
            left = deadline - time.monotonic()
            if left <= 0:
                self._give_up("time")
                return None
            for key, _ in self._selector.select(min(left, ALIVE_EVERY)):
                key.data()
            if len(self._waiting) > LONGEST_LINE or self._received > OUTPUT:
                self._give_up("too_long")
                return None
        self._call(alive)
        return found

    def lines(self, alive: Callable[[], None]) -> Iterator[dict[str, Any]]:
        """Yield each line up to "end"; raises NotRead, also when ``left`` is used up.

        What the caller does between two lines takes nothing of the time.
        """
        while True:
            began = time.monotonic()
            raw = self.line(alive, self.left)
            if raw is None:
                raise self.ended()
            self.left -= time.monotonic() - began
            found = _understood(raw)
            yield found
            if found["is"] == "end":
                return

    def ended(self) -> NotRead:
        """Return in words why there is no further line; ends the process."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1)  # it has closed its output: let it say how it ended
        self.end()
        code = self._killed_for or self._reason(self.process.returncode)
        log.warning(
            "A reader ended with %s (%s): %s",
            self.process.returncode,
            code,
            self._complaints.decode("utf-8", "replace").strip() or "it said nothing",
        )
        return NotRead(code)

    def end(self) -> None:
        """End the process with all it might have started, and wait for it."""
        if self.process.returncode is None:
            # It may have ended by itself and be waiting for us: then it keeps its own code.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._selector.close()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _next(self) -> bytes | None:
        at = self._waiting.find(b"\n", self._searched)
        if at < 0:
            self._searched = len(self._waiting)
            return None
        found = bytes(self._waiting[:at])
        del self._waiting[: at + 1]
        self._searched = 0
        return found

    def _call(self, alive: Callable[[], None]) -> None:
        if time.monotonic() - self._heard >= ALIVE_EVERY:
            alive()
            self._heard = time.monotonic()

    def _give_up(self, why: str) -> None:
        self._killed_for = why
        self.end()

    def _take(self) -> None:
        block = self._read(self.process.stdout)
        self._waiting += block
        self._received += len(block)

    def _note(self) -> None:
        self._complaints = (self._complaints + self._read(self.process.stderr))[-LOGGED:]

    def _read(self, pipe: Any) -> bytes:
        block = os.read(pipe.fileno(), BLOCK)
        if not block:
            self._selector.unregister(pipe)
        return block

    def _reason(self, code: int) -> str:
        """Return why it ended without having said so itself."""
        if any(words in self._complaints for words in OUT_OF_MEMORY):
            return "memory"
        if -code == signal.SIGXCPU:
            return "time"
        if -code == signal.SIGKILL:
            return "stopped"
        return "memory" if -code in ABORTS else "crashed"
