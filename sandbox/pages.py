"""The pages for people: what this is, and the switches for faults and behaviour."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox.box import Box
from sandbox.control import shake_hands
from sandbox.faults import PHASES
from sandbox.ledger import Ledger
from sandbox.looks import Looks, from_here, see
from sandbox.settings import Refused
from sandbox.words import CARDS, PRESETS, SWITCHES, describe, left

NUMBERS = {"times": int, "code": int, "status": int, "seconds": float, "retry_after": float}


class Pages:
    """The start page and the faults page."""

    def __init__(self, box: Box, looks: Looks, ledger: Ledger) -> None:
        self.box = box
        self.looks = looks
        self.ledger = ledger

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.home),
            web.post("/forget", from_here(self.forget)),
            web.post("/handshake", from_here(self.handshake)),
            web.get("/faults", self.faults),
            web.post("/faults", from_here(self.add_fault)),
            web.post("/faults/preset", from_here(self.add_preset)),
            web.post("/faults/clear", from_here(self.clear_faults)),
            web.post(r"/faults/{id:\d+}/remove", from_here(self.remove_fault)),
            web.post("/behaviour", from_here(self.change_behaviour)),
        ]

    async def home(self, request: web.Request) -> web.Response:
        return self._home()

    def _home(self, notice: str = "", good: bool = True) -> web.Response:
        store = self.box.store
        counts = {"sms": 0, "whatsapp": 0, "email": 0}
        for message in store.messages.values():
            if message.direction == "out":
                counts[message.channel] += 1
        return self.looks.page(
            "home.html",
            settings=self.box.settings,
            counts=counts,
            phones=len(store.phones()),
            paid=sum(1 for p in self.ledger.payments.values() if p["captured"]),
            faults=len(self.box.faults.active),
            waiting=self.box.webhooks.waiting,
            webhooks=list(self.box.webhooks.recent)[-12:][::-1],
            notice=notice,
            good=good,
        )

    async def forget(self, request: web.Request) -> web.Response:
        self.box.store.forget()
        self.box.rehearsals.forget()
        self.ledger.forget()
        return see("/")

    async def handshake(self, request: web.Request) -> web.Response:
        result = await shake_hands(self.box)
        if result["verified"]:
            return self._home("The app proved its WhatsApp webhook.")
        why = f"answered {result['status']}" if result["status"] else "could not be reached"
        return self._home(f"The app did not prove its WhatsApp webhook: it {why}.", good=False)

    async def faults(self, request: web.Request) -> web.Response:
        return self._faults()

    def _faults(self, problem: str = "", typed: dict[str, str] | None = None) -> web.Response:
        behaviour = self.box.behaviour
        return self.looks.page(
            "faults.html",
            status=422 if problem else 200,
            active=[(fault, describe(fault), left(fault)) for fault in self.box.faults.active],
            cards=CARDS,
            presets=PRESETS,
            phases=PHASES,
            switches=[(name, words, getattr(behaviour, name)) for name, words in SWITCHES],
            delay=behaviour.status_delay,
            problem=problem,
            typed=typed or {},
        )

    async def add_fault(self, request: web.Request) -> web.Response:
        typed = {name: str(value).strip() for name, value in (await request.post()).items()}
        try:
            self.box.switch_on(_fault_of(typed))
        except ValueError as error:
            return self._faults(f"That cannot be switched on: {error}.", typed)
        return see("/faults")

    async def add_preset(self, request: web.Request) -> web.Response:
        wanted = str((await request.post()).get("preset", ""))
        for preset in PRESETS:
            if preset.name == wanted:
                self.box.faults.add(preset.fault)
        return see("/faults")

    async def clear_faults(self, request: web.Request) -> web.Response:
        self.box.faults.clear()
        return see("/faults")

    async def remove_fault(self, request: web.Request) -> web.Response:
        self.box.faults.remove(int(request.match_info["id"]))
        return see("/faults")

    async def change_behaviour(self, request: web.Request) -> web.Response:
        form = await request.post()
        wanted: dict[str, Any] = {name: name in form for name, _ in SWITCHES}
        try:
            wanted["status_delay"] = float(str(form.get("status_delay", "")))
            self.box.behaviour.change(wanted)
        except ValueError:
            return self._faults("The delay must be a number of seconds.")
        except Refused as error:
            return self._faults(f"That cannot be: {error}.")
        return see("/faults")


def _fault_of(typed: dict[str, str]) -> dict[str, Any]:
    """Read the form: empty fields are left out, numbers are numbers, a share is in per cent."""
    wanted: dict[str, Any] = {}
    for name, value in typed.items():
        if not value:
            continue
        try:
            if name == "share":
                wanted["share"] = float(value) / 100
            else:
                wanted[name] = NUMBERS.get(name, str)(value)
        except ValueError:
            raise ValueError(f"{name} must be a number") from None
    return wanted
