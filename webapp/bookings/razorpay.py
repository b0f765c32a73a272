"""Razorpay's API, as far as it is needed. Only the worker calls it: a page never waits for it."""

import asyncio
from typing import Any

import aiohttp

from webapp.providers import RazorpayAccount

PATIENCE = aiohttp.ClientTimeout(total=15, connect=5)
Entity = dict[str, Any]


class Unreachable(Exception):
    """No answer, or one that says later. What was asked may have been done."""


class Refused(Exception):
    """The provider understood and says no; the text is its own."""


def create_order(account: RazorpayAccount, *, amount: int, currency: str, receipt: str) -> Entity:
    """Open an order; its payments are captured by themselves. Raises Unreachable and Refused.

    Source: https://razorpay.com/docs/payments/payments/capture-settings/api/
    """
    capture = {
        "capture": "automatic",
        "capture_options": {"automatic_expiry_period": 12, "refund_speed": "normal"},
    }
    wanted = {"amount": amount, "currency": currency, "receipt": receipt, "payment": capture}
    return _ask(account, "POST", "orders", body=wanted)


def find_order(account: RazorpayAccount, receipt: str) -> Entity | None:
    """Return the order with our receipt, if there is one. Raises Unreachable and Refused."""
    found = _ask(account, "GET", "orders", query={"receipt": receipt})
    return next((order for order in found["items"] if order["receipt"] == receipt), None)


def fetch_payments(account: RazorpayAccount, order_id: str) -> list[Entity]:
    """Return every payment that was tried for an order. Raises Unreachable and Refused."""
    found: list[Entity] = _ask(account, "GET", f"orders/{order_id}/payments")["items"]
    return found


def capture(account: RazorpayAccount, payment: Entity) -> Entity:
    """Take the money of a payment that was only authorized. Raises Unreachable and Refused."""
    exactly = {"amount": payment["amount"], "currency": payment["currency"]}
    return _ask(account, "POST", f"payments/{payment['id']}/capture", body=exactly)


def _ask(
    account: RazorpayAccount,
    method: str,
    path: str,
    *,
    body: Entity | None = None,
    query: dict[str, str] | None = None,
) -> Entity:
    return asyncio.run(_exchange(account, method, f"{account.base_url}/v1/{path}", body, query))


async def _exchange(
    account: RazorpayAccount,
    method: str,
    url: str,
    body: Entity | None,
    query: dict[str, str] | None,
) -> Entity:
    login = aiohttp.encode_basic_auth(account.key_id, account.key_secret)
    try:
        async with (
            aiohttp.ClientSession(timeout=PATIENCE, headers={"Authorization": login}) as session,
            session.request(method, url, json=body, params=query) as answer,
        ):
            if answer.status == 429 or answer.status >= 500:
                raise Unreachable(f"HTTP {answer.status}")
            content: Entity = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as problem:
        raise Unreachable(str(problem) or type(problem).__name__) from problem
    if answer.status >= 400:
        raise Refused(str(content.get("error", {}).get("description", f"HTTP {answer.status}")))
    return content
