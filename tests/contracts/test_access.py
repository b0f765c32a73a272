"""Who may do what, written down a second time, so that a slip in a view is seen."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.contracts.world import HTMX, UNSAFE, World, csrf_token, rules
from tests.people import SignedIn
from webapp.accounts.models import Role

PUBLIC = """
    accounts.sign_in accounts.check_password accounts.sign_out accounts.setup
    accounts.make_first_account accounts.new_password accounts.set_password
    book.index book.times book.details book.hold book.booked book.calendar home.livez
    payments.verify_payment razorpay.razorpay webhooks.whatsapp_handshake webhooks.whatsapp
    webhooks.twilio_status webhooks.twilio_inbound
    unsubscribe.ask unsubscribe.unsubscribe unsubscribe.again
"""
VIEWERS = """
    accounts.sessions accounts.end_session accounts.end_other_sessions accounts.password
    accounts.change_password bookings.index bookings.show customers.index customers.show
    home.dashboard jobs.index jobs.show jobs.status messages.index messages.show services.index
    services.show templates.index templates.show suppressions.index exports.show
    notices.index notices.bell notices.open_notice notices.read notices.read_all
    audience.index audience.bad
    campaigns.index campaigns.show campaigns.preview campaigns.check
    live.progress recipients.index recipients.show recipients.exports rehearsal.show
"""
OPERATORS = """
    bookings.confirm bookings.cancel_form bookings.cancel customers.edit customers.update jobs.test
    jobs.retry jobs.cancel messages.send_again messages.leave messages.cancel messages.start_channel
    templates.new templates.create templates.edit templates.update templates.use_again
    templates.archive templates.restore templates.fetch
    suppressions.new suppressions.add suppressions.add_customer suppressions.lift_form
    suppressions.take_off exports.file
    audience.file audience.upload audience.customers audience.add_customers audience.pasted
    audience.add_pasted audience.columns audience.choose_columns audience.look_again
    audience.bad_file audience.read_on audience.remove
    campaigns.new campaigns.create campaigns.name campaigns.rename campaigns.texts
    campaigns.choose_texts campaigns.take_newest campaigns.send_test campaigns.run_check
    campaigns.keep_quiet campaigns.set_pace campaigns.confirm campaigns.send campaigns.schedule
    campaigns.unschedule
    live.pause live.go_on live.stop live.limit recipients.retry_form recipients.retry
    recipients.export rehearsal.begin rehearsal.go_on rehearsal.stop
"""
ADMINS = """
    accounts.activity accounts.people accounts.invite accounts.make_invitation accounts.person
    accounts.change_person accounts.deactivate accounts.reactivate accounts.make_link
    home.settings_page services.new services.create services.edit services.update
    notices.new notices.announce notices.announcement
    campaigns.price_list campaigns.set_price campaigns.remove_price
"""
#: What comes from the providers proves itself by a signature; who unsubscribes, by the message's id.
SIGNED = {
    "payments.verify_payment", "razorpay.razorpay", "webhooks.whatsapp",
    "webhooks.twilio_status", "webhooks.twilio_inbound",
    "unsubscribe.unsubscribe", "unsubscribe.again",
}  # fmt: skip
#: What each slice says of its own routes.
PARTS: list[Any] = [
    importlib.import_module(f"tests.contracts.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("of_*.py"))
]
#: What a token opens and no cookie does, whoever's it is.
PROGRAMS = {name for part in PARTS for name in getattr(part, "PROGRAMS", "").split()}
LISTS = (
    (None, " ".join([PUBLIC, *(getattr(part, "PUBLIC", "") for part in PARTS)])),
    (Role.VIEWER, " ".join([VIEWERS, *(part.VIEWERS for part in PARTS)])),
    (Role.OPERATOR, " ".join([OPERATORS, *(part.OPERATORS for part in PARTS)])),
    (Role.ADMIN, " ".join([ADMINS, *(part.ADMINS for part in PARTS)])),
)
NEEDS: dict[str, Role | None] = {name: role for role, names in LISTS for name in names.split()}
ORDER = [None, Role.VIEWER, Role.OPERATOR, Role.ADMIN]


def test_every_route_stands_in_the_table(app: Flask) -> None:
    assert {rule.endpoint for rule in rules(app)} == set(NEEDS) | PROGRAMS


def for_people(app: Flask) -> list[Any]:
    return [rule for rule in rules(app) if rule.endpoint not in PROGRAMS]


def changes(rule: Any) -> bool:
    return "GET" not in rule.methods


def ask(client: FlaskClient, world: World, rule: Any, **headers: str) -> TestResponse:
    path = world.address(rule)
    if not changes(rule):
        return client.get(path, headers=headers)
    return client.post(path, data={"csrf_token": csrf_token(client)}, headers=headers)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.ADMIN])
def test_each_role_gets_what_it_may_and_nothing_else(
    app: Flask, world: World, signed_in: SignedIn, role: Role
) -> None:
    wrong = {}
    looks = signed_in(role)
    # What only looks comes first, by one session; each change has its own, as it may end others.
    for rule in sorted(for_people(app), key=changes):
        status = ask(signed_in(role) if changes(rule) else looks, world, rule).status_code
        may = ORDER.index(NEEDS[rule.endpoint]) <= ORDER.index(role)
        refused = status == 403 and rule.endpoint != "webhooks.whatsapp_handshake"
        unsigned = status == 401 and rule.endpoint not in SIGNED
        if refused == may or unsigned or status >= 500:
            wrong[rule.endpoint] = status
    assert wrong == {}


def test_nobody_gets_in_without_signing_in(app: Flask, world: World) -> None:
    wrong = {}
    for rule in for_people(app):
        answer = ask(app.test_client(), world, rule)
        if NEEDS[rule.endpoint] is None:
            fine = answer.status_code < 500
        elif not changes(rule):
            fine = answer.status_code == 303 and answer.location.startswith("/sign-in?next=")
        else:
            fine = answer.status_code == 401
        if not fine:
            wrong[rule.endpoint] = (answer.status_code, answer.location)
    assert wrong == {}


def test_htmx_is_sent_to_the_sign_in_with_the_whole_window(app: Flask, world: World) -> None:
    for rule in for_people(app):
        if NEEDS[rule.endpoint] is not None:
            answer = ask(app.test_client(), world, rule, **HTMX)
            assert answer.status_code == 401, rule.endpoint
            assert answer.headers["HX-Redirect"].startswith("/sign-in"), rule.endpoint


def test_nothing_is_changed_without_the_token_of_a_form(
    app: Flask, world: World, signed_in: SignedIn
) -> None:
    wrong = {}
    for rule in rules(app):
        if not UNSAFE & set(rule.methods or ()) or rule.endpoint in PROGRAMS:
            continue
        status = signed_in(Role.ADMIN).post(world.address(rule)).status_code
        by_signature = rule.endpoint in SIGNED
        if (status != 400) if not by_signature else status >= 500:
            wrong[rule.endpoint] = status
    assert wrong == {}


def test_what_needs_no_token_is_named_here(app: Flask) -> None:
    exempt = app.extensions["csrf"]._exempt_blueprints
    assert app.extensions["csrf"]._exempt_views == set()
    unsafe = [rule for rule in rules(app) if UNSAFE & set(rule.methods or ())]
    names = {blueprint.name for blueprint in exempt}
    exempted = {rule.endpoint for rule in unsafe if rule.endpoint.split(".")[0] in names}
    changed_by_programs = {rule.endpoint for rule in unsafe if rule.endpoint in PROGRAMS}
    assert exempted == SIGNED | changed_by_programs


def test_a_cookie_opens_nothing_of_what_is_for_programs(
    app: Flask, world: World, signed_in: SignedIn
) -> None:
    wrong = {}
    for rule in rules(app):
        if rule.endpoint not in PROGRAMS:
            continue
        for client in (app.test_client(), signed_in(Role.ADMIN)):
            answer = ask(client, world, rule)
            challenge = answer.headers.get("WWW-Authenticate", "")
            if answer.status_code != 401 or not challenge.startswith("Bearer"):
                wrong[rule.endpoint] = (answer.status_code, challenge)
            assert answer.is_json, rule.endpoint
    assert wrong == {}
