"""What stands in the house of a browser test: bookings, a job at work, people with a cookie."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select, update

from tests.stack import Stack
from webapp.accounts import tokens
from webapp.accounts.models import Role, Session, User
from webapp.bookings.models import Booking, BookingState, Payment, PaymentState
from webapp.clock import now
from webapp.customers.models import Customer
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import Job, JobState
from webapp.messages.channels import Channel
from webapp.messages.models import Message, MessageState
from webapp.notices.models import Level, Notice
from webapp.services.models import Service

PRICE = 500_00
AN_HOUR = timedelta(hours=1)
ALWAYS = {str(day): [[0, 24 * 60]] for day in range(7)}


class House:
    """A running stack, and short ways to put something into its database."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.url = stack.url
        self.sandbox = stack.sandbox
        self.cookies = {role: self.new_cookie(role) for role in Role}
        self.slots = 0

    def cookie(self, role: Role) -> list[Any]:
        """Return what a browser needs to be signed in as somebody of this role."""
        return [self.cookies[role]]

    def new_cookie(self, role: Role) -> dict[str, str]:
        """Begin a session of somebody of this role, and return its cookie."""
        token = tokens.new()
        with self.stack.session() as session:
            user = session.scalars(select(User).where(User.role == role)).first()
            user = user or User(name=role.title(), email=f"{role}@desk.example", role=role)
            session.add(user)
            session.flush()
            session.add(
                Session(
                    token_hash=tokens.fingerprint(token),
                    user_id=user.id,
                    expires_at=now() + 8 * AN_HOUR,
                )
            )
            session.commit()
        app = Flask(__name__)
        app.secret_key = self.stack.config.secret_key
        sign = SecureCookieSessionInterface().get_signing_serializer(app)
        assert sign is not None
        value = str(sign.dumps({"_user_id": token, "_fresh": True}))
        return {"name": "bellhop", "value": value, "url": self.url}

    def service(self, **values: Any) -> str:
        """Add a service that is open day and night; return the last part of its address."""
        slug = f"service-{secrets.token_hex(4)}"
        usual = {
            "name": "Consultation", "slug": slug, "minutes": 30, "price": PRICE, "currency": "INR",
            "hours": ALWAYS, "zone": "Asia/Kolkata", "lead_minutes": 0, "published": True,
        }  # fmt: skip
        with self.stack.session() as session:
            session.add(Service(**{**usual, **values}))
            session.commit()
        return slug

    def booking(self, name: str = "Meera Iyer", **values: Any) -> Booking:
        """Add a booking that waits for its payment, with an order that nobody knows."""
        with self.stack.session() as session:
            service = session.scalars(select(Service).order_by(Service.id)).first()
            assert service is not None
            customer = a_customer(name)
            session.add(customer)
            session.flush()
            booking = a_booking(service, customer, starts_at=self.a_time(), **values)
            session.add(booking)
            session.commit()
            session.refresh(booking)
            return booking

    def confirmed(self, name: str = "Meera Iyer", **values: Any) -> Booking:
        """Add a booking that was confirmed and whose customer has been told everything."""
        booking = self.booking(
            name, state=BookingState.CONFIRMED, confirmed_at=now(), hold_until=None, **values
        )
        self.add(a_message(booking, Channel.SMS, MessageState.DELIVERED, delivered_at=now()))
        return booking

    def job(self, booking: Booking, **values: Any) -> UUID:
        """Add a job about a booking that another machine works on, and that gets on when told."""
        usual = {
            "kind": JobKind.BOOKING_NOTIFY, "queue": Queue.MESSAGES, "state": JobState.PROGRESS,
            "subject_type": "booking", "subject_id": str(booking.id), "attempt": 1,
            "max_attempts": 4, "total": 5, "done": 1, "note": "Writing the first one.",
            "started_at": now(), "published_at": now(), "lease_until": now() + AN_HOUR,
            "worker": "elsewhere",
        }  # fmt: skip
        job = Job(**{**usual, **values})
        self.add(job)
        return job.id

    def get_on(self, job_id: UUID, **values: Any) -> None:
        """Let something happen to a job."""
        with self.stack.session() as session:
            session.execute(
                update(Job).where(Job.id == job_id).values(version=Job.version + 1, **values)
            )
            session.commit()

    def finish(self, job_id: UUID) -> None:
        """Let a job end well."""
        self.get_on(job_id, state=JobState.SUCCESS, done=5, note="All told.", finished_at=now())

    def tell(self, role: Role, title: str) -> None:
        """Give a notice to the one who has this role."""
        with self.stack.session() as session:
            user = session.scalars(select(User).where(User.role == role)).one()
            text, link = "The account is empty. Top it up.", "/jobs"
            notice = Notice(user_id=user.id, level=Level.BAD, title=title, text=text, link=link)
            session.add(notice)
            session.commit()

    def read_all(self, role: Role) -> None:
        """Let the one who has this role have read everything."""
        with self.stack.session() as session:
            mine = Notice.user_id.in_(select(User.id).where(User.role == role))
            session.execute(update(Notice).where(mine).values(read_at=now()))
            session.commit()

    def add(self, *rows: Any) -> None:
        """Store rows."""
        with self.stack.session() as session:
            session.add_all(rows)
            session.commit()

    def a_time(self) -> datetime:
        """Return a time that no other booking of these tests has."""
        self.slots += 1
        begin = (now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
        return begin + timedelta(minutes=30 * self.slots)


def a_customer(name: str) -> Customer:
    return Customer(
        name=name,
        phone=f"+9198{secrets.randbelow(10**8):08}",
        email=f"{secrets.token_hex(6)}@example.org",
        zone="Asia/Kolkata",
    )


def a_booking(
    service: Service, customer: Customer, *, starts_at: datetime, **values: Any
) -> Booking:
    usual = {
        "form_key": secrets.token_hex(16), "service_id": service.id, "customer_id": customer.id,
        "name": customer.name, "phone": customer.phone, "email": customer.email,
        "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=30),
        "zone": "Asia/Kolkata", "hold_until": now() + AN_HOUR, "amount": PRICE, "currency": "INR",
    }  # fmt: skip
    payment = Payment(
        receipt=f"browser-{secrets.token_hex(8)}", order_id=f"order_{secrets.token_hex(7)}",
        amount=PRICE, currency="INR", state=PaymentState.CREATED, ordered_at=now(),
    )  # fmt: skip
    return Booking(payment=payment, **{**usual, **values})


def a_message(booking: Booking, channel: Channel, state: MessageState, **values: Any) -> Message:
    address = booking.email if channel == Channel.EMAIL else booking.phone
    usual = {
        "channel": channel, "address": address, "lane": f"{channel}:{address}",
        "subject_type": "booking", "subject_id": str(booking.id), "purpose": "confirmed",
        "customer_id": booking.customer_id, "body": "Your booking is confirmed.", "state": state,
    }  # fmt: skip
    return Message(**{**usual, **values})
