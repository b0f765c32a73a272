"""A mail server that does as told at each step, and remembers what reached it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.channels.wire import Listener, listening

HANG_UP = "hang up"
SILENCE = "silence"
STALL = "stop reading"


@dataclass
class Mailroom:
    """`script` maps a step to what is done there, in turn and the last for ever.

    Steps: greeting, EHLO, STARTTLS, AUTH, NOOP, MAIL, RCPT, DATA, body (hang up after some bytes of
    it), verdict, RSET. What is done: a reply, HANG_UP, SILENCE or STALL.
    """

    script: dict[str, list[str]] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("8BITMIME",)
    tls: ssl.SSLContext | None = None
    commands: list[str] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)
    listener: Listener = field(default_factory=lambda: Listener(0))

    @property
    def port(self) -> int:
        return self.listener.port

    @property
    def verbs(self) -> list[str]:
        return [command.split()[0] for command in self.commands]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._do("greeting", "220 here", reader, writer):
            return
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            self.commands.append(line)
            verb = line.split()[0].upper()
            usual = {"DATA": "354 go on", "EHLO": self._ehlo(), "QUIT": "221 bye"}
            if not await self._do(verb, usual.get(verb, "250 ok"), reader, writer):
                return
            if verb == "STARTTLS" and self.tls:
                await writer.start_tls(self.tls)
            data = verb == "DATA" and self._last.startswith("354")
            if verb == "QUIT" or (data and not await self._take(reader, writer)):
                return

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if "body" in self.script:
            await reader.readexactly(1000)
            return await self._do("body", HANG_UP, reader, writer)
        self.letters.append(await reader.readuntil(b"\r\n.\r\n"))
        return await self._do("verdict", "250 2.0.0 kept", reader, writer)

    async def _do(
        self,
        step: str,
        usual: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        told = self.script.get(step, [usual])
        self._last = told.pop(0) if len(told) > 1 else told[0]
        if self._last == STALL:
            writer.transport.pause_reading()
            await asyncio.Event().wait()
        if self._last == SILENCE:
            await reader.read()
        if self._last in (SILENCE, HANG_UP):
            return False
        writer.write(f"{self._last}\r\n".encode())
        await writer.drain()
        return True

    def _ehlo(self) -> str:
        return "\r\n".join(["250-here", *(f"250-{name}" for name in self.extensions), "250 HELP"])


@asynccontextmanager
async def mailroom(
    *extensions: str,
    starttls: ssl.SSLContext | None = None,
    implicit: ssl.SSLContext | None = None,
    **script: list[str],
) -> AsyncIterator[Mailroom]:
    room = Mailroom(script=script, extensions=extensions, tls=starttls)
    async with listening(room.serve, room.listener, tls=implicit):
        yield room
