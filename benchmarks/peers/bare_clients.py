"""A bare client: nothing but the library, the sink, and as many connections. Prints the calls a second."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from email.message import EmailMessage

import aiohttp
import aiosmtplib

BODY = b'{"messaging_product":"whatsapp","to":"919812345678","type":"text","text":{"body":"An offer."}}'


async def http(url: str, connections: int, count: int) -> float:
    """Post to the sink over kept connections."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections), cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        numbers = iter(range(count))

        async def one() -> None:
            for _ in numbers:
                async with session.post(url, data=BODY) as response:
                    await response.read()

        return await _speed(one, connections, count)


async def smtp(where: str, connections: int, count: int) -> float:
    """Hand letters over on kept connections."""
    host, _, port = where.rpartition(":")
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@example.com", "b@example.com", "An offer"
    letter.set_content("An offer for you.")
    content = letter.as_bytes()
    numbers = iter(range(count))

    async def one() -> None:
        client = aiosmtplib.SMTP(hostname=host, port=int(port), use_tls=False, start_tls=False)
        await client.connect()
        for _ in numbers:
            await client.sendmail("a@example.com", ["b@example.com"], content)
        client.close()

    return await _speed(one, connections, count)


async def _speed(one: Callable[[], Awaitable[None]], connections: int, count: int) -> float:
    began = time.monotonic()
    await asyncio.gather(*(one() for _ in range(connections)))
    return count / (time.monotonic() - began)


if __name__ == "__main__":
    what, target, connections, count = sys.argv[1:5]
    work = {"http": http, "smtp": smtp}[what]
    print(asyncio.run(work(target, int(connections), int(count))))
