"""Razorpay's hosted checkout: a page where the customer pays, fails or leaves."""

from __future__ import annotations

import json
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.box import Box
from sandbox.ledger import Ledger, RazorpayError
from sandbox.looks import Looks

KEPT = 5_000


@dataclass(frozen=True)
class Visit:
    """One customer in front of the payment page."""

    id: str
    order_id: str
    name: str
    description: str
    callback_url: str
    cancel_url: str
    customer: dict[str, str]


class Checkout:
    """The page and its three ways out; plain forms, no script needed."""

    def __init__(self, box: Box, ledger: Ledger, looks: Looks) -> None:
        self.box = box
        self.ledger = ledger
        self.looks = looks
        self.visits: OrderedDict[str, Visit] = OrderedDict()

    def routes(self) -> list[web.RouteDef]:
        visit = r"/v1/checkout/{visit:[\w-]+}"
        return [
            web.post("/v1/checkout/embedded", self.open),
            web.get(visit, self.show),
            web.post(visit + "/pay", self.pay),
            web.post(visit + "/leave", self.pay_and_leave),
            web.post(visit + "/fail", self.fail),
            web.post(visit + "/cancel", self.cancel),
        ]

    async def open(self, request: web.Request) -> web.Response:
        """Check what the shop posted and show the page; nothing is paid yet."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        try:
            visit = self._visit(form)
        except RazorpayError as error:
            return self.looks.page("checkout_error.html", status=400, sentence=error.description)
        self.visits[visit.id] = visit
        if len(self.visits) > KEPT:
            self.visits.popitem(last=False)
        return self._page(visit)

    def _visit(self, form: dict[str, str]) -> Visit:
        if not self.ledger.key_is_ours(form.get("key_id", "")):
            raise RazorpayError("The key id of the shop is not the one the sandbox knows.")
        order = self.ledger.order(form.get("order_id", ""))
        for name in ("amount", "currency"):
            if form.get(name) and form[name] != str(order[name]):
                raise RazorpayError(f"The {name} is not the one of the order.")
        for name in ("callback_url", "cancel_url"):
            if form.get(name) and urlsplit(form[name]).scheme not in ("http", "https"):
                raise RazorpayError(f"{name} must start with http:// or https://")
        if not form.get("callback_url"):
            raise RazorpayError("callback_url is missing.")
        return Visit(
            id=secrets.token_urlsafe(18),
            order_id=order["id"],
            name=form.get("name") or "The shop",
            description=form.get("description", ""),
            callback_url=form["callback_url"],
            cancel_url=form.get("cancel_url") or form["callback_url"],
            customer={
                **{k: form.get(f"prefill[{k}]", "") for k in ("name", "email", "contact")},
                "description": form.get("description", ""),
            },
        )

    async def show(self, request: web.Request) -> web.Response:
        return self._page(self._find(request))

    def _find(self, request: web.Request) -> Visit:
        visit = self.visits.get(request.match_info["visit"])
        if visit is None:
            raise web.HTTPNotFound(text="This payment page is not known any more.")
        return visit

    def _page(self, visit: Visit) -> web.Response:
        order = self.ledger.order(visit.order_id)
        return self.looks.page("checkout.html", visit=visit, order=order)

    async def pay(self, request: web.Request) -> web.Response:
        visit = self._find(request)
        payment = self.ledger.pay(self.ledger.order(visit.order_id), visit.customer)
        return self._return(visit, "Payment successful", self.ledger.proof(payment))

    async def pay_and_leave(self, request: web.Request) -> web.Response:
        """Pay and never come back to the shop: only the webhook tells it."""
        visit = self._find(request)
        self.ledger.pay(self.ledger.order(visit.order_id), visit.customer)
        return self.looks.page("checkout_left.html", visit=visit)

    async def fail(self, request: web.Request) -> web.Response:
        visit = self._find(request)
        try:
            payment = self.ledger.decline(self.ledger.order(visit.order_id), visit.customer)
        except RazorpayError:
            return self._page(visit)
        return self._return(visit, "Payment failed", _failure(payment))

    async def cancel(self, request: web.Request) -> web.Response:
        raise web.HTTPSeeOther(self._find(request).cancel_url)

    def _return(self, visit: Visit, headline: str, fields: dict[str, str]) -> web.Response:
        parts = urlsplit(visit.callback_url)
        return self.looks.page(
            "checkout_return.html",
            form_action=f"{parts.scheme}://{parts.netloc}",
            visit=visit,
            headline=headline,
            fields=fields,
        )


def _failure(payment: dict[str, Any]) -> dict[str, str]:
    """What the hosted checkout posts to the shop when the payment failed."""
    names = ("code", "description", "source", "step", "reason")
    fields = {f"error[{name}]": str(payment[f"error_{name}"]) for name in names}
    metadata = {"payment_id": payment["id"], "order_id": payment["order_id"]}
    return {**fields, "error[metadata]": json.dumps(metadata)}
