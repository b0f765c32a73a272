"""Erasing one customer: everything that tells of them goes, and everything that is counted stays."""

import time
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from webapp.accounts.acting import record, who
from webapp.accounts.models import User
from webapp.bookings.models import Booking, Payment, PaymentState
from webapp.clock import now
from webapp.customers.models import Customer
from webapp.extensions import db
from webapp.forgetting import Person, Steps
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Impossible, NotNow, Run
from webapp.messages.forgetting import cancel_unsent
from webapp.messages.models import Message
from webapp.retention import files, published, sweeping
from webapp.retention.models import Erasure
from webapp.retention.parts import PARTS
from webapp.retention.words import Words

#: A slice of the job ends after so many seconds.
SECONDS = 50.0
#: After each step it rests for so many times as long.
REST = 0.5


class NotPossible(Exception):
    """The customer cannot be erased now; the text says why."""


class Preview(NamedTuple):
    """What erasing a customer means."""

    bookings: int
    payments: int
    messages: int
    #: Why it cannot be done yet.
    objections: list[str]
    #: Somebody else has the same name, so that a name alone proves nothing.
    namesake: bool


def person_of(customer: Customer) -> Person:
    """Return everything by which a customer is known: also as it was typed for each booking."""
    bookings = db.session.execute(
        select(Booking.id, Booking.name, Booking.phone, Booking.email).where(
            Booking.customer_id == customer.id
        )
    ).all()
    addresses = db.session.scalars(
        select(Message.address).where(Message.customer_id == customer.id).distinct()
    )
    written = [address for address in addresses if address]
    gone = Person(customer.id, frozenset(), frozenset(), frozenset(), ()).called
    emails = [customer.email, *(row.email for row in bookings), *(a for a in written if "@" in a)]
    phones = [
        customer.phone,
        *(row.phone for row in bookings),
        *(a for a in written if a[0] == "+"),
    ]
    return Person(
        customer.id,
        frozenset(
            name for name in (customer.name, *(row.name for row in bookings)) if name != gone
        ),
        frozenset(filter(None, phones)),
        frozenset(email.lower() for email in emails if email),
        tuple(row.id for row in bookings),
    )


def preview(customer: Customer) -> Preview:
    """Say what erasing a customer would take, and why it cannot be done yet."""
    person = person_of(customer)
    paid = select(func.count()).select_from(Payment).where(
        Payment.booking_id.in_(person.booking_ids), Payment.state == PaymentState.PAID
    )  # fmt: skip
    written = select(func.count()).where(Message.customer_id == customer.id)
    return Preview(
        len(person.booking_ids),
        db.session.scalar(paid) or 0,
        db.session.scalar(written) or 0,
        _objections(person),
        _has_namesake(person),
    )


def ask(customer: Customer, reason: str) -> Job:
    """Ask that a customer is erased. Raises NotPossible while something of theirs is unfinished.

    Asked for twice while it is under way, it is done once.
    """
    if customer.erased_at is not None:
        raise NotPossible("This customer has been erased.")
    if objections := _objections(person_of(customer)):
        raise NotPossible(" ".join(objections))
    under_way = unfinished_of(customer)
    erasure = under_way or Erasure(
        customer_id=customer.id, reason=reason, asked_by_id=who().user_id
    )
    db.session.add(erasure)
    db.session.flush()
    job = enqueue(
        JobKind.CUSTOMER_ERASE,
        about=customer,
        key=f"customer:{customer.id}",
        erasure_id=erasure.id,
    )
    erasure.job_id = job.id
    record("customer.erase_asked", f"Asked that customer {customer.id} is erased", about=customer)
    return job


def unfinished_of(customer: Customer) -> Erasure | None:
    """Return the erasure of a customer that is under way or has failed."""
    mine = select(Erasure).where(
        Erasure.customer_id == customer.id, Erasure.finished_at.is_(None)
    )  # fmt: skip
    return db.session.scalar(mine.order_by(Erasure.id.desc()).limit(1))


def erase(run: Run, erasure: Erasure) -> str | None:
    """Erase the customer and say how that went; None: there is more to do. Commits after each step.

    Who they are is forgotten last, in one transaction. Until then it can be killed and done again:
    it looks for the same words, goes on where it was, and what is gone is not found twice.
    """
    if erasure.finished_at is not None:
        return _told(erasure)
    customer = db.session.get_one(Customer, erasure.customer_id)
    person = person_of(customer)
    words = Words(person, by_name=not _has_namesake(person))
    _insist(person)
    work = _Work(run, erasure)
    if not erasure.swept:
        work.steps("message", cancel_unsent(person))
        if not work.sweep(words):
            return None
        for part in PARTS:
            work.steps("row", part.forget(person))
        work.steps("file", files.remove_naming(words))
        erasure.documents = published.mentions(words)
        erasure.swept = True
        run.step(note="Looking at what has come meanwhile.")
    if not work.sweep(words):
        return None
    if sweeping.unfinished(words):
        raise NotNow(
            "Reports about this customer are still being worked through.",
            "It goes on by itself when they are.",
        )
    _end(run, erasure, person)
    return _told(erasure)


class _Work:
    """Does the steps of an erasure, each committed, with rests between them."""

    def __init__(self, run: Run, erasure: Erasure) -> None:
        self.run, self.erasure = run, erasure
        self.over_at = time.monotonic() + SECONDS

    def steps(self, what: str, steps: Steps) -> None:
        """Do all steps of one kind, and count what they dealt with."""
        began = time.monotonic()
        for count in steps:
            self._count(what, count)
            self._commit(began)
            began = time.monotonic()
        self._commit(began)

    def sweep(self, words: Words) -> bool:
        """Look through the texts from where it was; False when time is up."""
        reached = dict(self.erasure.reached)
        db.session.commit()  # looking through tables needs no transaction
        began = time.monotonic()
        for table, masked in sweeping.sweep(words, reached):
            self.erasure.reached = dict(reached)
            self._count("sentence", masked)
            self._commit(began, f"Looking through {table.replace('_', ' ')}.")
            if time.monotonic() > self.over_at:
                return False
            began = time.monotonic()
        return True

    def _count(self, what: str, count: int) -> None:
        counts = self.erasure.counts
        self.erasure.counts = {**counts, what: counts.get(what, 0) + count}

    def _commit(self, began: float, note: str | None = None) -> None:
        db.session.commit()
        time.sleep(min((time.monotonic() - began) * REST, 1.0))
        self.run.report(note=note)


def _end(run: Run, erasure: Erasure, person: Person) -> None:
    """Forget who it was. In the transaction that ends the job."""
    _insist(person)
    for part in PARTS:
        if part.finally_forget is not None:
            part.finally_forget(person)
    erasure.finished_at, erasure.reached = now(), {}
    customer = db.session.get_one(Customer, person.customer_id, populate_existing=True)
    record(
        "customer.erased",
        f"Erased customer {customer.id}: {erasure.reason}",
        about=customer,
        counts=erasure.counts,
    )
    db.session.execute(
        update(Job).where(Job.id == run.id).values(note=None).execution_options(
            synchronize_session=False
        )
    )  # fmt: skip


def _objections(person: Person) -> list[str]:
    return [sentence for part in PARTS for sentence in part.objections(person)]


def _insist(person: Person) -> None:
    """Raise Impossible while something of theirs is unfinished: nobody may be left without a word."""
    if objections := _objections(person):
        raise Impossible(" ".join(objections), "Deal with it, then try again.")


def _has_namesake(person: Person) -> bool:
    """Say whether another customer, or somebody who works here, has one of the person's names."""
    others = select(Customer.id).where(
        _called(Customer.name, person.names), Customer.id != person.customer_id
    )
    staff = select(User.id).where(_called(User.name, person.names))
    return any(db.session.scalar(query.limit(1)) is not None for query in (others, staff))


def _called(column: InstrumentedAttribute[str], names: Collection[str]) -> ColumnElement[bool]:
    # As it is written, too: SQLite makes small letters of ASCII's only.
    return or_(column.in_(names), func.lower(column).in_([name.lower() for name in names]))


def _told(erasure: Erasure) -> str:
    done = f"Customer {erasure.customer_id} was erased."
    if not erasure.documents:
        return done
    names = ", ".join(f"“{one['name']}”" for one in erasure.documents)
    return f"{done} Look at these yourself, they name the customer: {names}."
