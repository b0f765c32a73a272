"""One of everything, and the address of every route with it in its place."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from flask import Flask, url_for
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.bookings.making import a_service, a_time, lapse, ordered
from tests.contracts.sources import Knowledge, some_knowledge
from tests.contracts.things import (
    a_job,
    a_message,
    a_report,
    a_token,
    an_alert,
    an_announcement,
    some_lists,
    some_workers,
    somebody_of,
    under_way,
)
from tests.message_templates.making import some_templates
from tests.people import person
from webapp.accounts import sessions, tokens
from webapp.accounts.models import ApiToken, Link, Role, User
from webapp.bookings import confirming
from webapp.bookings.book_views import start_text
from webapp.bookings.models import Booking
from webapp.campaigns.models import Campaign, Source
from webapp.clock import now
from webapp.exports import asking
from webapp.exports.models import Export
from webapp.extensions import db
from webapp.jobs.models import Job, JobState
from webapp.message_templates.models import Template
from webapp.messages.channels import Channel
from webapp.messages.models import (
    ChannelState,
    Message,
    MessageState,
    SuppressedBecause,
    Suppression,
)
from webapp.services.models import Service

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
HTMX = {"HX-Request": "true"}
SETUP, PASSWORD = "a-link-for-the-first-account", "a-link-for-a-password"


@dataclass
class World:
    """What stands in the database, in every state that a page can show."""

    app: Flask
    service: Service
    bookings: list[Booking]
    jobs: dict[str, Job]
    messages: dict[str, Message]
    guest: User
    session_id: int
    suppression: Suppression
    export: Export
    template: Template
    announcement_id: int
    notice_id: int
    #: The lists of a campaign by their state.
    lists: dict[str, Source]
    #: A campaign that is being sent, with a message in each state.
    sent: Campaign
    knowledge: Knowledge
    alert_id: int
    #: The name of a worker that lives.
    worker: str
    report_id: int
    api_token: ApiToken

    @property
    def held(self) -> Booking:
        return self.bookings[0]

    @property
    def confirmed(self) -> Booking:
        return self.bookings[1]

    @cached_property
    def values(self) -> dict[str, Any]:
        """Return what stands in the addresses, looked up once: every route asks, and nothing moves."""
        return {
            "booking_id": self.held.id,
            "customer_id": self.held.customer_id,
            "service_id": self.service.id,
            "job_id": self.jobs["FAILURE"].id,
            "message_id": self.messages["failed"].id,
            "user_id": self.guest.id,
            "session_id": self.session_id,
            "slug": self.service.slug,
            "start": start_text(a_time(self.service, 9)),
            "channel": Channel.SMS.value,
            "suppression_id": self.suppression.id,
            "filename": "app.css",
            "template_id": self.template.id,
            "number": 1,
            "export_id": self.export.id,
            "announcement_id": self.announcement_id,
            "notice_id": self.notice_id,
            "campaign_id": self.lists["mapping"].campaign_id,
            "token": None,
            "source_id": self.lists["mapping"].id,
            "country": "IN",
            "which": "failed",
            "recipient_id": somebody_of(self.sent),
            "reading_id": self.knowledge.reading.id,
            "ordinal": 1,
            "chunk_id": self.knowledge.chunk.id,
            "question_id": self.knowledge.question.id,
            "filter_id": 1,
            "page_id": self.knowledge.pages["read"].id,
            "alert_id": self.alert_id,
            "line": "backup_tried",
            "worker_name": self.worker,
            "queue": "bulk",
            "name": "old-sessions",
            "report_id": self.report_id,
            "token_id": self.api_token.id,
            "task_id": self.jobs["FAILURE"].id,
            "document_id": self.knowledge.documents["ready"].id,
            "kind": "jobs",
            "wish": "retry",
        }

    @cached_property
    def meant(self) -> dict[str, dict[str, Any]]:
        """Return what stands in the addresses of some blueprints alone."""
        sent = {"campaign_id": self.sent.id, "recipient_id": somebody_of(self.sent)}
        document = {"source_id": self.knowledge.documents["ready"].id}
        return {
            "accounts": {"token": PASSWORD},
            "book": {"token": self.confirmed.token},
            **dict.fromkeys(("live", "recipients"), sent),
            **dict.fromkeys(("knowledge", "documents", "uploads", "ask"), document),
            "websites": {"source_id": self.knowledge.website.id},
        }

    def address(self, rule: Rule, **other: Any) -> str:
        """Return the address of a route."""
        known = {**self.values, **self.meant.get(rule.endpoint.split(".")[0], {}), **other}
        if rule.endpoint in {"accounts.setup", "accounts.make_first_account"}:
            known["token"] = SETUP
        values = {name: known[name] for name in rule.arguments}
        if rule.endpoint == "recipients.retry_form":
            values["state"] = "failed"
        with self.app.test_request_context():
            return url_for(rule.endpoint, **values)


def make(app: Flask) -> World:
    """Fill the database."""
    service = a_service(name="A service with a rather long name, as some have", price=0)
    paid = a_service(description="One line.\nAnother line.")
    held, confirmed, cancelled, expired = (ordered(paid, number=number) for number in range(4))
    confirming.confirm_by_hand(confirmed)
    confirming.cancel(cancelled, "It is given back at the desk.")
    lapse(expired)
    next_year = now() + timedelta(days=365)
    guest = person("Gustav", Role.VIEWER)
    sessions.begin(guest, address="192.0.2.7", browser="Mozilla/5.0 (X11; Linux) Firefox/140.0")
    db.session.add_all(
        [
            Link(token_hash=tokens.fingerprint(PASSWORD), user_id=guest.id,
                 slot=f"user:{guest.id}", expires_at=next_year),
            Link(token_hash=tokens.fingerprint(SETUP), slot="setup", expires_at=next_year),
            ChannelState(channel=Channel.SMS, stopped_at=now(), reason="The account is empty.",
                         advice="Top it up."),
        ]
    )  # fmt: skip
    jobs = {state.value: a_job(confirmed, state) for state in JobState}
    messages = {state.value: a_message(confirmed, state) for state in MessageState}
    suppression = Suppression(
        lane="sms:+919812345699", channel=Channel.SMS, address="+919812345699",
        why=SuppressedBecause.STOP,
    )  # fmt: skip
    db.session.add_all([*jobs.values(), *messages.values(), suppression])
    db.session.commit()
    begun = sessions.of(guest)[0].id
    told = an_announcement(guest)
    export = asking.ask("tests.nothing", "Names.csv")
    mail = some_templates()
    db.session.commit()
    bookings = [held, confirmed, cancelled, expired]
    return World(
        app, service, bookings, jobs, messages, guest, begun, suppression, export, mail, *told,
        some_lists(), under_way(), some_knowledge(), an_alert(),
        some_workers(jobs["PROGRESS"]), a_report(), a_token(guest),
    )  # fmt: skip


def rules(app: Flask, method: str | None = None) -> list[Rule]:
    """Return the routes, or those that a method reaches."""
    found = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    return [rule for rule in found if method is None or method in (rule.methods or ())]


def is_page(answer: TestResponse) -> bool:
    return answer.mimetype == "text/html" and answer.status_code // 100 != 3


def csrf_token(client: FlaskClient) -> str:
    """Return the token of this browser's forms."""
    meta = LexborHTMLParser(client.get("/setup/none").text).css_first("meta[name=csrf-token]")
    assert meta is not None
    return meta.attributes["content"] or ""


def send(client: FlaskClient, path: str, **typed: Any) -> TestResponse:
    """Send a form as its page does."""
    return client.post(path, data={"csrf_token": csrf_token(client), **typed})
