"""A campaign to measure with: a hundred thousand recipients, in the middle of being sent."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, null
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
from webapp.messages.models import Batch, Message, MessageState

SLICE = 5_000
#: Of each hundred, in this order, repeated: those at the end still wait.
OF_A_HUNDRED = (
    *["delivered"] * 60, *["read"] * 20, *["sent"] * 12, *["failed"] * 5, *["unknown"], *["suppressed"] * 2,
)  # fmt: skip
CODES = ("21211", "21610", "30003", "30007")
WAITING = 0.4


def under_way(people: int) -> Campaign:
    """Add a campaign of which six tenths have left, and count it. Commits."""
    campaign = Campaign(
        name="Monsoon offer", state=CampaignState.SENDING, channels=["sms"], zone="Asia/Kolkata",
        total=people, started_at=now() - timedelta(minutes=20), quiet_from=null(), quiet_until=null(),
    )  # fmt: skip
    db.session.add(campaign)
    db.session.flush()
    source = Source(campaign_id=campaign.id, kind=SourceKind.FILE, state=SourceState.READ)
    batch = Batch(subject_type="campaign", subject_id=str(campaign.id))
    db.session.add_all([source, batch])
    db.session.flush()
    campaign.batch_id = batch.id
    last = 0
    for begin in range(0, people, SLICE):
        numbers = range(begin, min(begin + SLICE, people))
        last = _fill(campaign, source.id, batch.id, list(numbers), people)
    db.session.add(Expansion(batch_id=batch.id, reached=last))
    moment = now().timestamp()
    batch.history = [
        [int(moment) - 10 * (119 - step), 500 * step, 450 * step, 25 * step] for step in range(120)
    ]
    db.session.commit()
    tallying.tally(batch.id)
    return campaign


def _fill(campaign: Campaign, source: int, batch: int, numbers: list[int], people: int) -> int:
    rows = [_person(campaign.id, source, number) for number in numbers]
    adding = insert(Recipient).returning(Recipient.id, sort_by_parameter_order=True)
    ids = list(db.session.scalars(adding, rows).all())
    left = people * (1 - WAITING)
    db.session.execute(
        insert(Message),
        [
            _letter(batch, one, row["phone"], OF_A_HUNDRED[number % 100] if number < left else "queued", number)
            for one, row, number in zip(ids, rows, numbers, strict=True)
        ],
    )  # fmt: skip
    db.session.commit()
    return ids[-1]


def _person(campaign: int, source: int, number: int) -> dict[str, Any]:
    phone = f"+9198{number:08d}"
    return {
        "campaign_id": campaign, "source_id": source, "row": number + 2, "key": phone,
        "name": f"Asha Rao {number}", "phone": phone, "country": "IN", "zone": "Asia/Kolkata",
        "email": f"asha{number}@example.com",
        "values": {"first_name": "Asha", "city": "Pune", "last_visit": "12 March"},
    }  # fmt: skip


def _letter(batch: int, one: int, phone: str, state: str, number: int) -> dict[str, Any]:
    moment, failed = now(), state == "failed"
    left = state in ("sent", "delivered", "read")
    return {
        "id": uuid7(), "channel": "sms", "address": phone, "lane": f"sms:{phone}",
        "category": "campaign", "urgency": 9, "subject_type": "recipient", "subject_id": str(one),
        "purpose": f"campaign.{batch}", "batch_id": batch, "recipient": one, "country": "IN",
        "body": "Hello Asha, this week two treatments for the price of one.",
        "state": MessageState(state), "due_at": moment, "created_at": moment, "units": 1,
        "code": CODES[number % len(CODES)] if failed else None,
        "error": "This is not a phone number that exists." if failed else None,
        "sent_at": moment if left else None,
        "delivered_at": moment if state in ("delivered", "read") else None,
        "finished_at": None if left or state == "queued" else moment,
    }  # fmt: skip
