"""A start in the future: on whose clock, and what happens when it is missed."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select

from webapp.accounts.acting import record
from webapp.campaigns.models import GRACE, NOT_SENT, Campaign, CampaignState
from webapp.campaigns.starting import NotPossible, begin, forget_schedule, require_ready
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.queue import enqueue
from webapp.notices.models import Level
from webapp.notices.telling import tell
from webapp.services.times import day_words, when_words, zone_words
from webapp.states import move

FARTHEST = timedelta(days=366)


class NotATime(ValueError):
    """It cannot start then; the text says why, ``field`` where that was typed."""

    def __init__(self, sentence: str, field: str = "time") -> None:
        super().__init__(sentence)
        self.field = field


class Start(NamedTuple):
    """A moment, and what should be said about it."""

    moment: datetime
    note: str = ""


def read_start(day: date, clock: time, zone: str) -> Start:
    """Return the moment that a day and a time mean on the clocks of a zone. Raises NotATime.

    When clocks are put forward some times do not exist; when they are put back some come twice, and
    the first of both is taken.
    """
    where = ZoneInfo(zone)
    wall = datetime.combine(day, clock)
    moment = wall.replace(tzinfo=where).astimezone(UTC)
    told = f"{wall:%H:%M}"
    if moment.astimezone(where).replace(tzinfo=None) != wall:
        after = moment.astimezone(where)
        raise NotATime(
            f"On {day_words(day)} there is no {told} on the clocks of {zone_words(zone)}: they are put "
            f"forward then. Choose {after:%H:%M}, for example."
        )
    if moment <= now():
        raise NotATime(f"That has passed: it is {when_words(now(), zone)} now.", "day")
    if moment > now() + FARTHEST:
        raise NotATime("At most a year ahead.", "day")
    twice = wall.replace(tzinfo=where, fold=1).astimezone(UTC) != moment
    note = f"{told} comes twice that day, when clocks are put back: it starts at the first."
    return Start(moment, note if twice else "")


def schedule(campaign: Campaign, moment: datetime, zone: str) -> None:
    """Send it at that time, instead of any other that was said. Raises NotReady and NotPossible."""
    if campaign.state not in NOT_SENT:
        raise NotPossible("This campaign is no longer waiting for its start.")
    require_ready(campaign)
    seen = campaign.state
    if not move(campaign, CampaignState.SCHEDULED, expect=[seen], starts_at=moment, zone=zone):
        raise NotPossible("Somebody else was faster. Look at how it stands now.")
    forget_schedule(campaign)
    enqueue(
        JobKind.CAMPAIGN_SEND,
        about=campaign,
        key=f"campaign:{campaign.id}:{moment.timestamp():.0f}",
        run_at=moment,
        campaign_id=campaign.id,
        starts_at=moment.isoformat(),
    )
    words = f"The campaign “{campaign.name}” is to start on {when_words(moment, zone)}"
    record("campaign.scheduled", words, about=campaign)


def unschedule(campaign: Campaign) -> None:
    """Do not send it then: it is a draft again. Raises NotPossible when it has started."""
    waiting = [CampaignState.SCHEDULED, CampaignState.OVERDUE]
    if not move(campaign, CampaignState.DRAFT, expect=waiting, starts_at=None):
        raise NotPossible("This campaign is not waiting for its start any more.")
    forget_schedule(campaign)
    words = f"The campaign “{campaign.name}” no longer starts by itself"
    record("campaign.unscheduled", words, about=campaign)


def start_on_time(campaign: Campaign, planned: datetime) -> str | None:
    """Send what was scheduled, unless it was changed meanwhile or its time has long passed.

    None when it is being sent, else a sentence. Who comes too late asks a person instead: an offer
    that was meant for the morning may be wrong at night.
    """
    if campaign.starts_at != planned:
        return "The schedule was changed: nothing to do."
    if campaign.state == CampaignState.SENDING:
        return None  # an earlier slice of this very job began it
    if planned + GRACE < now():
        if move(campaign, CampaignState.OVERDUE, expect=[CampaignState.SCHEDULED]):
            _tell_overdue(campaign)
        return "Its time has passed: somebody must say whether it is still to be sent."
    if begin(campaign, [CampaignState.SCHEDULED]) is None:
        return "It is not waiting for its start any more: nothing to do."
    record("campaign.started", f"The campaign “{campaign.name}” began as scheduled", about=campaign)
    return None


def _tell_overdue(campaign: Campaign) -> None:
    record("campaign.overdue", f"The campaign “{campaign.name}” missed its start", about=campaign)
    if campaign.created_by_id is not None:
        tell(
            campaign.created_by_id,
            f"“{campaign.name}” missed its start",
            "Nobody got anything of it. Say whether it is still to be sent.",
            level=Level.WARN,
            link=f"/campaigns/{campaign.id}",
        )


def is_overdue() -> ColumnElement[bool]:
    """Say in SQL that a campaign's start was missed."""
    missed = and_(Campaign.state == CampaignState.SCHEDULED, Campaign.starts_at < now() - GRACE)
    return or_(Campaign.state == CampaignState.OVERDUE, missed)


def overdue() -> list[Campaign]:
    """Return the campaigns whose start was missed, the longest waiting first."""
    query = select(Campaign).where(is_overdue())
    return list(db.session.scalars(query.order_by(Campaign.starts_at)))
