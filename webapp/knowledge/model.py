"""The model, if one is configured: any server that speaks OpenAI's protocol for chat and embeddings.

Called in jobs only, with no transaction open: it may take a minute.
"""

import random
import time
from collections.abc import Sequence
from typing import Any

import httpx

from webapp.extensions import settings

CONNECT, PATIENCE = 5.0, 60.0  # seconds
TRIES = 3
#: Seconds that are waited before another try, at most; who asks us to wait longer is not waited for.
LONGEST_WAIT = 10.0
PASSING = {408, 429, 500, 502, 503, 504}
#: Bytes of an answer: more is no answer.
LARGEST = 20_000_000
TOKENS = 700


class Away(Exception):
    """The model gave no answer that is of use; the text says why, for people."""


def name() -> str | None:
    """Return what the model is called that writes answers; None: there is none."""
    return settings().model_name if settings().model_url else None


def embeddings_name() -> str | None:
    """Return what the model is called that makes vectors; None: there is none."""
    return settings().embeddings_name if settings().model_url else None


def chat(messages: Sequence[dict[str, str]]) -> str:
    """Return what the model says to this. Raises Away."""
    asked = {"model": name(), "messages": list(messages), "temperature": 0, "max_tokens": TOKENS}
    answer = _post("/chat/completions", asked)
    try:
        said = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError) as error:
        raise Away("The model's answer could not be read.") from error
    if not isinstance(said, str) or not said.strip():
        raise Away("The model's answer was empty.")
    return said.replace("\0", "").strip()


def vectors(texts: Sequence[str]) -> list[list[float]]:
    """Return a vector for each text, in their order. Raises Away."""
    answer = _post("/embeddings", {"model": embeddings_name(), "input": list(texts)})
    try:
        rows = sorted(answer["data"], key=lambda row: row["index"])
        found = [[float(value) for value in row["embedding"]] for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise Away("The model's vectors could not be read.") from error
    if len(found) != len(texts) or len({len(row) for row in found}) > 1:
        raise Away("The model's vectors do not fit the texts.")
    return found


def _post(path: str, asked: dict[str, Any]) -> Any:
    chosen = settings()
    headers = {"Authorization": f"Bearer {chosen.model_key}"} if chosen.model_key else {}
    with httpx.Client(
        timeout=httpx.Timeout(PATIENCE, connect=CONNECT), headers=headers, follow_redirects=False
    ) as client:
        for attempt in range(1, TRIES + 1):
            wait, said = _try(client, f"{chosen.model_url}{path}", asked)
            if wait is None:
                return said
            if attempt == TRIES or wait > LONGEST_WAIT:
                raise Away(said)
            pause = random.uniform(0.2, 0.6) * attempt  # noqa: S311 - it keeps no secret
            time.sleep(max(wait, pause))
    raise AssertionError("unreachable")


def _try(client: httpx.Client, url: str, asked: dict[str, Any]) -> tuple[float | None, Any]:
    """Ask once: None and the answer, or the seconds to wait and a sentence. Raises Away for good."""
    try:
        answer = client.post(url, json=asked)
    except httpx.TimeoutException:
        raise Away("The model took too long to answer.") from None
    except httpx.HTTPError:
        return 0.0, "The model could not be reached."
    if answer.status_code in PASSING:
        return _retry_after(answer), f"The model is busy or in trouble ({answer.status_code})."
    if answer.status_code in {401, 403}:
        raise Away("The model refused our key (MODEL_KEY).")
    if answer.status_code == 404:
        raise Away("There is no such model at this address (MODEL_URL, MODEL_NAME).")
    if answer.is_error or answer.is_redirect or len(answer.content) > LARGEST:
        raise Away(f"The model refused the question ({answer.status_code}).")
    try:
        return None, answer.json()
    except ValueError:
        raise Away("The model's answer could not be read.") from None


def _retry_after(answer: httpx.Response) -> float:
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isascii() and said.isdigit() else 0.0
