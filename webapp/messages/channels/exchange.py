"""One HTTP request to a provider: it was answered, it never left, or nobody knows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from webapp.messages.channels import Channel, Outcome, OutcomeKind, Patience
from webapp.messages.channels.outcomes import find, outcome

ERROR_TEXT = 300


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body's JSON object, or an empty one when it is anything else."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def retry_after(self) -> float | None:
        """Return the seconds of Retry-After, which may be written as a number or a date."""
        value = self.headers.get("Retry-After", "").strip()
        if value.isdecimal():
            return float(value)
        try:
            when = parsedate_to_datetime(value)
        except ValueError:
            return None
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return max((when - datetime.now(UTC)).total_seconds(), 0.0)


class UnansweredError(Exception):
    """No answer; `code` is a row of the outcome table: whether the request may have left."""

    def __init__(self, code: str, cause: BaseException) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}"[:ERROR_TEXT])
        self.code = code


class ProviderError(Exception):
    """A call that is not a send did not work; `outcome` says why and whether to try again."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.detail or outcome.code)
        self.outcome = outcome


def open_session(
    patience: Patience, headers: Mapping[str, str] | None = None
) -> aiohttp.ClientSession:
    """Open the pool of connections to one provider.

    The caller keeps to `patience.http_connections` requests at a time, so that nobody waits inside
    the pool: the connect time-out would count that wait and call a slow provider unreachable.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=patience.http_connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=headers,
        timeout=aiohttp.ClientTimeout(
            connect=patience.connect,
            sock_read=patience.answer,
            # Bounds an answer that trickles in; it can only fire after `connect` did not.
            total=patience.connect + patience.answer,
            # Exact time-outs: rounded ones could let `total` fire before `connect`.
            ceil_threshold=float("inf"),
        ),
    )


async def exchange(session: aiohttp.ClientSession, method: str, url: Any, **options: Any) -> Answer:
    """Send one request, once, and read the whole answer. Raises UnansweredError."""
    try:
        # Following a redirect would be a second request, with our token, to another place.
        async with session.request(method, url, allow_redirects=False, **options) as response:
            return Answer(response.status, response.headers, await response.read())
    except aiohttp.ClientConnectorCertificateError as error:
        raise UnansweredError("certificate", error) from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise UnansweredError("not_connected", error) from error
    except (aiohttp.ClientError, OSError) as error:
        # Disconnected, timed out while reading, broken body: it may have been worked on.
        raise UnansweredError("no_answer", error) from error


def refusal(
    channel: Channel,
    answer: Answer,
    *,
    code: str | None,
    detail: str | None,
    attempt: int,
) -> Outcome:
    """Judge an answer that is no success: by the code in its body, else by its status."""
    wait = answer.retry_after()
    if code is not None:
        if not find(channel, code) and answer.status >= 500:
            # The provider itself wrote this error, so it did not accept: a retry is safe.
            code = f"fault {code}"
        return outcome(channel, code, attempt=attempt, detail=detail, retry_after=wait)
    detail = f"HTTP {answer.status}: {answer.body[:ERROR_TEXT].decode(errors='replace')}"
    if answer.status == 503 and wait is not None:
        # A proxy that lost the answer of an accepted request says 503 too, but does not know when
        # to come again; whoever names a time turned us away at the door.
        return Outcome(OutcomeKind.TRANSIENT, code="http 503", detail=detail, retry_after=wait)
    if answer.status < 300:
        return outcome(channel, "unreadable", attempt=attempt, detail=detail)
    return outcome(
        channel, f"http {answer.status}", attempt=attempt, detail=detail, retry_after=wait
    )
