"""What Razorpay knows: orders, payments, refunds, and the events it tells of them."""

from __future__ import annotations

import secrets
import string
import time
from collections import OrderedDict
from typing import Any

from sandbox import signatures
from sandbox.box import Box
from sandbox.settings import RAZORPAY_ACCOUNT, RAZORPAY_KEY

KEPT = 20_000
LETTERS = string.ascii_letters + string.digits
Entity = dict[str, Any]


class RazorpayError(Exception):
    """An answer in Razorpay's error form."""

    def __init__(
        self,
        description: str,
        *,
        status: int = 400,
        field: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(description)
        self.description = description
        self.status = status
        self.field = field
        self.headers = headers

    def as_json(self) -> Entity:
        codes = {502: "GATEWAY_ERROR", 504: "GATEWAY_ERROR"}
        usual = "SERVER_ERROR" if self.status >= 500 else "BAD_REQUEST_ERROR"
        error: Entity = {
            "code": codes.get(self.status, usual),
            "description": self.description,
            "source": "business" if self.status < 500 else "internal",
            "step": "payment_initiation",
            "reason": "input_validation_failed" if self.status < 500 else "server_error",
            "metadata": {},
        }
        if self.field:
            error["field"] = self.field
        return {"error": error}


def new_id(prefix: str) -> str:
    return prefix + "_" + "".join(secrets.choice(LETTERS) for _ in range(14))


class Ledger:
    """The books of the one account; the newest 20,000 of each are kept."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.orders: OrderedDict[str, Entity] = OrderedDict()
        self.payments: OrderedDict[str, Entity] = OrderedDict()
        self.refunds: OrderedDict[str, Entity] = OrderedDict()

    def forget(self) -> None:
        for book in (self.orders, self.payments, self.refunds):
            book.clear()

    def _keep(self, book: OrderedDict[str, Entity], entity: Entity) -> Entity:
        book[entity["id"]] = entity
        if len(book) > KEPT:
            book.popitem(last=False)
        self.box.store.version += 1
        return entity

    def create_order(self, *, amount: int, currency: str, receipt: str, notes: Any) -> Entity:
        """Open an order over an amount in the currency's smallest unit."""
        if amount < 100:
            raise RazorpayError("Order amount less than minimum amount allowed", field="amount")
        if len(currency) != 3 or not currency.isalpha():
            raise RazorpayError("The currency field is required.", field="currency")
        if len(receipt) > 40:
            description = "The receipt may not be greater than 40 characters."
            raise RazorpayError(description, field="receipt")
        return self._keep(
            self.orders,
            {
                "id": new_id("order"),
                "entity": "order",
                "amount": amount,
                "amount_paid": 0,
                "amount_due": amount,
                "currency": currency,
                "receipt": receipt or None,
                "offer_id": None,
                "status": "created",
                "attempts": 0,
                "notes": notes or [],
                "created_at": int(time.time()),
            },
        )

    def order(self, order_id: str) -> Entity:
        if order_id not in self.orders:
            raise RazorpayError("The id provided does not exist")
        return self.orders[order_id]

    def payment(self, payment_id: str) -> Entity:
        if payment_id not in self.payments:
            raise RazorpayError("The id provided does not exist")
        return self.payments[payment_id]

    def payments_of(self, order_id: str) -> list[Entity]:
        return [p for p in self.payments.values() if p["order_id"] == order_id]

    def pay(self, order: Entity, customer: dict[str, str], *, tell: bool = True) -> Entity:
        """The customer pays; paying an order again gives the payment it has."""
        for payment in self.payments_of(order["id"]):
            if payment["status"] in ("authorized", "captured", "refunded"):
                return payment
        payment = self._attempt(order, customer, "authorized")
        self._tell("payment.authorized", tell, payment=payment)
        if self.box.behaviour.auto_capture:
            self.capture(payment, payment["amount"], payment["currency"], tell=tell)
        return payment

    def decline(self, order: Entity, customer: dict[str, str], *, tell: bool = True) -> Entity:
        """The customer's bank refuses."""
        if order["status"] == "paid":
            raise RazorpayError("This order is already paid")
        payment = self._attempt(order, customer, "failed")
        payment |= {
            "error_code": "BAD_REQUEST_ERROR",
            "error_description": "Your payment has been declined by the bank",
            "error_source": "bank",
            "error_step": "payment_authorization",
            "error_reason": "payment_failed",
        }
        self._tell("payment.failed", tell, payment=payment)
        return payment

    def _attempt(self, order: Entity, customer: dict[str, str], status: str) -> Entity:
        order["attempts"] += 1
        if order["status"] == "created":
            order["status"] = "attempted"
        return self._keep(self.payments, _new_payment(order, customer, status))

    def capture(self, payment: Entity, amount: int, currency: str, *, tell: bool = True) -> Entity:
        """Take the money of an authorized payment."""
        if payment["captured"]:
            raise RazorpayError("This payment has already been captured")
        if payment["status"] != "authorized":
            description = "Only payments which have been authorized and not yet captured can be "
            raise RazorpayError(description + "captured")
        if (amount, currency) != (payment["amount"], payment["currency"]):
            raise RazorpayError(
                "Capture amount must be equal to the amount authorized", field="amount"
            )
        fee = round(amount * 0.0236)
        payment |= {"status": "captured", "captured": True, "fee": fee, "tax": round(fee * 0.1525)}
        order = self.order(payment["order_id"])
        order |= {"status": "paid", "amount_paid": amount, "amount_due": 0}
        self.box.store.version += 1
        self._tell("payment.captured", tell, payment=payment)
        self._tell("order.paid", tell, payment=payment, order=order)
        return payment

    def refund(self, payment: Entity, amount: int, *, receipt: str, notes: Any) -> Entity:
        """Give money back, at most what is left of the payment."""
        if not payment["captured"]:
            raise RazorpayError("The payment status should be captured for action to be taken")
        if payment["amount_refunded"] == payment["amount"]:
            raise RazorpayError("The payment has been fully refunded already")
        if amount < 1 or payment["amount_refunded"] + amount > payment["amount"]:
            raise RazorpayError(
                "The total refund amount is greater than the refund payment amount",
                field="amount",
            )
        payment["amount_refunded"] += amount
        whole = payment["amount_refunded"] == payment["amount"]
        payment["refund_status"] = "full" if whole else "partial"
        if whole:
            payment["status"] = "refunded"
        refund = self._keep(
            self.refunds, _new_refund(payment, amount, receipt=receipt, notes=notes)
        )
        self._tell("refund.processed", True, refund=refund, payment=payment)
        return refund

    def proof(self, payment: Entity) -> dict[str, str]:
        """What the browser brings back to the shop after paying."""
        signed = f"{payment['order_id']}|{payment['id']}".encode()
        return {
            "razorpay_payment_id": payment["id"],
            "razorpay_order_id": payment["order_id"],
            "razorpay_signature": signatures.razorpay(self.box.settings.secret, signed),
        }

    def key_is_ours(self, key: str) -> bool:
        return key == RAZORPAY_KEY

    def _tell(self, event: str, tell: bool, **entities: Entity) -> None:
        if not tell:
            return
        about = entities["payment"]
        self.box.webhooks.razorpay(
            {
                "entity": "event",
                "account_id": RAZORPAY_ACCOUNT,
                "event": event,
                "contains": list(entities),
                "payload": {name: {"entity": dict(it)} for name, it in entities.items()},
                "created_at": int(time.time()),
            },
            event_id=new_id("evt").removeprefix("evt_"),
            to=str(about.get("contact") or about.get("email") or ""),
            about=about["id"],
        )


def _new_payment(order: Entity, customer: dict[str, str], status: str) -> Entity:
    errors = ("code", "description", "source", "step", "reason")
    return {
        "id": new_id("pay"),
        "entity": "payment",
        "amount": order["amount"],
        "currency": order["currency"],
        "status": status,
        "order_id": order["id"],
        "invoice_id": None,
        "international": False,
        "method": "upi",
        "amount_refunded": 0,
        "refund_status": None,
        "captured": False,
        "description": customer.get("description") or None,
        "card_id": None,
        "bank": None,
        "wallet": None,
        "vpa": "customer@upi",
        "email": customer.get("email") or None,
        "contact": customer.get("contact") or None,
        "notes": order["notes"],
        "fee": None,
        "tax": None,
        **{f"error_{name}": None for name in errors},
        "acquirer_data": {"rrn": str(secrets.randbelow(10**12)).zfill(12)},
        "created_at": int(time.time()),
    }


def _new_refund(payment: Entity, amount: int, *, receipt: str, notes: Any) -> Entity:
    return {
        "id": new_id("rfnd"),
        "entity": "refund",
        "amount": amount,
        "currency": payment["currency"],
        "payment_id": payment["id"],
        "notes": notes or [],
        "receipt": receipt or None,
        "acquirer_data": {"rrn": None},
        "created_at": int(time.time()),
        "batch_id": None,
        "status": "processed",
        "speed_processed": "normal",
        "speed_requested": "normal",
    }
