"""Razorpay: orders, payments and refunds at Razorpay's paths."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.answers import after_accepting, before_accepting, retry_after, text
from sandbox.box import Box
from sandbox.faults import Fault
from sandbox.ledger import Ledger, RazorpayError
from sandbox.settings import RAZORPAY_KEY

Handler = Callable[[web.Request], Awaitable[Any]]


class Razorpay:
    """The API of one account."""

    def __init__(self, box: Box, ledger: Ledger) -> None:
        self.box = box
        self.ledger = ledger
        login = f"{RAZORPAY_KEY}:{box.settings.secret}"
        self._login = "Basic " + base64.b64encode(login.encode()).decode()

    def routes(self) -> list[web.RouteDef]:
        order, payment = r"/v1/orders/{id:\w+}", r"/v1/payments/{id:\w+}"
        return [
            web.post("/v1/orders", self._api("order", self.create_order)),
            web.get("/v1/orders", self._api("orders", self.list_orders)),
            web.get(order, self._api("orders", self.show_order)),
            web.get(order + "/payments", self._api("payments", self.order_payments)),
            web.get("/v1/payments", self._api("payments", self.list_payments)),
            web.get(payment, self._api("payment", self.show_payment)),
            web.post(payment + "/capture", self._api("capture", self.capture)),
            web.post(payment + "/refund", self._api("refund", self.refund)),
            web.get(payment + "/refunds", self._api("refunds", self.payment_refunds)),
            web.get(r"/v1/refunds/{id:\w+}", self._api("refunds", self.show_refund)),
        ]

    def _api(self, operation: str, handler: Handler) -> Handler:
        """Check the login, play faults, answer in JSON."""

        async def handle(request: web.Request) -> web.Response:
            try:
                if request.headers.get("Authorization") != self._login:
                    raise RazorpayError("Authentication failed", status=401)
                fault = self.box.faults.active and self.box.faults.take("razorpay", on=operation)
                if not fault:
                    return answer(await handler(request))
                early = await _play(request, fault)
                return early or await after_accepting(
                    request, fault, answer(await handler(request))
                )
            except RazorpayError as error:
                return answer(error.as_json(), status=error.status, headers=error.headers)

        return handle

    async def create_order(self, request: web.Request) -> Any:
        given = await _fields(request)
        return self.ledger.create_order(
            amount=_amount(given.get("amount")),
            currency=text(given.get("currency")).upper(),
            receipt=text(given.get("receipt")),
            notes=given.get("notes") or {},
        )

    async def list_orders(self, request: web.Request) -> Any:
        found = list(reversed(self.ledger.orders.values()))
        if receipt := request.query.get("receipt"):
            found = [order for order in found if order["receipt"] == receipt]
        return _page(request, found)

    async def show_order(self, request: web.Request) -> Any:
        return self.ledger.order(request.match_info["id"])

    async def order_payments(self, request: web.Request) -> Any:
        order = self.ledger.order(request.match_info["id"])
        return collection(self.ledger.payments_of(order["id"]))

    async def list_payments(self, request: web.Request) -> Any:
        return _page(request, list(reversed(self.ledger.payments.values())))

    async def show_payment(self, request: web.Request) -> Any:
        return self.ledger.payment(request.match_info["id"])

    async def capture(self, request: web.Request) -> Any:
        given = await _fields(request)
        payment = self.ledger.payment(request.match_info["id"])
        currency = text(given.get("currency")).upper() or payment["currency"]
        return self.ledger.capture(payment, _amount(given.get("amount")), currency)

    async def refund(self, request: web.Request) -> Any:
        given = await _fields(request)
        payment = self.ledger.payment(request.match_info["id"])
        left = payment["amount"] - payment["amount_refunded"]
        amount = _amount(given["amount"]) if given.get("amount") is not None else left
        return self.ledger.refund(
            payment, amount, receipt=text(given.get("receipt")), notes=given.get("notes") or {}
        )

    async def payment_refunds(self, request: web.Request) -> Any:
        payment = self.ledger.payment(request.match_info["id"])
        found = [r for r in self.ledger.refunds.values() if r["payment_id"] == payment["id"]]
        return collection(found)

    async def show_refund(self, request: web.Request) -> Any:
        refund = self.ledger.refunds.get(request.match_info["id"])
        if refund is None:
            raise RazorpayError("The id provided does not exist")
        return refund


def answer(
    content: Any, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    body = json.dumps(content).encode()
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


def collection(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"entity": "collection", "count": len(items), "items": items}


def _page(request: web.Request, items: list[dict[str, Any]]) -> dict[str, Any]:
    def number(name: str, otherwise: int) -> int:
        given = request.query.get(name, "")
        return int(given) if given.isdigit() else otherwise

    start, end = number("from", 0), number("to", 2**62)
    items = [item for item in items if start <= item["created_at"] <= end]
    skip = number("skip", 0)
    return collection(items[skip : skip + min(number("count", 10), 100)])


async def _play(request: web.Request, fault: Fault) -> web.Response | None:
    if fault.fault == "throttle":
        raise RazorpayError("Too many requests", status=429, headers=retry_after(fault))
    if fault.fault == "error":
        status = fault.status or fault.code or 400
        status = status if 400 <= status <= 599 else 400
        raise RazorpayError(fault.message or "Something went wrong", status=status)
    return await before_accepting(request, fault)


async def _fields(request: web.Request) -> dict[str, Any]:
    """Read a JSON object or a form, as Razorpay takes both."""
    if request.content_type != "application/json":
        return dict(await request.post())
    raw = await request.read()
    try:
        given = json.loads(raw) if raw else {}
    except ValueError:
        raise RazorpayError("The request is not valid JSON") from None
    if not isinstance(given, dict):
        raise RazorpayError("The request must be a JSON object")
    return given


def _amount(given: Any) -> int:
    if given is None or given == "":
        raise RazorpayError("The amount field is required.", field="amount")
    if isinstance(given, (bool, float)) or not str(given).lstrip("-").isdigit():
        raise RazorpayError("The amount must be an integer.", field="amount")
    return int(given)
