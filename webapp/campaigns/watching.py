"""How a campaign stands, from a handful of rows: nothing is counted while people watch."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import func, select

from webapp.campaigns import comparing, forecasting, pacing, standing, words
from webapp.campaigns.models import Campaign, CampaignState
from webapp.campaigns.standing import Part
from webapp.clock import now
from webapp.extensions import db, settings
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.messages.channels import Channel
from webapp.messages.models import Batch, ChannelState, Message, MessageState
from webapp.messages.quiet import window
from webapp.pages import FAST_MS, SLOW_MS
from webapp.states import stands

#: The jobs that a campaign's page shows; its recipients and its check have pages of their own.
SHOWN = (JobKind.CAMPAIGN_SEND, JobKind.CAMPAIGN_RETRY, JobKind.CAMPAIGN_CLEAR)
SENDING_MS = 2 * FAST_MS
#: It has left the hands of those who write drafts.
BEGUN = (CampaignState.SENDING, CampaignState.DONE, CampaignState.CANCELLED)
#: So long after its end reports still come, and the page still looks.
PATIENCE = timedelta(minutes=10)
#: Who lives elsewhere changes the range less than its width.
MOST_ZONES = 5
#: What waits for less than this is about to leave.
SOON = timedelta(seconds=3)


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
        counts = self.batch.counts if self.batch else {}
        uncounted = self.batch is not None and self.batch.tallied_at is None
        return uncounted or any(counts.get(state) for state in ("queued", "sending"))

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

    @property
    def speed(self) -> float | None:
        """Messages a minute of late."""
        return pacing.lately(self.batch.history, self.moment) if self.batch else None

    @cached_property
    def left(self) -> tuple[datetime, datetime] | None:
        """When it will be done, at the earliest and at the latest; None when that cannot be said."""
        if self.batch is None or not self.under_way or self.held or not self.remaining:
            return None
        measured = (self.speed, pacing.overall(self.batch.history))
        speeds = pacing.expected(measured, self.limit)
        if speeds is None:
            return None
        hours = (self.batch.quiet_from, self.batch.quiet_until)
        late, soon = (
            forecasting.end_of(self._zones, speed / 60, self.moment, hours) for speed in speeds
        )
        return None if soon is None or late is None else (soon, late)

    @property
    def _zones(self) -> dict[str, int]:
        """Say how many of those who are left live in which time zone, as the check found them."""
        found: Counter[str] = Counter()
        for zones in forecasting.by_channel(self.campaign).values():
            found.update(zones)
        largest = dict(found.most_common(MOST_ZONES)) or {self.campaign.zone: 1}
        share = self.remaining / sum(largest.values())
        return {zone: round(count * share) for zone, count in largest.items()}

    @property
    def time_left(self) -> str | None:
        """How long it still takes, in words."""
        if self.left is None:
            return None
        soon, late = self.left
        return words.span_words(soon - self.moment, late - self.moment)

    @property
    def ends(self) -> str | None:
        """When it will be done, in words."""
        if self.left is None or self.left[1] - self.moment < timedelta(hours=1):
            return None
        return words.end_words(*self.left, self.campaign.zone, self.moment)

    def _opening(self, moment: datetime) -> tuple[datetime, datetime | None]:
        hours = (self.batch.quiet_from, self.batch.quiet_until) if self.batch else (None, None)
        return window(self.campaign.zone, *hours, moment)

    @cached_property
    def waits_until(self) -> datetime | None:
        """When the next message may leave, if that is not now: quiet hours, or a next try."""
        if self.batch is None or not self.under_way or self.held or not self.numbers["queued"]:
            return None
        first = [
            select(func.min(Message.due_at))
            .where(
                Message.batch_id == self.batch.id,
                Message.channel == channel,
                stands(Message.state, MessageState.QUEUED),
            )
            .scalar_subquery()
            for channel in self.campaign.order
        ]
        found = [due for due in db.session.execute(select(*first)).one() if due]
        due = min(found, default=None)
        return due if due and due > self.moment + SOON else None

    @property
    def quiet(self) -> bool:
        """Whether what it waits for is the end of quiet hours, by the campaign's own clock."""
        return self._opening(self.moment)[0] > self.moment

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
