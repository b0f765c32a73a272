"""What is taken away in slices: what has not left of a stopped campaign, and old rehearsals."""

from sqlalchemy import delete, select

from webapp.campaigns.models import Campaign, Expansion
from webapp.extensions import db
from webapp.jobs.running import Run
from webapp.messages import batches
from webapp.messages.models import Attempt, Batch, Message, MessageState

SLICE = 2_000


def take_back(run: Run, campaign: Campaign) -> int:
    """Take back what of a stopped campaign still waits; return how many messages that were."""
    if campaign.batch is None or campaign.batch.cancelled_at is None:
        return 0
    taken = 0
    while some := batches.take_back_some(campaign.batch):
        taken += some
        run.step(taken, note=f"Took back {taken:,} messages.")
    return taken


def forget_rehearsals(run: Run, campaign: Campaign) -> None:
    """Remove the messages of all rehearsals of a campaign but the newest."""
    old = db.session.scalars(
        select(Batch).where(
            Batch.subject_type == "campaign",
            Batch.subject_id == str(campaign.id),
            Batch.rehearsal.is_not(None),
            Batch.id != campaign.rehearsal_id,
        )
    ).all()
    for batch in old:
        batches.cancel(batch)
        while removed := _remove_some(batch.id):
            run.step(note=f"Removed {removed:,} messages of the last rehearsal.")
        _remove(batch.id)


def _remove_some(batch_id: int) -> int:
    """Remove some messages that nobody is sending at this moment, with their attempts."""
    some = db.session.scalars(
        select(Message.id)
        .where(Message.batch_id == batch_id, Message.state != MessageState.SENDING)
        .limit(SLICE)
    ).all()
    if some:
        db.session.execute(delete(Attempt).where(Attempt.message_id.in_(some)))
        db.session.execute(delete(Message).where(Message.id.in_(some)))
    return len(some)


def _remove(batch_id: int) -> None:
    """Remove an empty batch; what is being sent at this moment stays until the next rehearsal."""
    left = db.session.scalar(select(Message.id).where(Message.batch_id == batch_id).limit(1))
    if left is None:
        db.session.execute(delete(Expansion).where(Expansion.batch_id == batch_id))
        db.session.execute(delete(Batch).where(Batch.id == batch_id))
