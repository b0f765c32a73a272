"""A part of a page that many look at, at the same moment, is made once and not for each of them.

A view that allows it (``polled(..., shared=True)``) leaves what it answered here, and the door hands
that out (``webapp/accounts/door.py``).
"""

import secrets
import time
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, NamedTuple

from flask import Response, make_response, request
from flask_wtf.csrf import generate_csrf

#: What is older is made anew: a page also shows what only the clock changes.
SECONDS = 2.0
MOST = 256
#: Stands for the token of whoever is looking, in what is kept. Nobody can type it into a name.
TOKEN = secrets.token_urlsafe(32).encode()
#: Where the door says by what a fragment may be kept: by all that it depends on.
KEY = "bellhop.fragment"


class Kept(NamedTuple):
    """A fragment, and when it was made."""

    body: bytes
    made: float

    @property
    def fresh(self) -> bool:
        """Whether it may still be shown; a clock that was set back makes everything old."""
        return 0 <= time.time() - self.made < SECONDS


def keeping(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let a view leave what it answers for others, where the door says that it may."""

    @wraps(view)
    def once(**arguments: Any) -> Response:
        response: Response = make_response(view(**arguments))
        if (key := request.environ.get(KEY)) is not None and response.status_code == 200:
            body = response.get_data().replace(generate_csrf().encode(), TOKEN)
            _keep(key, Kept(body, time.time()))
        return response

    return once


def find(key: Hashable) -> bytes | None:
    """Return the fragment that was made a moment ago; None when there is none."""
    found = _all.get(key)
    return found.body if found and found.fresh else None


def forget() -> None:
    """Keep nothing of what was made so far."""
    _all.clear()


def _keep(key: Hashable, fragment: Kept) -> None:
    if len(_all) >= MOST:
        for old in [old for old, one in list(_all.items()) if not one.fresh]:
            _all.pop(old, None)
    if len(_all) < MOST:
        _all[key] = fragment


#: The newest fragments of this process.
_all: dict[Hashable, Kept] = {}
