"""Which span and which jobs a person wants to see charts of, read from the address."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from webapp.charts.adding_up import KEPT
from webapp.charts.hours import Floor, day_of, hour_of, pieces, quarter_of, week_of
from webapp.charts.models import Grain
from webapp.clock import now
from webapp.jobs.kinds import JobKind, Queue

SPANS = {"day": "24 hours", "week": "7 days", "month": "31 days", "year": "A year"}
BACK = {
    "day": (timedelta(hours=23), hour_of),
    "week": (timedelta(hours=7 * 24 - 6), quarter_of),
    "month": (timedelta(days=30), day_of),
    "year": (timedelta(days=364), week_of),
}


class BadChoice(Exception):
    """What was asked for makes no sense: the field, and a sentence about it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Choice(NamedTuple):
    """A span, divided, and of which jobs."""

    begins: list[datetime]
    until: datetime
    floor: Floor
    grain: Grain
    kind: JobKind | None
    queue: Queue | None


def read(args: Mapping[str, str], zone: ZoneInfo) -> Choice:
    """Read ``span`` or ``from`` and ``to``, ``kind`` and ``queue``. Raises BadChoice."""
    kind, queue = args.get("kind", ""), args.get("queue", "")
    if kind and kind not in set(JobKind):
        raise BadChoice("kind", "There is no such kind of job. Choose one of the list.")
    if queue and queue not in set(Queue):
        raise BadChoice("queue", "There is no such queue. Choose one of the list.")
    own = args.get("from", "") or args.get("to", "")
    since, until, floor = _days(args, zone) if own else _back(args.get("span", ""), zone)
    grain = Grain.HOUR if floor in {hour_of, quarter_of} else Grain.DAY
    return Choice(
        [piece.begin for piece in pieces(since, until, zone, floor)],
        until,
        floor,
        grain,
        JobKind(kind) if kind else None,
        Queue(queue) if queue else None,
    )


def _back(span: str, zone: ZoneInfo) -> tuple[datetime, datetime, Floor]:
    if span and span not in SPANS:
        raise BadChoice("span", "There is no such span. Choose one of the list, or two days.")
    back, floor = BACK[span or "day"]
    moment = now()
    return floor(moment - back, zone), moment, floor


def _days(args: Mapping[str, str], zone: ZoneInfo) -> tuple[datetime, datetime, Floor]:
    today = now().astimezone(zone).date()
    first = _day(args.get("from", ""), "from")
    last = min(_day(args["to"], "to") if args.get("to") else today, today)
    if first > last:
        raise BadChoice("from", "The first day is after the last one, or has not come yet.")
    if first < today - KEPT[Grain.DAY]:
        sentence = f"Charts reach back {KEPT[Grain.DAY].days} days. Choose a later day."
        raise BadChoice("from", sentence)
    since = day_of(datetime.combine(first, time(12), tzinfo=zone), zone)
    following = datetime.combine(last + timedelta(days=1), time(12), tzinfo=zone)
    until = min(day_of(following, zone), now())
    return since, until, _steps((last - first).days + 1, first < today - KEPT[Grain.HOUR])


def _steps(days: int, long_ago: bool) -> Floor:  # noqa: FBT001 - two facts about one span
    if days > 62:
        return week_of
    if long_ago or days > 14:
        return day_of
    return hour_of if days <= 2 else quarter_of


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadChoice(field, "This is no day. Write it like 2026-11-20.") from None
