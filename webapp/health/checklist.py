"""The checklist of the day, the week and the month, which fills itself in as far as a program can know."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, or_, select

from webapp.accounts import acting
from webapp.accounts.acting import record
from webapp.bookings.finding import house_zone
from webapp.clock import now
from webapp.extensions import db
from webapp.health import lines
from webapp.health.looking import Look
from webapp.health.models import Checked, Tick
from webapp.states import rows_changed

#: What stands in it need be no newer than this, so that a look is not always a write of the whole.
FRESH = timedelta(minutes=1)
SPANS = {"daily": "Each day", "weekly": "Each week", "monthly": "Each month"}


class Box(NamedTuple):
    """What no program can know: somebody ticks it."""

    key: str
    span: str
    title: str
    hint: str
    endpoint: str | None = None


BOXES = (
    Box("message_arrived", "daily", "A message of today arrived at a telephone of ours",
        "Book a time for yourself, and look."),
    Box("failures_read", "weekly", "Somebody has read why jobs failed",
        "Those of one cause stand together under Jobs.", "jobs.index"),
    Box("backup_tried", "monthly", "A backup was restored elsewhere, and read",
        "A backup that was never restored is a hope."),
    Box("people_left", "monthly", "Whoever has left can sign in no more",
        "Deactivate them under People.", "accounts.people"),
    Box("updated", "monthly", "The newest version is installed, and the system beneath it",
        "Read the change log before."),
    Box("keys_valid", "monthly", "No key or certificate at a provider expires next month",
        "Look at the provider's own pages."),
)  # fmt: skip
BY_KEY = {box.key: box for box in BOXES}


def today() -> date:
    """Return the day that it is in the house."""
    return now().astimezone(house_zone()).date()


def span_of(box: Box, day: date) -> str:
    """Return the day, week or month for which a box is ticked."""
    if box.span == "daily":
        return day.isoformat()
    if box.span == "weekly":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return f"{day:%Y-%m}"


def keep(look: Look) -> None:
    """Write down what is measured today; the last of a day stays. The caller commits."""
    day = today().isoformat()
    row = db.session.get(Checked, day)
    if row is None:
        row = Checked(day=day, lines=[], written_at=now() - 2 * FRESH)
        db.session.add(row)
    if now() - row.written_at > FRESH:
        row.lines = [line.kept() for line in lines.measured(look)]
        row.written_at = now()


class Page(NamedTuple):
    """A day's checklist."""

    day: date
    written_at: datetime | None
    #: By span: the measured lines, and the boxes with who ticked them.
    lines: dict[str, list[dict[str, Any]]]
    boxes: dict[str, list[tuple[Box, Tick | None]]]
    #: Of the measured lines.
    look: int
    bad: int
    #: The days before and after of which something is written down.
    before: date | None
    after: date | None


def of_day(day: date) -> Page:
    """Return the checklist of a day, in two statements."""
    before, row, after = _kept(day)
    spans = {span_of(box, day) for box in BOXES}
    ticks = {(tick.span, tick.line): tick for tick in db.session.scalars(_ticks(spans))}
    kept = row.lines if row else []
    return Page(
        day,
        row.written_at if row else None,
        {span: [line for line in kept if line["span"] == span] for span in SPANS},
        {
            span: [
                (box, ticks.get((span_of(box, day), box.key))) for box in BOXES if box.span == span
            ]
            for span in SPANS
        },
        sum(line["verdict"] == lines.LOOK for line in kept),
        sum(line["verdict"] == lines.BAD for line in kept),
        before,
        after,
    )


def _ticks(spans: set[str]) -> Any:
    return select(Tick).where(Tick.span.in_(spans))


def _kept(day: date) -> tuple[date | None, Checked | None, date | None]:
    """Return what was kept of a day, between the days before and after of which something was."""
    text = day.isoformat()
    earlier = select(func.max(Checked.day)).where(Checked.day < text).scalar_subquery()
    later = select(func.min(Checked.day)).where(Checked.day > text).scalar_subquery()
    wanted = or_(Checked.day == text, Checked.day == earlier, Checked.day == later)
    rows = {row.day: row for row in db.session.scalars(select(Checked).where(wanted))}
    before = next((one for one in rows if one < text), None)
    after = next((one for one in rows if one > text), None)
    return _date(before), rows.get(text), _date(after)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def tick(box: Box, day: date) -> bool:
    """Say that somebody has done it; False when somebody else has said so already."""
    span, user_id = span_of(box, day), acting.who().user_id
    if db.session.get(Tick, (span, box.key)) is not None:
        return False
    db.session.add(Tick(span=span, line=box.key, by_id=user_id))
    record("checklist.ticked", f"Ticked “{box.title}” for {span}", span=span, line=box.key)
    return True


def untick(box: Box, day: date) -> bool:
    """Take a tick back; False when there is none."""
    span = span_of(box, day)
    gone = db.session.execute(delete(Tick).where(Tick.span == span, Tick.line == box.key))
    if rows_changed(gone) != 1:
        return False
    record(
        "checklist.unticked",
        f"Took back the tick at “{box.title}” for {span}",
        span=span,
        line=box.key,
    )
    return True
