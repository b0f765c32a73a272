"""Start the sandbox: ``python -m sandbox``."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys

from sandbox.app import serve
from sandbox.box import Box
from sandbox.settings import Refused, Settings


async def run(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    await serve(Box(settings), stop)


def main() -> int:
    logging.basicConfig(level=logging.WARNING, format="sandbox: %(levelname)s %(message)s")
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a TextIO knows no reconfigure; ours is always the real one
    try:
        asyncio.run(run(Settings.from_env()))
    except (Refused, OSError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
