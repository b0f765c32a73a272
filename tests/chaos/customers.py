"""Customers who pay: their bookings, and a browser that asks again when it got no answer."""

import http.client
import json
import secrets
import threading
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.stack import Stack
from webapp.bookings.models import Booking, Payment, PaymentState
from webapp.clock import now
from webapp.customers.models import Customer
from webapp.services.models import Service

PRICE = 500_00
AT_ONCE = 6
PATIENCE = 240.0
LATER = timedelta(hours=2)  # longer than any of this takes


class Due(NamedTuple):
    """A booking that waits for its payment, and the order to pay."""

    booking_id: int
    order_id: str


def prepare(stack: Stack, count: int) -> list[Due]:
    """Return held bookings with orders at the provider; some customers come more than once."""
    with stack.session() as session:
        service = Service(
            name="Consultation", slug=f"chaos-{secrets.token_hex(4)}", minutes=30, price=PRICE,
            currency="INR", hours={str(day): [[0, 1440]] for day in range(7)}, zone="Asia/Kolkata",
            capacity=1, published=True,
        )  # fmt: skip
        session.add(service)
        session.flush()
        customers = [_customer(number) for number in range(max(1, count * 2 // 3))]
        session.add_all(customers)
        session.flush()
        made = [
            _booking(service, customers[number % len(customers)], number) for number in range(count)
        ]
        for booking in made:
            booking.payment = _payment(stack, booking)
        session.add_all(made)
        session.commit()
        return [Due(one.id, str(one.payment and one.payment.order_id)) for one in made]


def _customer(number: int) -> Customer:
    mail = f"customer{number}.{secrets.token_hex(3)}@example.com"
    phone = f"+9198{secrets.randbelow(10**8):08}"
    return Customer(name=f"Customer {number}", phone=phone, email=mail, zone="Asia/Kolkata")


def _booking(service: Service, customer: Customer, number: int) -> Booking:
    starts_at = (now() + timedelta(days=2, minutes=30 * number)).replace(second=0, microsecond=0)
    return Booking(
        form_key=secrets.token_hex(16), service_id=service.id, customer_id=customer.id,
        name=customer.name, phone=customer.phone, email=customer.email, starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30), zone="Asia/Kolkata", hold_until=now() + LATER,
        amount=PRICE, currency="INR",
    )  # fmt: skip


def _payment(stack: Stack, booking: Booking) -> Payment:
    receipt = f"chaos-{secrets.token_hex(8)}"
    order = _order(stack, receipt)
    return Payment(
        booking=booking, receipt=receipt, order_id=order, amount=PRICE, currency="INR",
        state=PaymentState.CREATED, ordered_at=now(), next_check_at=now() + timedelta(minutes=1),
    )  # fmt: skip


def _order(stack: Stack, receipt: str) -> str:
    account = stack.config.razorpay
    assert account is not None
    wanted = {"amount": PRICE, "currency": "INR", "receipt": receipt}
    request = urllib.request.Request(f"{account.base_url}/v1/orders", json.dumps(wanted).encode())
    keys = b64encode(f"{account.key_id}:{account.key_secret}".encode()).decode()
    request.add_header("Authorization", f"Basic {keys}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(json.load(answer)["id"])


class Payers:
    """Some browsers side by side; each pays one booking after the other."""

    def __init__(self, stack: Stack, due: list[Due], may_pay: Callable[[int], bool]) -> None:
        self.stack = stack
        self.address = urlsplit(stack.url).netloc
        self.may_pay = may_pay
        self.waiting: Iterator[Due] = iter(due)
        self.lock = threading.Lock()
        self.paid = 0
        self.repeated = 0
        self.problems: list[str] = []
        self.closed = threading.Event()
        self.pool = ThreadPoolExecutor(AT_ONCE)
        self.done = [self.pool.submit(self._pay_all) for _ in range(AT_ONCE)]

    @property
    def finished(self) -> bool:
        """Whether all is paid; raises what went wrong with one of them."""
        return all(future.done() and future.result() is None for future in self.done)

    def __enter__(self) -> "Payers":
        return self

    def __exit__(self, *_: object) -> None:
        """Send everybody home."""
        self.closed.set()
        self.pool.shutdown()

    def _pay_all(self) -> None:
        while True:
            with self.lock:
                due = next(self.waiting, None)
            if due is None:
                return
            while not self.closed.is_set() and not self.may_pay(self.paid):
                time.sleep(0.05)
            if self.closed.is_set():
                return
            self._pay(due)
            with self.lock:
                self.paid += 1

    def _pay(self, due: Due) -> None:
        """Pay at the provider, whose webhooks race with the browser's return."""
        proof = self.stack.sandbox.ask("/_/pay", {"order_id": due.order_id})
        body = json.dumps(proof)
        path = f"/bookings/{due.booking_id}/verify-payment"
        end = time.monotonic() + PATIENCE
        while (status := self._post(path, body)) != 200:
            if status is not None and status < 500:
                self.problems.append(f"{path} was answered with {status}")
                return
            if time.monotonic() > end or self.closed.is_set():
                self.problems.append(f"{path} got no good answer, the last was {status}")
                return
            self.repeated += 1
            time.sleep(0.2)

    def _post(self, path: str, body: str) -> int | None:
        """Return the status, or None when the answer got lost."""
        line = http.client.HTTPConnection(self.address, timeout=40)
        try:
            line.request("POST", path, body, {"Content-Type": "application/json"})
            answer = line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return None
        else:
            return answer.status
        finally:
            line.close()
