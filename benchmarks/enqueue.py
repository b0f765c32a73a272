"""What the job adds to ``verify-payment``, and how long the whole answer takes.

One gunicorn process, 20 payments a second, each of another booking: the route as it is, the same
route without the job, and the route as it is with Redis stopped.
"""

import asyncio
import hashlib
import hmac
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import aiohttp

from benchmarks.polling import served
from benchmarks.stage import each_database, percentile, stage, verdict

if TYPE_CHECKING:
    from webapp.bookings.models import Booking

COUNT, PER_SECOND, WARM = 240, 20, 20
ADDED_MS, WHOLE_MS = 10.0, 50.0


class Paid(NamedTuple):
    """What the checkout posts for one booking."""

    path: str
    form: dict[str, str]


def main() -> None:
    """Measure on both databases."""
    each_database("enqueue", measure)


def measure(database: str) -> None:
    """Print the figures of one database."""
    with stage(database) as here:
        payments = prepare(here.env["SANDBOX_SECRET"])
        config = ("-c", "gunicorn.conf.py")
        with (
            served(here, "wsgi:app", *config) as whole,
            served(here, "benchmarks.peers.no_job:app", *config) as bare,
        ):
            with_job = asyncio.run(pay(whole, payments[0::3]))
            without = asyncio.run(pay(bare, payments[1::3]))
            here.valkey.stop()
            no_redis = asyncio.run(pay(whole, payments[2::3]))
    p95 = [percentile(found, 0.95) for found in (with_job, without, no_redis)]
    print(
        f"{database}: p95 with the job {p95[0]:.1f} ms, without it {p95[1]:.1f} ms, "
        f"with Redis stopped {p95[2]:.1f} ms"
    )
    print(verdict(f"job adds, on {database}", p95[0] - p95[1], ADDED_MS, unit=" ms", at_most=True))
    print(verdict(f"whole answer on {database}", p95[0], WHOLE_MS, unit=" ms", at_most=True))
    line = verdict(f"Redis stopped, on {database}", p95[2], WHOLE_MS, unit=" ms", at_most=True)
    print(line, flush=True)


def prepare(secret: str) -> list[Paid]:
    """Make bookings that wait for their payment, and what the checkout would post for each."""
    from benchmarks.stage.rows import held_booking
    from webapp import create_app
    from webapp.extensions import db

    app = create_app()
    with app.app_context():
        db.create_all()
        bookings = [held_booking(number) for number in range(3 * (COUNT + WARM))]
        db.session.commit()
        payments = [paid(booking, secret) for booking in bookings]
        db.session.remove()
        db.engine.dispose()
    return payments


def paid(booking: "Booking", secret: str) -> Paid:
    """Return the proof of payment, signed as the provider does."""
    order_id = booking.payment.order_id
    payment_id = f"pay_{booking.id}"
    signature = hmac.new(secret.encode(), f"{order_id}|{payment_id}".encode(), hashlib.sha256)
    return Paid(
        f"/bookings/{booking.id}/verify-payment",
        {
            "razorpay_order_id": order_id,
            "razorpay_payment_id": payment_id,
            "razorpay_signature": signature.hexdigest(),
        },
    )


async def pay(url: str, payments: list[Paid]) -> list[float]:
    """Post the payments at their times, whether or not the ones before are answered; milliseconds."""
    async with aiohttp.ClientSession() as client:

        async def one(payment: Paid) -> float:
            began = time.perf_counter()
            async with client.post(
                url + payment.path, data=payment.form, allow_redirects=False
            ) as answer:
                await answer.read()
                if answer.status != 303:
                    sys.exit(f"{payment.path} was answered with {answer.status}")
            return (time.perf_counter() - began) * 1000

        for payment in payments[:WARM]:
            await one(payment)
        began, under_way = time.monotonic(), []
        for number, payment in enumerate(payments[WARM:]):
            await asyncio.sleep(began + number / PER_SECOND - time.monotonic())
            under_way.append(asyncio.create_task(one(payment)))
        return list(await asyncio.gather(*under_way))


if __name__ == "__main__":
    main()
