"""A mail server's replies, one after the other, however many commands went to it at once."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, cast

LONGEST = 64 * 1024
"""A server that says more than this without an end is not understood any more."""


class Reply(NamedTuple):
    """A code, and the words of all its lines."""

    code: int
    words: str


class LostError(Exception):
    """The server hung up, said nothing in time, or something that is no reply."""


class Replies(asyncio.Protocol):
    """Takes over a greeted connection; the library before it knows one command at a time only."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._came: deque[Reply] = deque()
        self._lines: list[bytes] = []
        self._rest = b""
        self._lost: str | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False
        self._transport: asyncio.WriteTransport | None = None

    @classmethod
    def take_over(cls, transport: asyncio.BaseTransport | None) -> "Replies":
        """Return the replies of a connection that is open now. Raises LostError."""
        if transport is None or transport.is_closing():
            raise LostError("disconnected after the greeting")
        replies = cls()
        # No isinstance: the transports of uvloop are none of asyncio's.
        open_line = replies._transport = cast("asyncio.WriteTransport", transport)
        # Not 0: over TLS asyncio then pauses an empty buffer and never resumes it.
        open_line.set_write_buffer_limits(high=1, low=0)
        open_line.set_protocol(replies)
        return replies

    @property
    def quiet(self) -> bool:
        """Whether the line is open, and the server said nothing that nobody asked for."""
        closing = self._transport is None or self._transport.is_closing()
        return not (self._lost or closing or self._came or self._rest or self._lines)

    def write(self, data: bytes) -> None:
        """Send bytes. Raises LostError when the line is known to be broken."""
        if self._lost is not None or self._transport is None or self._transport.is_closing():
            raise LostError(self._lost or "disconnected")
        self._transport.write(data)

    async def drained(self, seconds: float) -> None:
        """Wait until what was written has left this process. Raises LostError."""
        await self._until(lambda: not self._paused, seconds, "the server reads no further")

    async def read(self, seconds: float) -> Reply:
        """Return the next reply. Raises LostError; what came before the loss is still returned."""
        if not self._came:
            await self._until(lambda: bool(self._came), seconds, "no reply in time")
        return self._came.popleft()

    async def several(self, count: int, seconds: float) -> list[Reply]:
        """Return the next replies; fewer when the line broke before all of them had come."""
        came: list[Reply] = []
        with suppress(LostError):
            while len(came) < count:
                came.append(await self.read(seconds))
        return came

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    async def _until(self, done: Callable[[], bool], seconds: float, late: str) -> None:
        alarm = self._loop.call_later(seconds, self._fail, late)
        try:
            while not done():
                if self._lost is not None:
                    raise LostError(self._lost)
                self._waiter = self._loop.create_future()
                await self._waiter
        finally:
            self._waiter = None
            alarm.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, why: str) -> None:
        self._lost = self._lost or why
        self._wake()

    # What the connection calls

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line(line.rstrip(b"\r"))
        if len(self._rest) + sum(map(len, self._lines)) > LONGEST:
            self._fail("a reply without an end")
        self._wake()

    def _line(self, line: bytes) -> None:
        if not (line[:3].isdigit() and len(line[:3]) == len(b"250") and self._lost is None):
            self._fail(f"not a reply: {line[:100].decode(errors='replace')}")
            return
        self._lines.append(line[4:].strip())
        if line[3:4] != b"-":
            words = b"\n".join(self._lines).decode("utf-8", "replace")
            self._lines = []
            self._came.append(Reply(int(line[:3]), words))

    def eof_received(self) -> None:
        self._fail("the server hung up")

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(f"{type(error).__name__}: {error}" if error else "the server hung up")

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._wake()
