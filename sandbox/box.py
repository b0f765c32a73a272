"""What all parts of the sandbox share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sandbox.faults import Fault, Faults
from sandbox.profiles import Rehearsals
from sandbox.settings import Behaviour, Settings
from sandbox.store import Store
from sandbox.webhooks import Webhooks


class Box:
    """The one sandbox of this process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.behaviour = Behaviour()
        self.store = Store()
        self.faults = Faults()
        self.rehearsals = Rehearsals()
        self.webhooks = Webhooks(settings, self.behaviour, self.faults)
        self.close_door: Callable[[str, float], Awaitable[None]] | None = None
        self._running: set[asyncio.Task[None]] = set()

    def trouble(self, provider: str, name: str, *, to: str, phase: str = "") -> Fault | None:
        """Say what goes wrong with a message: by a fault, else by the rehearsal it is sent in."""
        fault = None
        if self.faults.active:
            on = {"phase": phase} if phase else {"on": "send"}
            fault = self.faults.take(provider, to=to, **on)
        if fault is None and name:
            fault = self.rehearsals.take(name, provider, to, phase)
        return fault

    def switch_on(self, wanted: Mapping[str, Any]) -> Fault:
        """Switch a fault on. Raises ValueError in plain words.

        refuse_connection with seconds closes the listening socket for that long; without, it
        is a drop.
        """
        fault = self.faults.add(wanted)
        if fault.fault == "refuse_connection" and fault.seconds:
            task = asyncio.create_task(self._refuse(fault, fault.seconds))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return fault

    async def _refuse(self, fault: Fault, seconds: float) -> None:
        if self.close_door is not None:
            await asyncio.sleep(0.05)  # the answer to who asked for it goes out first
            await self.close_door(fault.provider, seconds)
        self.faults.remove(fault.id)
