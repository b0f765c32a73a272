"""How a campaign stands, from a handful of rows: nothing is counted while people watch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import select

from webapp.campaigns import comparing, standing
from webapp.campaigns.models import Campaign, CampaignState
from webapp.campaigns.pacing import SOON, Pace
from webapp.campaigns.standing import Part, Reason
from webapp.clock import now
from webapp.extensions import db, settings
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.messages.channels import Channel
from webapp.messages.models import IN_THE_WAY, Batch, ChannelState
from webapp.pages import FAST_MS, SLOW_MS

#: The jobs that a campaign's page shows; its recipients and its check have pages of their own.
SHOWN = (JobKind.CAMPAIGN_SEND, JobKind.CAMPAIGN_RETRY, JobKind.CAMPAIGN_CLEAR)
SENDING_MS = 2 * FAST_MS
#: It has left the hands of those who write drafts.
BEGUN = (CampaignState.SENDING, CampaignState.DONE, CampaignState.CANCELLED)
#: So long after its end reports still come, and the page still looks.
PATIENCE = timedelta(minutes=10)


@dataclass
class Watched:
    """One batch of a campaign, for real or rehearsed, as a page shows it."""

    campaign: Campaign
    batch: Batch | None
    jobs: Sequence[Job]
    channels: Mapping[Channel, ChannelState]
    moment: datetime

    @cached_property
    def parts(self) -> list[Part]:
        """Everybody, by what became of the message to them; the numbers add up to the whole."""
        over = self.over or self.cancelled
        return standing.parts(self.batch, self.campaign.total, self.unsendable, over=over)

    @property
    def numbers(self) -> dict[str, int]:
        """The same by the name of each part."""
        return {part.key: part.number for part in self.parts}

    @cached_property
    def unsendable(self) -> dict[str, int]:
        """How many nothing can be sent to, by reason, as the last check found them."""
        return standing.unsendable(self.campaign)

    @property
    def reasons(self) -> list[Reason]:
        """Why people did not get it, the most frequent first."""
        return standing.reasons(
            self.batch,
            self.unsendable,
            self.campaign.order,
            unwritten=self.numbers["unwritten"],
        )

    @property
    def whole(self) -> int:
        """Everybody."""
        return sum(part.number for part in self.parts)

    @property
    def remaining(self) -> int:
        """How many messages have not left."""
        return self.numbers["queued"] + self.numbers["sending"]

    @property
    def rehearsed(self) -> bool:
        """Whether nobody is reached."""
        return self.batch is not None and self.batch.rehearsal is not None

    @property
    def cancelled(self) -> bool:
        """Whether somebody stopped it."""
        return self.batch is not None and self.batch.cancelled_at is not None

    @property
    def held(self) -> bool:
        """Whether it is paused."""
        return self.batch is not None and self.batch.held_at is not None and not self.over

    @property
    def over(self) -> bool:
        """Whether nothing of it is going to leave any more."""
        if self.rehearsed:
            return self.cancelled or (not self.writing and not self._waits)
        return self.campaign.state in (CampaignState.DONE, CampaignState.CANCELLED)

    @property
    def under_way(self) -> bool:
        """Whether it can be paused, let go on, or stopped."""
        begun = self.rehearsed or self.campaign.state == CampaignState.SENDING
        return self.batch is not None and begun and not self.over and not self.cancelled

    @property
    def _waits(self) -> bool:
        if self.batch is None:
            return False
        return self.batch.stale or any(self.batch.counts.get(state) for state in IN_THE_WAY)

    @property
    def writing(self) -> Job | None:
        """The job that writes the messages, while it does."""
        return self._unfinished(JobKind.CAMPAIGN_SEND)

    @property
    def clearing(self) -> Job | None:
        """The job that takes back what has not left, while it does."""
        return self._unfinished(JobKind.CAMPAIGN_CLEAR)

    @property
    def retrying(self) -> Job | None:
        """The job that puts messages back, while it does."""
        return self._unfinished(JobKind.CAMPAIGN_RETRY)

    def _unfinished(self, kind: JobKind) -> Job | None:
        return next((job for job in self.jobs if job.kind == kind and not job.finished), None)

    @property
    def troubled(self) -> list[Job]:
        """The newest job of each kind, where it did not work."""
        newest = {job.kind: job for job in reversed(self.jobs)}
        return [job for job in newest.values() if job.state in (JobState.FAILURE, JobState.RETRY)]

    @property
    def stopped(self) -> list[ChannelState]:
        """Its channels that wait for a person."""
        return [row for row in self.channels.values() if row.stopped_at] if self.under_way else []

    @property
    def slowed(self) -> list[ChannelState]:
        """Its channels whose provider has asked us to wait."""
        until = self.moment + SOON
        return [row for row in self.channels.values() if row.not_before and row.not_before > until]

    @property
    def limits(self) -> dict[Channel, int]:
        """How many messages each of its channels may send in a minute; 0: any number."""
        known = {channel: row.per_minute for channel, row in self.channels.items()}
        usual = settings().batch_rate
        return {
            channel: usual if known.get(channel) is None else known[channel] or 0
            for channel in self.campaign.order
        }

    @property
    def limit(self) -> int:
        """How many all its channels together may send in a minute; 0: any number."""
        limits = list(self.limits.values())
        return 0 if 0 in limits else sum(limits)

    @cached_property
    def pace(self) -> Pace | None:
        """How fast it is and how long it still takes; None when nothing leaves."""
        if self.batch is None or not self.under_way or self.held:
            return None
        return Pace(self.campaign, self.batch, self.remaining, self.limit, self.moment)

    @property
    def waits_until(self) -> datetime | None:
        """When the next message may leave, if that is not now."""
        return self.pace.waits_until if self.pace and self.numbers["queued"] else None

    @property
    def began(self) -> datetime | None:
        """When its first message could leave."""
        return self.batch.created_at if self.batch else self.campaign.started_at

    @property
    def ended(self) -> datetime | None:
        """When it was done or stopped."""
        if not self.over or self.batch is None:
            return None
        return self.batch.tallied_at if self.rehearsed else self.campaign.finished_at

    @property
    def took(self) -> str | None:
        """How long it took, in words."""
        if self.ended is None or self.began is None:
            return None
        return comparing.span(self.ended - self.began)

    @property
    def interval_ms(self) -> int | None:
        """Milliseconds until a page should look again; None when nothing will change by itself."""
        if any(not job.finished for job in self.jobs):
            return SENDING_MS
        if self.under_way:
            return SLOW_MS if self.held or self.waits_until else SENDING_MS
        ended = self.campaign.finished_at or self.moment
        reports = self.numbers["sent"] and self.over and ended > self.moment - PATIENCE
        return SLOW_MS if reports else None


def watch(campaign: Campaign, batch: Batch | None) -> Watched:
    """Look at one batch of a campaign: its row, its jobs, its channels."""
    jobs = db.session.scalars(
        select(Job)
        .where(
            Job.subject_type == "campaign",
            Job.subject_id == str(campaign.id),
            Job.kind.in_(SHOWN),
        )
        .order_by(Job.id.desc())
    ).all()
    mine = campaign.order
    states = db.session.scalars(select(ChannelState).where(ChannelState.channel.in_(mine)))
    return Watched(
        campaign,
        batch,
        [job for job in jobs if _is_about(job, campaign, batch)],
        {row.channel: row for row in states},
        now(),
    )


def _is_about(job: Job, campaign: Campaign, batch: Batch | None) -> bool:
    """Say whether a job works on this batch; one that names none works on the campaign's own."""
    return job.args.get("batch_id", campaign.batch_id) == (batch.id if batch else None)
