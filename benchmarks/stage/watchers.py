"""People who watch a live page, and one who books: each as a browser asks."""

import asyncio
import html
import sys
import time
from urllib.parse import urlsplit

EVERY = 2.0  # seconds between two polls of a page that moves, as the page itself says


async def get(url: str, headers: str) -> tuple[int, str]:
    """Ask once, by a connection of its own; return the status and the body."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    line = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n{headers}\r\n"
    writer.write(line.encode())
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head[9:12]), body.decode(errors="replace")


async def watch(base: str, poll: str, headers: str, until: float, wait: float) -> int:
    """Poll until a moment, each time for what was seen last; return how often there was news."""
    news = 0
    await asyncio.sleep(wait)
    while time.monotonic() < until:
        began = time.monotonic()
        status, body = await get(base + poll, headers)
        if status == 200:
            news += 1
            poll = html.unescape(body.partition('hx-get="')[2].partition('"')[0]) or poll
        await asyncio.sleep(max(0.0, EVERY - (time.monotonic() - began)))
    return news


async def look(urls: list[str], headers: str, rate: float) -> list[float]:
    """Open pages, so many a second, whatever is still being waited for; return the seconds each took."""
    begin, took = time.monotonic(), []

    async def one(url: str, planned: float) -> None:
        await asyncio.sleep(max(0.0, planned - time.monotonic()))
        status, _ = await get(url, headers)
        if status != 200:
            sys.exit(f"{url} was answered with {status}")
        took.append(time.monotonic() - planned)

    await asyncio.gather(*(one(url, begin + number / rate) for number, url in enumerate(urls)))
    return took


async def both(
    booking: str, base: str, poll: str, headers: str, *, watchers: int, seconds: float, rate: float
) -> tuple[list[float], int]:
    """Book while people watch; return what each booking page took, and how much news there was."""
    until = time.monotonic() + seconds
    watching = [
        asyncio.create_task(watch(base, poll, headers, until, EVERY * number / watchers))
        for number in range(watchers)
    ]
    took = await look([booking] * int(seconds * rate), "", rate)
    return took, sum(await asyncio.gather(*watching))
