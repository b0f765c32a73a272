"""A part of a page that many look at, at the same moment, is made once and not for each of them."""

import time
from collections.abc import Callable, Hashable
from typing import NamedTuple

from flask import Response, request
from flask_wtf.csrf import generate_csrf

from webapp.pages import nothing_new, outdated

#: What is older is made anew: a page also shows what only the clock changes.
SECONDS = 2.0
MOST = 64
#: Stands for the token of whoever is looking, in what is kept.
TOKEN = b"the-token-of-whoever-looks"


class Kept(NamedTuple):
    """A fragment, and when it was made."""

    body: bytes
    made: float


def _is_shown(body: bytes) -> bool:
    """Say whether a page asks for news of the very version that a fragment asks for next."""
    seen = request.args.get("seen")
    return (
        bool(seen) and f"seen={seen}&".encode() in body and not outdated(request.args.get("until"))
    )


def forget() -> None:
    """Keep nothing of what was made so far."""
    for fragments in _all:
        fragments.kept.clear()


class Fragments:
    """The newest fragments of this process, by all that they depend on."""

    def __init__(self) -> None:
        self.kept: dict[Hashable, Kept] = {}
        _all.append(self)

    def answer(self, key: Hashable, make: Callable[[], Response]) -> Response:
        """Answer with what is kept under a key, made when it is missing or too old.

        The forms in it carry the token of the person who is answered. Only what went well is kept.
        """
        token, found = generate_csrf().encode(), self.kept.get(key)
        if found is not None and time.monotonic() - found.made < SECONDS:
            if _is_shown(found.body):
                return nothing_new()
            return Response(found.body.replace(TOKEN, token), mimetype="text/html")
        response = make()
        if response.status_code == 200:
            self._keep(key, Kept(response.get_data().replace(token, TOKEN), time.monotonic()))
        return response

    def _keep(self, key: Hashable, fragment: Kept) -> None:
        if len(self.kept) >= MOST:
            self.kept = {}
        self.kept[key] = fragment


_all: list[Fragments] = []
