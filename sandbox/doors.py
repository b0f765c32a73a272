"""The two listening sockets, which can be closed for a while so that connecting is refused."""

from __future__ import annotations

import asyncio

from aiohttp import web

from sandbox.box import Box
from sandbox.smtp import MailServer


class Doors:
    """Opens and closes where the sandbox listens."""

    def __init__(self, box: Box, runner: web.AppRunner) -> None:
        self.box = box
        self.runner = runner
        self._site: web.TCPSite | None = None
        self._mail: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen where nobody listens yet. Raises OSError when an address is taken."""
        settings = self.box.settings
        if self._mail is None:
            self._mail = await asyncio.get_running_loop().create_server(
                lambda: MailServer(self.box), settings.smtp_host, settings.smtp_port
            )
        if self._site is None:
            self._site = web.TCPSite(self.runner, settings.host, settings.port, backlog=1024)
            await self._site.start()

    async def close(self, provider: str) -> None:
        if provider == "smtp" and self._mail is not None:
            self._mail.close()
            self._mail = None
        elif provider != "smtp" and self._site is not None:
            await self._site.stop()
            self._site = None

    async def close_for(self, provider: str, seconds: float) -> None:
        """Close one door and open it again later; open connections are the fault's business."""
        await self.close(provider)
        await asyncio.sleep(seconds)
        await self.open()
