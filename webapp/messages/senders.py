"""A process's connections to the providers, and the event loop on which it sends."""

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

from webapp.extensions import settings
from webapp.messages.channels import Accounts, Carrier, Channel, open_carriers
from webapp.messages.lines import Line

T = TypeVar("T")


class Sender:
    """One process's connections to the providers, kept from task to task, and its event loop."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self.lines: dict[Accounts, dict[Channel, Line]] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it on this process's loop, with the database session of this very task."""
        # Left to itself, the runner would keep the context of the first task, and its session.
        return self.runner.run(work, context=contextvars.copy_context())

    def lines_of(self, accounts: Accounts) -> dict[Channel, Line]:
        """Return the lines to some accounts, made at first use."""
        if accounts not in self.lines:
            carriers, patience = open_carriers(accounts), accounts.patience
            self.lines[accounts] = {
                channel: Line(
                    carriers.get(channel),
                    patience.smtp_connections
                    if channel == Channel.EMAIL
                    else patience.http_connections,
                )
                for channel in Channel
            }
        return self.lines[accounts]

    def carrier(self, channel: Channel) -> Carrier | None:
        """Return what carries a channel's messages for real."""
        return self.lines_of(accounts_of_settings())[channel].carrier

    async def _close(self) -> None:
        for lines in self.lines.values():
            for line in lines.values():
                if line.carrier is not None:
                    await line.carrier.aclose()

    def close(self) -> None:
        """Close the connections and the loop."""
        self.run(self._close())
        self.runner.close()


_senders: list[Sender] = []


def sender() -> Sender:
    """Return this process's connections to the providers."""
    if not _senders:
        _senders.append(Sender())
    return _senders[0]


def hang_up() -> None:
    """Close this process's connections, before it ends."""
    while _senders:
        _senders.pop().close()


def accounts_of_settings() -> Accounts:
    """Return the providers' accounts of this installation."""
    config = settings()
    return Accounts(whatsapp=config.whatsapp, twilio=config.twilio, mail=config.mail)
