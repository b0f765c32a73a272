"""Campaigns made by hand, in any state that a page can show."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert
from uuid_utils.compat import uuid7

from webapp.campaigns.models import (
    Campaign,
    CampaignState,
    Expansion,
    Recipient,
    Source,
    SourceKind,
    SourceState,
)
from webapp.clock import now
from webapp.extensions import db
from webapp.messages import tallying
from webapp.messages.channels import Channel
from webapp.messages.channels.outcomes import explain
from webapp.messages.models import Batch, Message, MessageState, Urgency

LEFT = {MessageState.SENT, MessageState.DELIVERED, MessageState.READ}
ENDED = {
    MessageState.FAILED, MessageState.UNKNOWN, MessageState.SUPPRESSED, MessageState.CANCELLED,
}  # fmt: skip
NAMES = ("Asha Rao", "Ben Okafor", "Chloé Martin", "Dev Patel", "Elif Kaya", "Femi Ade")


def a_campaign(
    people: dict[str, int] | None = None,
    *,
    state: CampaignState = CampaignState.SENDING,
    channels: tuple[str, ...] = ("sms",),
    name: str = "Monsoon offer",
    rehearsal: str | None = None,
    **more: Any,
) -> Campaign:
    """Return a campaign with so many recipients by the state of the message to them.

    "failed 21211" gives the code, "problem missing_value" the reason, "unwritten" no message.
    """
    people = people or {}
    total = sum(people.values())
    campaign = Campaign(
        name=name, state=state, channels=list(channels), zone="Asia/Kolkata", total=total,
        started_at=now() - timedelta(minutes=9), **more,
    )  # fmt: skip
    if state in (CampaignState.DONE, CampaignState.CANCELLED):
        campaign.finished_at = now()
    db.session.add(campaign)
    db.session.flush()
    source = Source(
        campaign_id=campaign.id, kind=SourceKind.FILE, state=SourceState.READ, filename="People.csv"
    )
    batch = Batch(
        subject_type="campaign", subject_id=str(campaign.id), rehearsal=rehearsal,
        created_at=campaign.started_at, held_at=None,
    )  # fmt: skip
    db.session.add_all([source, batch])
    db.session.flush()
    if rehearsal:
        campaign.rehearsal_id = batch.id
    else:
        campaign.batch_id = batch.id
    kinds = [kind for kind, count in people.items() for _ in range(count)]
    reached = _fill(campaign, source, batch, kinds)
    db.session.add(Expansion(batch_id=batch.id, reached=reached))
    problems = {
        kind.partition(" ")[2]: count
        for kind, count in people.items()
        if kind.startswith("problem")
    }
    campaign.findings = {**(campaign.findings or {}), "problems": problems}
    if state == CampaignState.CANCELLED:
        batch.cancelled_at = now()
    db.session.commit()
    tallying.tally(batch.id)
    db.session.refresh(batch)
    return campaign


def _fill(campaign: Campaign, source: Source, batch: Batch, kinds: list[str]) -> int:
    """Add a recipient for each kind, with a message where there is one; return the last written."""
    people = [_person(campaign, source, number, kind) for number, kind in enumerate(kinds)]
    if not people:
        return 0
    numbers = db.session.scalars(
        insert(Recipient).returning(Recipient.id, sort_by_parameter_order=True), people
    ).all()
    letters = [
        _letter(campaign, batch, number, person, kind)
        for number, person, kind in zip(numbers, people, kinds, strict=True)
        if not kind.startswith(("problem", "unwritten"))
    ]
    if letters:
        db.session.execute(insert(Message), letters)
    written = [
        number
        for number, kind in zip(numbers, kinds, strict=True)
        if not kind.startswith("unwritten")
    ]
    return max(written, default=0)


def _person(campaign: Campaign, source: Source, number: int, kind: str) -> dict[str, Any]:
    phone = f"+9198{number:08d}"
    problem = kind.partition(" ")[2] if kind.startswith("problem") else None
    return {
        "campaign_id": campaign.id, "source_id": source.id, "row": number + 2, "key": phone,
        "name": f"{NAMES[number % len(NAMES)]} {number}", "phone": phone, "country": "IN",
        "email": f"person{number}@example.org", "zone": "Asia/Kolkata",
        "values": {"first_name": NAMES[number % len(NAMES)].split()[0], "city": "Pune"},
        "problem": problem, "detail": problem and "SMS: first_name is missing.",
    }  # fmt: skip


def _letter(
    campaign: Campaign, batch: Batch, number: int, person: dict[str, Any], kind: str
) -> dict[str, Any]:
    name, _, code = kind.partition(" ")
    state, channel = MessageState(name), Channel(campaign.channels[0])
    address = person["email"] if channel == Channel.EMAIL else person["phone"]
    words = explain(channel, code) if code else None
    moment = now()
    lane = f"{channel}:{address}"
    return {
        "id": uuid7(), "channel": channel, "address": address, "category": "campaign",
        "lane": f"rehearsal:{lane}" if batch.rehearsal else lane, "urgency": int(Urgency.CAMPAIGN),
        "subject_type": "recipient", "subject_id": str(number), "batch_id": batch.id,
        "recipient": number, "purpose": f"campaign.{batch.id}", "country": "IN",
        "body": f"Hello {person['values']['first_name']}", "state": state, "due_at": moment,
        "code": code or None, "error": words.sentence if words else None,
        "advice": words.advice if words else None, "created_at": moment, "units": 1,
        "sent_at": moment if state in LEFT else None,
        "delivered_at": moment if state == MessageState.DELIVERED else None,
        "finished_at": moment if state in ENDED else None,
    }  # fmt: skip
