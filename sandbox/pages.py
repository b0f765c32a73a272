"""The pages for people: what this is, the phones, the mailbox, the faults."""

from __future__ import annotations

from aiohttp import web

from .box import Box
from .looks import Looks
from .twilio import Twilio
from .whatsapp import WhatsApp


class Pages:
    """Plain pages; a small script keeps them fresh."""

    def __init__(self, box: Box, looks: Looks, whatsapp: WhatsApp, twilio: Twilio) -> None:
        self.box = box
        self.looks = looks
        self.whatsapp = whatsapp
        self.twilio = twilio

    def routes(self) -> list[web.RouteDef]:
        return []
