"""How each thing is asked of a campaign, for the contract that every change leaves a line."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.campaigns.making import a_draft, a_newer
from tests.contracts.world import World, send
from webapp.campaigns import checking, pausing, prices, scheduling, starting
from webapp.campaigns.models import Campaign, Recipient
from webapp.clock import now
from webapp.extensions import db
from webapp.messages import batches
from webapp.messages.channels import Channel

Way = Callable[[FlaskClient, World], TestResponse]


def a_ready_one() -> Campaign:
    """Return a draft that has been checked."""
    campaign = a_draft(people=1, name="Ready")
    findings = checking.Findings(checking.seal(campaign), seen=1, good=1)
    campaign.checked, campaign.findings = findings.seal, findings.as_json()
    db.session.commit()
    return campaign


def asked(page: str, **typed: Any) -> Way:
    """Send a form of a campaign that is ready."""
    return lambda client, _world: send(client, f"/campaigns/{a_ready_one().id}{page}", **typed)


def choose(client: FlaskClient, _world: World) -> TestResponse:
    campaign = a_ready_one()
    campaign.channels = []
    db.session.commit()
    sms = str(campaign.sms_id)
    return send(client, f"/campaigns/{campaign.id}/texts", first="sms", sms=sms)


def take_newest(client: FlaskClient, _world: World) -> TestResponse:
    campaign = a_ready_one()
    assert campaign.sms
    a_newer(campaign.sms, "Good day {{ name }}")
    return send(client, f"/campaigns/{campaign.id}/texts/sms/newest")


def send_test(client: FlaskClient, _world: World) -> TestResponse:
    campaign = a_ready_one()
    of = db.session.query(Recipient.id).filter_by(campaign_id=campaign.id).scalar()
    where = f"/campaigns/{campaign.id}/preview"
    return send(client, where, of=str(of), phone="9812345678")


def unschedule(client: FlaskClient, _world: World) -> TestResponse:
    campaign = a_ready_one()
    scheduling.schedule(campaign, now() + timedelta(days=1), "UTC")
    db.session.commit()
    return send(client, f"/campaigns/{campaign.id}/unschedule")


def remove_price(client: FlaskClient, _world: World) -> TestResponse:
    prices.change(Channel.SMS, "IN", 250_000, "INR")
    db.session.commit()
    return send(client, "/campaigns/prices/sms/IN/remove")


def live(page: str, **typed: Any) -> Way:
    """Send a form of a campaign that is being sent."""
    return lambda client, world: send(client, f"/campaigns/{world.sent.id}{page}", **typed)


def go_on(client: FlaskClient, world: World) -> TestResponse:
    pausing.pause(world.sent)
    db.session.commit()
    return send(client, f"/campaigns/{world.sent.id}/go-on")


def of_rehearsal(page: str) -> Way:
    """Send a form of a rehearsal, which is paused."""

    def ask(client: FlaskClient, _world: World) -> TestResponse:
        campaign = a_ready_one()
        batches.hold(starting.rehearse(campaign, "calm"))
        db.session.commit()
        return send(client, f"/campaigns/{campaign.id}/rehearsal{page}")

    return ask


TOMORROW = {"day": f"{now() + timedelta(days=1):%Y-%m-%d}", "time": "10:00", "zone": "UTC"}
WAYS: dict[str, Way] = {
    "campaigns.create": lambda c, w: send(c, "/campaigns/new", name="Another"),
    "campaigns.rename": asked("/name", name="Renamed"),
    "campaigns.choose_texts": choose,
    "campaigns.take_newest": take_newest,
    "campaigns.send_test": send_test,
    "campaigns.run_check": asked("/check"),
    "campaigns.keep_quiet": asked("/quiet", on="1", begin="22:00", end="08:00"),
    "campaigns.set_pace": asked("/pace/sms", per_minute="30"),
    "campaigns.send": asked("/send"),
    "campaigns.schedule": asked("/schedule", **TOMORROW),
    "campaigns.unschedule": unschedule,
    "campaigns.set_price": lambda c, w: send(
        c, "/campaigns/prices", channel="sms", country="IN", price="0.25", currency="INR"
    ),
    "campaigns.remove_price": remove_price,
    "live.pause": live("/pause"),
    "live.go_on": go_on,
    "live.stop": live("/stop"),
    "live.limit": live("/limit", channel="sms", per_minute="30"),
    "recipients.retry": live("/retry", state="failed", code="21211"),
    "recipients.export": live("/export", state="failed"),
    "rehearsal.begin": asked("/rehearsal", profile="calm"),
    "rehearsal.go_on": of_rehearsal("/go-on"),
    "rehearsal.stop": of_rehearsal("/stop"),
}
