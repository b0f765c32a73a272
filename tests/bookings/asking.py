"""How the tests of the bookings send requests, and look at what came of them."""

import contextvars
from concurrent.futures import ThreadPoolExecutor

from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import func, select

from tests.bookings.making import a_time
from webapp.accounts.models import AuditEntry
from webapp.bookings.book_views import start_text
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job

HTMX = {"HX-Request": "true"}


TYPED = {"name": "Meera Iyer", "phone": "98123 45678", "email": "Meera@Example.org"}


def verify(client, booking, sent, **more):
    return client.post(f"/bookings/{booking.id}/verify-payment", data=sent, **more)


def tell(client, body, headers):
    return client.post("/webhooks/razorpay", data=body, headers=headers)


def csrf(browser, where="/bookings"):
    page = HTMLParser(browser.get(where).text)
    return {"csrf_token": page.css_first("meta[name=csrf-token]").attributes["content"]}


def token_of(client, where):
    """Return the page's CSRF token and the key of its form."""
    page = HTMLParser(client.get(where).text)
    return {
        name: page.css_first(f"[name={name}]").attributes["value"]
        for name in ("csrf_token", "form_key")
    }


def path(service, moment):
    return f"/book/{service.slug}/{start_text(moment)}"


def book(client, service, moment=None, **changes):
    where = path(service, moment or a_time(service))
    return client.post(where, data={**token_of(client, where), **TYPED, **changes})


def notifications(db):
    kind = Job.kind == JobKind.BOOKING_NOTIFY
    return db.session.scalar(select(func.count()).select_from(Job).where(kind))


def audited(db, action):
    return db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()


def count(db, table):
    return db.session.scalar(select(func.count()).select_from(table))


def at_once(app, tasks):
    """Send every request in a thread of its own, each from a fresh browser."""

    def one(task):
        return contextvars.Context().run(task, FlaskClient(app))

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(one, tasks))
