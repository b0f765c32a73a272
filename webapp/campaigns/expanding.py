"""The recipients of a campaign become messages: a slice at a time, each exactly once."""

import time
import uuid
from typing import Any, NamedTuple

import structlog
from sqlalchemy import func, select, update
from uuid_utils.compat import uuid7

from webapp.campaigns.composing import Composer, Letter, composer
from webapp.campaigns.in_turn import Person, being_read, note_problems, people_after
from webapp.campaigns.models import Campaign, Expansion, Recipient
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.running import Run
from webapp.messages.models import Batch, MessageState, Urgency
from webapp.messages.quiet import Window, window
from webapp.messages.writing import write_many
from webapp.states import rows_changed

log = structlog.get_logger(__name__)

#: A job gives way after this long and goes on from the mark.
SECONDS = 15.0


class Plan(NamedTuple):
    """What every message of a batch has in common."""

    campaign_id: int
    batch_id: int
    zone: str
    quiet_from: str | None
    quiet_until: str | None
    rehearsal: str | None

    @classmethod
    def of(cls, campaign: Campaign, batch: Batch) -> "Plan":
        """Return the plan of a campaign's batch."""
        hours = (batch.quiet_from, batch.quiet_until)
        return cls(campaign.id, batch.id, campaign.zone, *hours, batch.rehearsal)


def expand(run: Run, campaign: Campaign, batch: Batch) -> bool:
    """Write the messages of all recipients that have none yet. False when a slice of it is left.

    Commits after each few of them, with the job's progress, so that a worker that lost the job
    stores nothing.
    """
    plan, texts, total = Plan.of(campaign, batch), composer(campaign), campaign.total
    done, end = looked_at(plan), time.monotonic() + SECONDS
    while (count := expand_some(plan, texts)) is not None:
        done += count
        run.step(done, max(done, total), f"Wrote the messages for {done:,} of {total:,}.")
        if time.monotonic() > end:
            log.info(
                "The time of this turn is over; the next one goes on", recipients=done, of=total
            )
            return False
    log.info("Everybody has been looked at", recipients=done, of=total)
    return True


def goes_on_later(campaign: Campaign, batch: Batch) -> bool:
    """Say whether somebody may be left, because recipients are being read just now."""
    return batch.cancelled_at is None and being_read(campaign.id)


def summary(campaign: Campaign, batch: Batch) -> str:
    """Return what came of it, in a sentence."""
    if batch.cancelled_at is not None:
        return "It was stopped before everybody had been written to."
    if goes_on_later(campaign, batch):
        return "It goes on when the new recipients have been read."
    return (
        f"Looked at {looked_at(Plan.of(campaign, batch)):,} recipients, and wrote their messages."
    )


def expand_some(plan: Plan, texts: Composer) -> int | None:
    """Write the messages of the next recipients, and return how many were looked at.

    None at the end, and when the batch was cancelled. The rows, and the mark of how far it is, are
    one transaction that the caller commits. The mark moves only from where this slice began: one
    that runs twice, or whose process dies, doubles nobody and loses nobody.
    """
    reached = _mark(plan)
    people = people_after(plan.campaign_id, reached)
    suppressed = texts.suppressed(people)
    db.session.commit()  # on SQLite nobody else could write while the texts are made
    if not people:
        return None
    refs = [uuid7() for _ in people]
    found = [
        texts.first(one, suppressed=suppressed, ref=ref)
        for one, ref in zip(people, refs, strict=True)
    ]
    if not _move_mark(plan, reached, people[-1].id):
        db.session.rollback()  # another run was faster
        return 0
    windows = Windows(plan)
    letters = [
        message(plan, one, ref, letter, windows)
        for one, ref, letter in zip(people, refs, found, strict=True)
        if isinstance(letter, Letter)
    ]
    if letters:
        write_many(letters)
    note_problems(people, found)
    if _cancelled(plan):
        db.session.rollback()
        return None
    return len(people)


def looked_at(plan: Plan) -> int:
    """Count the recipients up to the mark."""
    query = select(func.count()).where(
        Recipient.campaign_id == plan.campaign_id, Recipient.id <= _mark(plan)
    )
    return db.session.scalar(query) or 0


def _mark(plan: Plan) -> int:
    query = select(Expansion.reached).where(Expansion.batch_id == plan.batch_id)
    return db.session.scalar(query) or 0


def _cancelled(plan: Plan) -> bool:
    """Say whether the batch was cancelled; whoever cancels it now waits until this slice is stored.

    Asked last, because whoever counts the batch waits too.
    """
    query = select(Batch.cancelled_at).where(Batch.id == plan.batch_id)
    return db.session.scalar(query.with_for_update(key_share=True)) is not None


def _move_mark(plan: Plan, before: int, to: int) -> bool:
    moved = db.session.execute(
        update(Expansion)
        .where(Expansion.batch_id == plan.batch_id, Expansion.reached == before)
        .values(reached=to)
        .execution_options(synchronize_session=False)
    )
    return rows_changed(moved) == 1


class Windows:
    """When messages may leave, looked up once for each zone of a slice."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.moment = now()
        self.known: dict[str, Window] = {}

    def of(self, zone: str | None) -> Window:
        """Return the next time that is allowed in a zone; that of the campaign when it is not known."""
        zone = zone or self.plan.zone
        if zone not in self.known:
            hours = (self.plan.quiet_from, self.plan.quiet_until)
            self.known[zone] = window(zone, *hours, self.moment)
        return self.known[zone]


def message(
    plan: Plan, who: Person, ref: uuid.UUID, letter: Letter, windows: Windows
) -> dict[str, Any]:
    """Return the row of a message, ready to be written."""
    opening, text = windows.of(who.zone), letter.text
    return {
        "id": ref,
        "channel": letter.channel,
        "address": letter.address,
        "lane": f"rehearsal:{letter.lane}" if plan.rehearsal else letter.lane,
        "category": "campaign",
        "urgency": int(Urgency.CAMPAIGN),
        "subject_type": "recipient",
        "subject_id": str(who.id),
        "purpose": purpose(plan.batch_id),
        "customer_id": who.customer_id,
        "batch_id": plan.batch_id,
        "recipient": who.id,
        "zone": who.zone or plan.zone,
        "country": who.country,
        "units": text.units,
        "title": text.subject or None,
        "body": text.body,
        "html": text.html,
        "template": text.template,
        "state": MessageState.QUEUED,
        "due_at": opening.opens,
        "closes_at": opening.closes,
    }


def purpose(batch_id: int) -> str:
    """Return what the messages of a batch tell: nobody gets it twice by one channel."""
    return f"campaign.{batch_id}"
