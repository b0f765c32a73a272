"""A model at OpenAI's paths that is none: it quotes the first passage, and its vectors are hashed words.

Deterministic, so that a test knows what is answered. It keeps what it was asked last.
"""

from __future__ import annotations

import hashlib
import math
import re
from typing import Any

from aiohttp import web

from sandbox.answers import after_accepting, before_accepting, retry_after
from sandbox.box import Box
from sandbox.faults import Fault

DIMENSIONS = 64
#: What stands between "[1]" and the next number, or the end of the passages.
_FIRST = re.compile(r"^\[1\][^\n]*\n(.+?)(?=^\[2\]|^</passages>|\Z)", re.DOTALL | re.MULTILINE)
_SENTENCE = re.compile(r".+?[.!?。！？](?=\s|$)|.+", re.DOTALL)
UNKNOWN = "I do not know."


class Models:
    """Chat completions and embeddings, for whoever has a key: any will do."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.asked: list[dict[str, Any]] = []

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/chat/completions", self.chat),
            web.post("/v1/embeddings", self.embeddings),
            web.get("/_/model", self.show),
        ]

    async def show(self, _request: web.Request) -> web.Response:
        """Tell what the model was asked, the newest last."""
        return web.json_response({"asked": self.asked[-20:]})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        fault = self.box.faults.take("model", on="chat")
        if early := await _play(request, fault):
            return early
        given = await request.json()
        self.asked.append({"key": request.headers.get("Authorization", ""), **given})
        said = answer_to(given["messages"][-1]["content"], fault.fault if fault else "")
        choice = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": said},
        }
        body = {"object": "chat.completion", "model": given["model"], "choices": [choice]}
        return await after_accepting(request, fault, web.json_response(body))

    async def embeddings(self, request: web.Request) -> web.StreamResponse:
        fault = self.box.faults.take("model", on="embeddings")
        if early := await _play(request, fault):
            return early
        given = await request.json()
        texts = [given["input"]] if isinstance(given["input"], str) else given["input"]
        data = [
            {"object": "embedding", "index": number, "embedding": vector(text)}
            for number, text in enumerate(texts)
        ]
        body = {"object": "list", "model": given["model"], "data": data}
        return await after_accepting(request, fault, web.json_response(body))


def answer_to(prompt: str, fault: str = "") -> str:
    """Quote the first sentence of passage 1, with its number."""
    found = _FIRST.search(prompt)
    sentence = _SENTENCE.match(found[1].strip()) if found else None
    if sentence is None:
        return UNKNOWN
    said = " ".join(sentence[0].split())
    if fault == "no_citation":
        return said
    return f"{said} [99]" if fault == "wrong_citation" else f"{said} [1]"


def vector(text: str) -> list[float]:
    """Return a vector of length 1 whose places are hashed words."""
    found = [0.0] * DIMENSIONS
    for word in re.findall(r"\w+", text.lower()):
        digest = hashlib.sha256(word.encode()).digest()
        found[digest[0] % DIMENSIONS] += 1.0 if digest[1] % 2 else -1.0
    length = math.sqrt(sum(value * value for value in found)) or 1.0
    return [value / length for value in found]


async def _play(request: web.Request, fault: Fault | None) -> web.Response | None:
    if fault is not None and fault.fault in ("error", "throttle"):
        status = 429 if fault.fault == "throttle" else fault.status or fault.code or 500
        status = status if 400 <= status <= 599 else 500
        words = {"message": fault.message or "Something went wrong", "type": fault.fault}
        headers = retry_after(fault) if fault.fault == "throttle" else None
        return web.json_response({"error": words}, status=status, headers=headers)
    return await before_accepting(request, fault)
