"""Send signed webhooks to the app and try again until it took them."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from sandbox import signatures
from sandbox.faults import Fault, Faults
from sandbox.settings import Behaviour, Settings
from sandbox.webhook import FORM, JSON, Webhook, spread, whatsapp_body
from sandbox.wire import AT_ONCE, Wire

MOST_WAITING = 200_000
ROOM = 5_000
"""While so many wait, messages go no further: what there is to tell is told later."""
BUSY = 200
"""While so many wait, WhatsApp puts statuses together, as Meta does."""
TOGETHER = 50

log = logging.getLogger(__name__)


class Webhooks:
    """The outgoing calls: what is due is taken by a few senders; failures wait longer each time."""

    def __init__(self, settings: Settings, behaviour: Behaviour, faults: Faults) -> None:
        self.settings = settings
        self.behaviour = behaviour
        self.faults = faults
        self.recent: deque[Webhook] = deque(maxlen=2000)
        self.waiting = 0
        self._wire = Wire(behaviour)
        self._ids = itertools.count(1)
        self._due: asyncio.Queue[Webhook] = asyncio.Queue()
        self._held: dict[str, Webhook] = {}
        self._batch: list[Webhook] = []
        self._postponed: deque[Callable[[], None]] = deque()
        self._senders: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self._wire.open()
        self._senders = [asyncio.create_task(self._send_due()) for _ in range(AT_ONCE)]

    async def stop(self) -> None:
        for sender in self._senders:
            sender.cancel()
        await asyncio.gather(*self._senders, return_exceptions=True)
        await self._wire.close()

    def when_room(self, step: Callable[..., None], *about: Any) -> None:
        """Take a step that is told to the app, now or when fewer webhooks wait."""
        if self._postponed or self.waiting >= ROOM:
            self._postponed.append(partial(step, *about))
        else:
            step(*about)

    # What the providers call

    def whatsapp(
        self, field_name: str, value: dict[str, Any], *, event: str, to: str, about: str
    ) -> None:
        """Post one change to the app's WhatsApp webhook."""
        status = value if field_name == "messages" and "statuses" in value else None
        self._post(
            Webhook(
                url=self.settings.public_url + "/webhooks/whatsapp",
                channel="whatsapp",
                event=event,
                to=to,
                about=about,
                body=whatsapp_body([[(field_name, value)]]),
                content_type=JSON,
                sign=self._sign_whatsapp,
                part=status,
            )
        )

    def twilio(self, url: str, form: dict[str, str], *, event: str, to: str, about: str) -> None:
        """Post a form to a status callback or to the app's address for inbound messages."""

        def sign(_: bytes, wrongly: bool) -> dict[str, str]:
            token = self.settings.secret + ("-forged" if wrongly else "")
            return {"X-Twilio-Signature": signatures.twilio(token, url, form)}

        self._post(
            Webhook(
                url=url,
                channel="sms",
                event=event,
                to=to,
                about=about,
                body=urlencode(form).encode(),
                content_type=FORM,
                sign=sign,
            )
        )

    def razorpay(self, payload: dict[str, Any], *, event_id: str, to: str, about: str) -> None:
        """Post an event to the app's Razorpay webhook."""

        def sign(body: bytes, wrongly: bool) -> dict[str, str]:
            secret = self.settings.razorpay_webhook_secret + ("-forged" if wrongly else "")
            signature = signatures.razorpay(secret, body)
            return {"X-Razorpay-Signature": signature, "x-razorpay-event-id": event_id}

        self._post(
            Webhook(
                url=self.settings.public_url + "/webhooks/razorpay",
                channel="payment",
                event=str(payload["event"]),
                to=to,
                about=about,
                body=json.dumps(payload, separators=(",", ":")).encode(),
                content_type=JSON,
                sign=sign,
            )
        )

    def _sign_whatsapp(self, body: bytes, wrongly: bool) -> dict[str, str]:
        secret = self.settings.secret + ("-forged" if wrongly else "")
        return {"X-Hub-Signature-256": signatures.whatsapp(secret, body)}

    # From there to the wire

    def _post(self, webhook: Webhook) -> None:
        if not self.behaviour.webhooks:
            return
        if self.waiting >= MOST_WAITING:
            log.error("%s webhooks wait: this one is lost (%s)", self.waiting, webhook.event)
            return
        webhook.id = next(self._ids)
        self.recent.append(webhook)
        self.waiting += 1
        fault = self.faults.active and self.faults.take(
            "webhooks", to=webhook.to, event=webhook.event, channel=webhook.channel
        )
        if fault:
            self._disturb(webhook, fault)
        else:
            self._queue(webhook)

    def _disturb(self, webhook: Webhook, fault: Fault) -> None:
        seconds = fault.seconds
        match fault.fault:
            case "drop":
                self._end(webhook, "dropped")
            case "delay":
                self._later(webhook, 5.0 if seconds is None else seconds)
            case "duplicate":
                self._queue(webhook)
                for _ in range(fault.copies - 1):
                    self.waiting += 1
                    self._due.put_nowait(webhook)
            case "bad_signature":
                webhook.forged = fault
                self._queue(webhook)
            case "reorder":
                self._hold(webhook, 3.0 if seconds is None else seconds)
            case "batch" if webhook.part is not None:
                self._collect(webhook, fault.size, 1.0 if seconds is None else seconds)
            case _:
                self._queue(webhook)

    def _queue(self, webhook: Webhook) -> None:
        self._due.put_nowait(webhook)
        held = self._held.pop(webhook.about, None)
        if held is not None:
            self._later(held, 0.25)

    def _later(self, webhook: Webhook, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._due.put_nowait, webhook)

    def _hold(self, webhook: Webhook, seconds: float) -> None:
        """Keep a webhook until the next one about the same message left, or the time is over."""
        if webhook.about in self._held:
            self._queue(webhook)
            return
        self._held[webhook.about] = webhook
        asyncio.get_running_loop().call_later(seconds, self._release, webhook)

    def _release(self, webhook: Webhook) -> None:
        if self._held.get(webhook.about) is webhook:
            del self._held[webhook.about]
            self._due.put_nowait(webhook)

    def _collect(self, webhook: Webhook, size: int, seconds: float) -> None:
        self._batch.append(webhook)
        if len(self._batch) >= size:
            self._send_batch()
        elif len(self._batch) == 1:
            asyncio.get_running_loop().call_later(seconds, self._send_batch)

    def _send_batch(self) -> None:
        """Put what was collected into one POST with several entries, changes and statuses."""
        batch, self._batch = self._batch, []
        if not batch:
            return
        first = batch[0]
        first.body = whatsapp_body(spread([w.part for w in batch if w.part is not None]))
        for other in batch[1:]:
            self._end(other, f"in the batch of {first.id}")
        self._due.put_nowait(first)

    def _end(self, webhook: Webhook, state: str) -> None:
        webhook.state = state
        self.waiting -= 1
        while self._postponed and self.waiting < ROOM:
            self._postponed.popleft()()

    def _join(self, first: Webhook) -> Webhook | None:
        """Put the statuses that wait behind one into the same POST; return what waits behind them."""
        joined = [first]
        following = None
        while len(joined) < TOGETHER and not self._due.empty():
            following = self._due.get_nowait()
            if not following.joins:
                break
            joined.append(following)
            following = None
        first.body = whatsapp_body(spread([w.part for w in joined if w.part is not None]))
        for other in joined[1:]:
            self._end(other, f"in the batch of {first.id}")
        return following

    async def _send_due(self) -> None:
        following = None
        while True:
            webhook = following or await self._due.get()
            following = None
            if webhook.joins and self._due.qsize() > BUSY:
                following = self._join(webhook)
            if (away := self._wire.seconds_away(webhook)) > 0:
                self._try_again(webhook, away)
            elif await self._wire.send(webhook):
                self._end(webhook, "taken")
            else:
                longest = self.behaviour.webhook_longest_gap
                doubled = self.behaviour.webhook_gap * 2 ** min(webhook.attempts - 1, 10)
                self._try_again(webhook, min(doubled, longest))

    def _try_again(self, webhook: Webhook, seconds: float) -> None:
        if time.time() - webhook.created_at > self.behaviour.webhook_give_up:
            self._end(webhook, "given up")
        else:
            self._later(webhook, seconds)
