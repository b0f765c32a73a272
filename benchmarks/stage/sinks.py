"""Providers that say yes at once: as little work as a server can have, the same for all who send.

``python -m benchmarks.stage.sinks HTTP_PORT SMTP_PORT``. HTTP answers a POST as WhatsApp does, and a GET
with the moments at which the others came; SMTP takes any letter.
"""

import asyncio
import itertools
import json
import sys
import time

_numbers = itertools.count(1)
_arrivals: list[float] = []


class Http(asyncio.Protocol):
    """Answers each POST with a new id, whatever it says."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.rest = transport, b""

    def data_received(self, data: bytes) -> None:
        self.rest += data
        answers = []
        while (end := self.rest.find(b"\r\n\r\n")) >= 0:
            head = self.rest[:end].lower()
            _, _, after = head.partition(b"content-length:")
            length = int(after.partition(b"\r\n")[0] or 0)
            if len(self.rest) < end + 4 + length:
                break
            self.rest = self.rest[end + 4 + length :]
            if head.startswith(b"get"):
                body = json.dumps(_arrivals).encode()
            else:
                _arrivals.append(time.time())
                body = b'{"messages":[{"id":"wamid.%d"}]}' % next(_numbers)
            answers.append(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            )
        if answers:
            self.transport.write(b"".join(answers))


class Smtp(asyncio.Protocol):
    """Takes every letter."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.rest, self.in_data = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.rest += data
        replies = []
        while True:
            mark = b"\r\n.\r\n" if self.in_data else b"\r\n"
            end = self.rest.find(mark)
            if end < 0:
                break
            line, self.rest = self.rest[:end], self.rest[end + len(mark) :]
            replies.append(self.reply(line))
        if replies:
            self.transport.write(b"".join(replies))

    def reply(self, line: bytes) -> bytes:
        """Return what is said to a line, or to a whole letter."""
        if self.in_data:
            self.in_data = False
            return b"250 2.0.0 taken\r\n"
        word = line[:4].upper()
        if word == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
        if word == b"DATA":
            self.in_data = True
            return b"354 go on\r\n"
        return b"250 2.0.0 ok\r\n"


async def main(http_port: int, smtp_port: int) -> None:
    """Serve both until the end."""
    loop = asyncio.get_running_loop()
    await loop.create_server(Http, "127.0.0.1", http_port, backlog=512)
    await loop.create_server(Smtp, "127.0.0.1", smtp_port, backlog=512)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
