"""How an HTTP provider answers when a fault is on: not at all, late, or with an error."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from sandbox.faults import Fault
from sandbox.profiles import NAME, known

UNDER = f"/as/{{profile:{NAME}}}"
"""Before a provider's own path: sent in a rehearsal."""


def rehearsed(request: web.Request) -> str:
    """Return the profile that a message is sent under; empty when it is no rehearsal."""
    name = request.match_info.get("profile", "")
    if name and not known(name):
        raise web.HTTPNotFound(text=f"There is no rehearsal called {name}.")
    return name


def hang_up(request: web.Request) -> web.Response:
    """Close the connection so that the caller gets no answer."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()  # never written: the connection is gone


async def before_accepting(request: web.Request, fault: Fault | None) -> web.Response | None:
    """Play the faults that come before a request counts; None lets it through."""
    if fault is None:
        return None
    if fault.fault in ("drop", "refuse_connection"):
        return hang_up(request)
    if fault.fault == "slow" and fault.when == "before":
        await asyncio.sleep(fault.seconds if fault.seconds is not None else 5)
    return None


async def after_accepting(
    request: web.Request, fault: Fault | None, response: web.Response
) -> web.Response:
    """Play the faults that come after a request counted."""
    if fault is None:
        return response
    if fault.fault == "lost_answer":
        return hang_up(request)
    if fault.fault == "slow" and fault.when == "after":
        await asyncio.sleep(fault.seconds if fault.seconds is not None else 5)
    return response


def retry_after(fault: Fault) -> dict[str, str]:
    return {"Retry-After": str(max(1, round(fault.retry_after)))}


def text(value: Any) -> str:
    """Read a value of a JSON body or form as text; None is empty."""
    return "" if value is None else str(value)
