"""The wire from the sandbox to the app: one attempt to hand over a webhook, and what came of it."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from sandbox.settings import Behaviour
from sandbox.webhook import Webhook

AT_ONCE = 24
ANSWER_WITHIN = 10.0


class Wire:
    """Calls the app, and knows which servers nobody listens at."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self._away_until: dict[str, float] = {}
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=AT_ONCE),
            timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def seconds_away(self, webhook: Webhook) -> float:
        """For how long it is no use to call the server of a webhook."""
        return self._away_until.get(origin(webhook.url), 0) - time.monotonic()

    async def send(self, webhook: Webhook) -> bool:
        """Call the app once; whether it took the webhook."""
        assert self._session is not None
        webhook.attempts += 1
        forged = webhook.forged
        wrongly = forged is not None and (forged.always or webhook.attempts == 1)
        headers = {"Content-Type": webhook.content_type, **webhook.sign(webhook.body, wrongly)}
        try:
            async with self._session.post(
                URL(webhook.url, encoded=True),  # as it was signed, not tidied up
                data=webhook.body,
                headers=headers,
                allow_redirects=False,
            ) as answer:
                await answer.read()
        except (TimeoutError, aiohttp.ClientError, ValueError, OSError) as error:
            webhook.answer = _problem(error)
            if isinstance(error, aiohttp.ClientConnectorError):
                self._mark_away(webhook)
            return False
        webhook.answer = f"answered {answer.status}"
        self._away_until.pop(origin(webhook.url), None)
        return 200 <= answer.status < 300

    def _mark_away(self, webhook: Webhook) -> None:
        """While nobody listens, one failed call speaks for all that wait for the same server."""
        gap = min(self.behaviour.webhook_gap * 2 ** min(webhook.attempts - 1, 2), 4.0)
        self._away_until[origin(webhook.url)] = time.monotonic() + gap


def _problem(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        return "nobody listens"
    if isinstance(error, TimeoutError):
        return f"no answer in {ANSWER_WITHIN:.0f} s"
    return f"no answer ({type(error).__name__})"


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
