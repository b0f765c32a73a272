"""Whoever changes something leaves a line in the record."""

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.bookings.making import a_time, ordered, proof
from tests.contracts import ways_of_campaigns
from tests.contracts.test_access import PARTS, PROGRAMS, SIGNED
from tests.contracts.world import PASSWORD, UNSAFE, World, rules, send
from webapp.accounts import links, passwords, sessions
from webapp.accounts.models import AuditEntry, Role, User
from webapp.bookings.book_views import start_text
from webapp.extensions import db

WORDS = "four plain words here"
Way = Callable[[FlaskClient, World], TestResponse]


def fields_of(service: Any) -> dict[str, Any]:
    return {
        "name": "Another one", "slug": f"other-{service.id}", "description": "", "minutes": "45",
        "price": "12.50", "currency": "INR", "capacity": "2", "zone": "Asia/Kolkata",
        "lead_minutes": "60", "days_ahead": "30", "reminder_hours": "24", "day_0": "09:00-12:00",
    }  # fmt: skip


def change_password(client: FlaskClient, world: World) -> TestResponse:
    user = db.session.query(User).filter_by(role=Role.ADMIN).one()
    user.password_hash = passwords.hashed(WORDS)
    db.session.commit()
    return send(client, "/my/password", old=WORDS, password="other plain words, and more")


def end_session(client: FlaskClient, world: World) -> TestResponse:
    me = db.session.query(User).filter_by(role=Role.ADMIN).one()
    sessions.begin(me, address="192.0.2.8", browser="another")
    db.session.commit()
    other = next(one for one in sessions.of(me) if one.browser == "another")
    return send(client, f"/my/sessions/{other.id}/end")


def end_others(client: FlaskClient, world: World) -> TestResponse:
    me = db.session.query(User).filter_by(role=Role.ADMIN).one()
    sessions.begin(me, address="192.0.2.8", browser="another")
    db.session.commit()
    return send(client, "/my/sessions/end-others")


def reactivate(client: FlaskClient, world: World) -> TestResponse:
    world.guest.active = False
    db.session.commit()
    return send(client, f"/people/{world.guest.id}/reactivate")


def hold(client: FlaskClient, world: World) -> TestResponse:
    start = start_text(a_time(world.service, 11))
    return send(
        client, f"/book/{world.service.slug}/{start}", name="Bo", email="bo@example.org",
        form_key="0123456789abcdef0123", time=start,
    )  # fmt: skip


def audience(world: World, *parts: Any) -> str:
    return "/".join(map(str, ["/campaigns", world.lists["read"].campaign_id, "audience", *parts]))


WAYS: dict[str, Way] = {
    "accounts.check_password": lambda c, w: send(
        w.app.test_client(), "/sign-in", email=w.guest.email, password="wrong words"
    ),
    "accounts.sign_out": lambda c, w: send(c, "/sign-out"),
    "accounts.set_password": lambda c, w: send(
        w.app.test_client(), f"/password/{PASSWORD}", password=WORDS
    ),
    "accounts.end_session": end_session,
    "accounts.end_other_sessions": end_others,
    "accounts.change_password": change_password,
    "accounts.make_invitation": lambda c, w: send(
        c, "/people/new", name="New", email="new@desk.example", role="viewer"
    ),
    "accounts.change_person": lambda c, w: send(
        c, f"/people/{w.guest.id}", name="Gustava", role="operator"
    ),
    "accounts.deactivate": lambda c, w: send(c, f"/people/{w.guest.id}/deactivate"),
    "accounts.reactivate": reactivate,
    "accounts.make_link": lambda c, w: send(c, f"/people/{w.guest.id}/link"),
    "book.hold": hold,
    "bookings.confirm": lambda c, w: send(c, f"/bookings/{w.held.id}/confirm"),
    "bookings.cancel": lambda c, w: send(c, f"/bookings/{w.confirmed.id}/cancel", note="Given back"),
    "customers.update": lambda c, w: send(
        c, f"/customers/{w.held.customer_id}/edit", name="Other", phone="+919812345600",
        zone="Asia/Kolkata",
    ),
    "jobs.test": lambda c, w: send(c, "/jobs/test"),
    "jobs.retry": lambda c, w: send(c, f"/jobs/{w.jobs['FAILURE'].id}/retry"),
    "jobs.cancel": lambda c, w: send(c, f"/jobs/{w.jobs['PENDING'].id}/cancel"),
    "messages.send_again": lambda c, w: send(
        c, f"/messages/{w.messages['failed'].id}/send-again"
    ),
    "messages.leave": lambda c, w: send(c, f"/messages/{w.messages['unknown'].id}/leave"),
    "messages.cancel": lambda c, w: send(c, f"/messages/{w.messages['queued'].id}/cancel"),
    "messages.start_channel": lambda c, w: send(c, "/messages/channels/sms/start"),
    "notices.announce": lambda c, w: send(
        c, "/notices/new", whom="everybody", level="info", title="Hear", form_key="0123456789abcdef"
    ),
    "services.create": lambda c, w: send(c, "/services/new", **fields_of(w.service)),
    "services.update": lambda c, w: send(
        c, f"/services/{w.service.id}/edit", **fields_of(w.service)
    ),
    "templates.create": lambda c, w: send(c, "/templates/new/sms", name="Another", body="Hello"),
    "templates.update": lambda c, w: send(
        c, f"/templates/{w.template.id}/edit", name="Renamed", subject="Hello", body="New words"
    ),
    "templates.use_again": lambda c, w: send(c, f"/templates/{w.template.id}/versions/1/use"),
    "templates.archive": lambda c, w: send(c, f"/templates/{w.template.id}/archive"),
    "templates.restore": lambda c, w: send(c, f"/templates/{w.template.id}/restore"),
    "templates.fetch": lambda c, w: send(c, "/templates/fetch"),
    "suppressions.add": lambda c, w: send(
        c, "/messages/do-not-contact/new", channel="email", address="no@example.org"
    ),
    "suppressions.add_customer": lambda c, w: send(
        c, f"/messages/do-not-contact/customers/{w.held.customer_id}/whatsapp"
    ),
    "suppressions.take_off": lambda c, w: send(
        c, f"/messages/do-not-contact/{w.suppression.id}/lift", note="They asked for it."
    ),
    "audience.upload": lambda c, w: send(
        c, audience(w, "file"), file=(io.BytesIO(b"Phone\n9812345678\n"), "list.csv")
    ),
    "audience.add_customers": lambda c, w: send(c, audience(w, "customers"), reach="", wants=""),
    "audience.add_pasted": lambda c, w: send(
        c, audience(w, "pasted"), text="9812345678", region="IN"
    ),
    "audience.choose_columns": lambda c, w: send(
        c, audience(w, w.lists["mapping"].id, "columns"), phone="1", region="IN", header="y"
    ),
    "audience.look_again": lambda c, w: send(
        c, audience(w, w.lists["mapping"].id, "look-again"), encoding="cp1252", delimiter=";"
    ),
    "audience.bad_file": lambda c, w: send(c, audience(w, w.lists["read"].id, "bad-rows/file")),
    "audience.read_on": lambda c, w: send(c, audience(w, w.lists["stopped"].id, "read-on")),
    "audience.remove": lambda c, w: send(c, audience(w, w.lists["read"].id, "remove")),
    **ways_of_campaigns.WAYS,
    **{name: way for part in PARTS for name, way in part.WAYS.items()},
}  # fmt: skip


#: What somebody has read of his own notices changes nothing for anybody else.
OWN_AFFAIRS = {"notices.open_notice", "notices.read", "notices.read_all"}


def entries() -> int:
    return db.session.query(AuditEntry).count()


def test_every_way_to_change_something_is_known_here(app: Flask) -> None:
    unsafe = {rule.endpoint for rule in rules(app) if UNSAFE & set(rule.methods or ())}
    assert unsafe - SIGNED - OWN_AFFAIRS - PROGRAMS == {*WAYS, "accounts.make_first_account"}


@pytest.mark.parametrize("endpoint", WAYS)
def test_a_change_leaves_a_line_in_the_record(
    ada: FlaskClient, world: World, endpoint: str
) -> None:
    before = entries()
    answer = WAYS[endpoint](ada, world)
    wrong_password = endpoint == "accounts.check_password"
    assert answer.status_code in ({422} if wrong_password else {200, 204, 303}), answer.text
    assert entries() > before


def test_the_first_account_leaves_a_line_in_the_record(client: FlaskClient, db: Any) -> None:
    path = urlsplit(links.for_setup()).path
    db.session.commit()
    before = entries()
    typed = {"name": "Ada", "email": "first@desk.example", "password": WORDS}
    assert send(client, path, **typed).status_code == 303
    assert entries() > before


@pytest.mark.parametrize("genuine", [True, False])
def test_a_payment_leaves_a_line_whether_it_is_genuine_or_not(
    client: FlaskClient, app: Flask, genuine: bool
) -> None:
    booking = ordered()
    sent = proof(booking) if genuine else {**proof(booking), "razorpay_signature": "0" * 64}
    before = entries()
    answer = client.post(f"/bookings/{booking.id}/verify-payment", json=sent)
    assert answer.status_code == (200 if genuine else 400)
    assert entries() > before
