"""Send again to just those who did not get it: chosen by state and reason, put back by a job."""

import uuid
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, select, update

from webapp.accounts.acting import record
from webapp.campaigns import ending, recipients, standing, starting
from webapp.campaigns.models import Campaign, CampaignState
from webapp.campaigns.recipients import Wanted, of_state
from webapp.campaigns.starting import NotPossible
from webapp.campaigns.watching import BEGUN
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import UNFINISHED, Job
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Run
from webapp.messages import batches
from webapp.messages.models import Batch, Message, MessageState, Suppression
from webapp.states import move, stands

#: What can be sent again. Who wants no offers is never asked again.
STATES = (MessageState.FAILED, MessageState.UNKNOWN, MessageState.CANCELLED)


class Reach(NamedTuple):
    """How many of those who were chosen can be sent to again, and how many not."""

    all: int
    #: Another message was written in its place, such as an SMS where WhatsApp failed.
    superseded: int
    #: They have said meanwhile that they want none, or cannot be reached.
    suppressed: int
    #: Nothing was written to them yet, because it was stopped before.
    unwritten: int = 0

    @property
    def reachable(self) -> int:
        """To how many it is sent again."""
        return self.all - self.suppressed + self.unwritten


def reach(campaign: Campaign, state: str, code: str = "") -> Reach:
    """Say how many can be reached again of those whose message ended in a state, by a code."""
    wanted = Wanted(campaign.id, campaign.batch_id, state, code)
    chosen = of_state(wanted)
    return Reach(
        _count(*chosen),
        _count(*of_state(wanted, superseded=True)),
        _count(*chosen, exists().where(Suppression.lane == Message.lane)),
        unwritten(campaign) if state == MessageState.CANCELLED else 0,
    )


def unwritten(campaign: Campaign) -> int:
    """Return to how many nothing was written yet, because it was stopped before."""
    query = recipients.by_person(Wanted(campaign.id, campaign.batch_id, recipients.UNWRITTEN))
    return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _count(*conditions: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(Message).where(*conditions)) or 0


def ask(campaign: Campaign, state: str, code: str = "") -> Job:
    """Ask that those who were chosen are sent to again. Raises NotPossible.

    Asked for twice while it is under way, it is done once.
    """
    batch = campaign.batch
    if batch is None or state not in STATES or code == standing.NO_CODE:
        raise NotPossible("Nothing of this campaign can be sent again.")
    if campaign.forgotten_at is not None:
        raise NotPossible("The numbers and addresses of its recipients have been removed.")
    if twin := _same(campaign, state, code):
        return twin
    found = reach(campaign, state, code)
    if not found.reachable:
        raise NotPossible("There is nobody left to whom it could be sent again.")
    _begin_again(campaign, batch, with_rest=bool(found.unwritten))
    job = enqueue(
        JobKind.CAMPAIGN_RETRY,
        about=campaign,
        key=_key(campaign, state, code),
        campaign_id=campaign.id,
        batch_id=batch.id,
        state=state,
        code=code,
    )
    job.total = found.all
    record(
        "campaign.sent_again",
        f"Sent the campaign “{campaign.name}” again to {found.reachable:,}: {_reason(campaign, state, code)}",
        about=campaign,
        state=state,
        code=code,
    )
    return job


def _begin_again(campaign: Campaign, batch: Batch, *, with_rest: bool) -> None:
    """Let the campaign send again. Whoever had not been written to when it was stopped is, too."""
    if campaign.state == CampaignState.CANCELLED and not with_rest and unwritten(campaign):
        raise NotPossible(REST_FIRST)
    if batch.cancelled_at is not None and not batches.reopen(batch):
        raise NotPossible("What had not left is still being taken back. Try again in a moment.")
    if not move(campaign, CampaignState.SENDING, expect=BEGUN, finished_at=None):
        raise NotPossible("Nothing of this campaign can be sent again.")
    if with_rest:
        starting.write_messages(campaign)


REST_FIRST = (
    "It was stopped before everybody was written to. Send it to those who were stopped first."
)


def _same(campaign: Campaign, state: str, code: str) -> Job | None:
    return db.session.scalar(
        select(Job).where(
            Job.kind == JobKind.CAMPAIGN_RETRY,
            Job.key == _key(campaign, state, code),
            stands(Job.state, *UNFINISHED),
        )
    )


def _key(campaign: Campaign, state: str, code: str) -> str:
    return f"retry:{campaign.id}:{state}:{code}"


def _reason(campaign: Campaign, state: str, code: str) -> str:
    if state == MessageState.FAILED and code:
        known = None if code == standing.NO_CODE else code
        return standing.explained(known, campaign.order).sentence
    return standing.WORDS[state].lower()


def put_back(
    run: Run, batch: Batch, state: str, code: str, *, after: str | None = None, done: int = 0
) -> int:
    """Put them back in the queue, some at a time, and return how many at most.

    How far it is stands in the job's arguments, in the transaction that puts them back: a run that
    follows on one that was killed asks nobody a second time.
    """
    while last := _put_some_back(batch, state, code, after):
        after, done = str(last), done + batches.SOME
        run.args.update(after=after, done=done)
        db.session.execute(update(Job).where(Job.id == run.id).values(args=dict(run.args)))
        run.step(done, note=f"Put {done:,} back to be sent again.")
        ending.reopen(batch.id)  # in case somebody found nothing waiting in between
    ending.finish(batch.id)
    return done


def _put_some_back(batch: Batch, state: str, code: str, after: str | None) -> uuid.UUID | None:
    """Return the last one; None when there is none, or somebody has stopped the campaign.

    Whoever stops it waits for the commit, and then takes these back too.
    """
    mark = select(Batch.cancelled_at).where(Batch.id == batch.id).with_for_update(read=True)
    if db.session.scalar(mark) is not None:
        return None
    return batches.send_again_some(
        batch,
        state=MessageState(state),
        code=code or None,
        after=uuid.UUID(after) if after else None,
    )
