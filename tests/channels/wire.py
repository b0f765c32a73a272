"""Tiny servers that answer as told, byte by byte, and remember what reached them."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from webapp.messages.channels import Patience

PATIENT = Patience(connect=30.0, answer=30.0, verdict=30.0)
"""For whoever is answered: a busy machine must not make a test fail."""
HASTY = Patience(connect=1.0, answer=1.0, verdict=1.0)
"""For whoever waits in vain."""
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Seen:
    """One request as the server read it."""

    line: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Listener:
    port: int
    requests: list[Seen] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def listening(
    handler: Handler,
    listener: Listener | None = None,
    *,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Listener]:
    """Serve connections with `handler` until the block ends; no connection outlives it."""
    open_writers: set[asyncio.StreamWriter] = set()
    found = listener or Listener(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.add(writer)
        found.connections += 1
        try:
            await handler(reader, writer)
        except (asyncio.IncompleteReadError, OSError):
            return
        finally:
            open_writers.discard(writer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=64 * 1024 * 1024, ssl=tls)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for writer in list(open_writers):
            writer.transport.abort()
        await asyncio.sleep(0)


async def read_request(reader: asyncio.StreamReader) -> Seen:
    """Read one HTTP/1.1 request with a Content-Length."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(head[0], headers, body)


def reply(status: int, body: object = b"", **headers: str) -> bytes:
    """Return the bytes of an HTTP answer; anything but bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[Listener]:
    """Answer requests with these bytes in turn, the last one for ever."""
    found = Listener(0)
    waiting = list(answers)

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            found.requests.append(await read_request(reader))
            writer.write(waiting.pop(0) if len(waiting) > 1 else waiting[0])
            await writer.drain()

    async with listening(handler, found):
        yield found


@asynccontextmanager
async def answering_late(delay: float, answer: bytes) -> AsyncIterator[Listener]:
    """Answer every request after `delay` seconds."""
    found = Listener(0)

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            found.requests.append(await read_request(reader))
            await asyncio.sleep(delay)
            writer.write(answer)

    async with listening(handler, found):
        yield found


@asynccontextmanager
async def dropping(sent: bytes = b"") -> AsyncIterator[Listener]:
    """Read each request, write `sent`, and hang up."""
    found = Listener(0)

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.requests.append(await read_request(reader))
        writer.write(sent)
        await writer.drain()

    async with listening(handler, found):
        yield found


@asynccontextmanager
async def silent() -> AsyncIterator[Listener]:
    """Read each request and never answer."""
    found = Listener(0)

    async def handler(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        found.requests.append(await read_request(reader))
        await reader.read()

    async with listening(handler, found):
        yield found


async def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port
