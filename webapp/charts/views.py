"""The charts."""

from collections.abc import Callable
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.charts import charting, choosing, history
from webapp.charts.choosing import SPANS, BadChoice, Choice
from webapp.charts.hours import Floor, day_of, hour_of, week_of
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.pausing import NAMES
from webapp.pages import render
from webapp.workers.words import span

bp = Blueprint("charts", __name__, url_prefix="/charts")


@bp.get("")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show what was done, what failed, and how long it waited, over time."""
    zone = _house_clock()
    try:
        choice = choosing.read(request.args, zone)
    except BadChoice as problem:
        return _page(None, zone, problem=problem, status=422)
    return _page(choice, zone)


def _page(
    choice: Choice | None, zone: ZoneInfo, *, problem: BadChoice | None = None, status: int = 200
) -> ResponseReturnValue:
    slots = choice and history.course(
        choice.begins, choice.until, choice.grain, choice.kind, choice.queue
    )
    parts = choice and history.by_kind(choice.begins[0], choice.until, choice.grain, choice.queue)
    return render(
        "charts/index.html",
        status=status,
        typed=request.args,
        problem=problem,
        spans=SPANS,
        kinds={kind.value: POLICIES[kind].title for kind in JobKind},
        queues={queue.value: name for queue, name in NAMES.items()},
        slots=slots or [],
        names=[_named(begin, choice.floor, zone) for begin in choice.begins] if choice else [],
        parts=[part for part in parts or [] if part.sums.ended and _is_of(part, choice)],
        drawn=_drawn(slots or []),
        written_at=history.written_at(),
        titles={kind: POLICIES[kind].title for kind in JobKind},
        span=span,
    )


def _is_of(part: history.Part, choice: Choice | None) -> bool:
    return choice is not None and choice.kind in {None, part.kind}


def _drawn(slots: list[history.Sums]) -> dict[str, charting.Bars | charting.Lines]:
    return {
        "ended": charting.bars(
            [
                [sums.done for sums in slots],
                [sums.failed for sums in slots],
                [sums.stopped for sums in slots],
            ]
        ),
        "failed": charting.bars([[sums.failed for sums in slots]]),
        "waited": charting.lines(
            [[sums.waited.p50 for sums in slots], [sums.waited.p95 for sums in slots]]
        ),
        "ran": charting.lines([[sums.ran.p50 for sums in slots], [sums.ran.p95 for sums in slots]]),
    }


def _named(begin: datetime, floor: Floor, zone: ZoneInfo) -> str:
    here = begin.astimezone(zone)
    day = f"{here:%a} {here.day} {here:%b}"
    if floor is day_of:
        return day
    if floor is week_of:
        return f"Week of {here.day} {here:%b %Y}"
    return f"{day}, {here:%H:%M}" if floor is hour_of else f"{day}, from {here:%H:%M}"


def _house_clock() -> ZoneInfo:
    """Return the zone of the house, which the slice of bookings tells to all pages."""
    clock = cast("Callable[[], ZoneInfo]", current_app.jinja_env.globals["house_clock"])
    return clock()
