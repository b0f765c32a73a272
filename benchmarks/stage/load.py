"""A load on one address: keep-alive connections that ask again as soon as they are answered.

``{n}`` in the address is another number each time.
"""

import asyncio
import sys
import time
from itertools import count
from urllib.parse import urlsplit

# Read by the caller: requests a second, and how many answers had another status.


async def ask(
    url: str, headers: str, *, connections: int, seconds: float, status: int
) -> tuple[float, int]:
    """Return the requests a second, and how many were answered with another status."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n{headers}\r\n".encode()
    end, counts, numbers = time.monotonic() + seconds, [0, 0], count()

    async def one() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while time.monotonic() < end:
            writer.write(request.replace(b"{n}", str(next(numbers)).encode()))
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            if length and int(length):
                await reader.readexactly(int(length))
            counts[0 if int(head[9:12]) == status else 1] += 1
            if b"onnection: close" in head:
                writer.close()
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.close()

    began = time.monotonic()
    await asyncio.gather(*(one() for _ in range(connections)))
    return counts[0] / (time.monotonic() - began), counts[1]


def main() -> None:
    """Ask, as a process of its own: url, seconds, status, headers."""
    url, seconds, status, headers = sys.argv[1:5]
    rate, others = asyncio.run(
        ask(url, headers, connections=4, seconds=float(seconds), status=int(status))
    )
    print(rate, others)


if __name__ == "__main__":
    main()
