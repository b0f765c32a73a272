"""TLS in front of a server that speaks none, as a platform's Redis has it: a process of its own."""

import asyncio
import contextlib
import signal
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

from devtools.processes import answers, free_port, start, stop, wait_until

ROOT = Path(__file__).parent.parent.parent
#: For 127.0.0.1; its key is known to everybody. Whoever trusts this file trusts the proxy.
CERTIFICATE = ROOT / "tests" / "channels" / "data" / "localhost.pem"


@contextlib.contextmanager
def tls_before(port: int, folder: Path) -> Iterator[int]:
    """Yield the port at which the server of another port is reached through TLS alone."""
    front, log = free_port(), folder / "tls.log"
    line = [sys.executable, "-m", "tests.deploy.tls", str(front), str(port)]
    process = start(line, log=log, cwd=ROOT, death=signal.SIGKILL)
    try:
        wait_until(lambda: answers(front), process=process, log=log)
        yield front
    finally:
        stop(process)


async def serve(front: int, port: int) -> None:
    """Pass on whatever comes to the front, both ways."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner, outer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(copied(reader, outer), copied(inner, writer))

    async with await asyncio.start_server(passed_on, "127.0.0.1", front, ssl=context) as server:
        await server.serve_forever()


async def copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until one side hangs up."""
    with contextlib.suppress(OSError):
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
