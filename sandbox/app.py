"""Put the parts together: one web application, one mail server, one loop."""

from __future__ import annotations

import asyncio

from aiohttp import web

from sandbox.box import Box
from sandbox.checkout import Checkout
from sandbox.control import Control
from sandbox.doors import Doors
from sandbox.ledger import Ledger
from sandbox.looks import HERE, Looks
from sandbox.mail_pages import MailPages
from sandbox.models import Models
from sandbox.pages import Pages
from sandbox.phone_pages import PhonePages
from sandbox.razorpay import Razorpay
from sandbox.twilio import Twilio
from sandbox.whatsapp import WhatsApp

LARGEST_REQUEST = 110 * 1024 * 1024


def create_app(box: Box) -> web.Application:
    """Build the web application with all its routes."""
    looks = Looks()
    ledger = Ledger(box)
    whatsapp, twilio = WhatsApp(box), Twilio(box)
    app = web.Application(client_max_size=LARGEST_REQUEST)
    control = Control(box, whatsapp, twilio, ledger)
    app.add_routes(control.routes())
    app.add_routes(whatsapp.routes())
    app.add_routes(twilio.routes())
    app.add_routes(Checkout(box, ledger, looks).routes())
    app.add_routes(Razorpay(box, ledger).routes())
    app.add_routes(Models(box).routes())
    app.add_routes(Pages(box, looks, ledger).routes())
    app.add_routes(PhonePages(box, looks, whatsapp, twilio).routes())
    app.add_routes(MailPages(box, looks).routes())
    app.router.add_static("/static", HERE / "static")
    return app


async def serve(box: Box, stop: asyncio.Event) -> None:
    """Listen until ``stop`` is set. Raises OSError when an address is taken."""
    settings = box.settings
    runner = web.AppRunner(
        create_app(box), access_log=None, handle_signals=False, shutdown_timeout=1
    )
    await runner.setup()
    await box.webhooks.start()
    doors = Doors(box, runner)
    box.close_door = doors.close_for
    try:
        await doors.open()
        print(f"Sandbox: {settings.url} (mail on {settings.smtp_host}:{settings.smtp_port})")
        await stop.wait()
        await doors.close("smtp")
    finally:
        await box.webhooks.stop()
        await runner.cleanup()
