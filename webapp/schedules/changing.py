"""What people do with a schedule: run it now, pause it, let it go on, change it, take the change back."""

from typing import Any

from webapp.accounts.acting import record, who
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.schedules import whens
from webapp.schedules.finding import Entry, write_missing_rows
from webapp.schedules.models import IfMissed, Schedule
from webapp.schedules.ticking import ask
from webapp.schedules.words import words_of


class ReasonMissing(Exception):
    """What never rests is not paused without a reason."""


def run_now(entry: Entry) -> Job | None:
    """Ask for it at once, also while it is paused; None when it is no job. Its next run stays where it is."""
    _own_row(entry)
    record("schedule.run", f"Ran “{entry.default.title}” by hand", about=entry)
    return ask(entry, routine=False)


def pause(entry: Entry, reason: str) -> None:
    """Ask for it no more until somebody lets it go on. Raises ReasonMissing."""
    if entry.default.always and not reason:
        raise ReasonMissing
    row = _own_row(entry)
    if row.paused_at is not None and row.pause_reason == (reason or None):
        return  # the same click again
    row.paused_at = row.paused_at or now()
    row.paused_by_id, row.pause_reason, row.next_at = who().user_id, reason or None, None
    row.version += 1
    record("schedule.paused", f"Paused “{entry.default.title}”", about=entry, reason=reason)


def resume(entry: Entry) -> None:
    """Let it go on: its next run is the first one after now, and none is made up for."""
    row = _own_row(entry)
    if row.paused_at is None:
        return
    row.paused_at = row.paused_by_id = row.pause_reason = None
    _reckon(entry)
    record("schedule.resumed", f"Let “{entry.default.title}” go on", about=entry)


def change(entry: Entry, when: whens.When, zone: str | None, if_missed: IfMissed) -> bool:
    """Let it run at another time, or do something else about missed runs; False when all is as it was.

    What is as the code has it is not stored, so that it follows the code when that changes.
    """
    row, default = _own_row(entry), entry.default
    wanted: dict[str, Any] = {
        "timing": None if when == whens.parse(default.timing) else str(when),
        "zone": zone or None,
        "if_missed": None if if_missed == default.if_missed else if_missed,
    }
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if not changed:
        return False
    for name, value in changed.items():
        setattr(row, name, value)
    row.changed_at, row.changed_by_id = now(), who().user_id
    _reckon(entry)
    text = f"Changed when “{default.title}” runs: {words_of(when)}"
    record(
        "schedule.changed",
        text,
        about=entry,
        timing=str(when),
        zone=zone or "",
        if_missed=if_missed,
    )
    return True


def back_to_default(entry: Entry) -> None:
    """Forget what was changed: it runs as the code has it, in this version and in later ones."""
    row = _own_row(entry)
    if not entry.changed:
        return
    row.timing = row.zone = row.if_missed = None
    row.changed_at, row.changed_by_id = now(), who().user_id
    _reckon(entry)
    record("schedule.reset", f"“{entry.default.title}” runs as it came again", about=entry)


def _reckon(entry: Entry) -> None:
    row = entry.row
    row.next_at = None if entry.paused else entry.when.after(now(), entry.zone)
    row.reckoned = entry.reckoned
    row.version += 1


def _own_row(entry: Entry) -> Schedule:
    """Return the row, locked until the end of the transaction; the first change of all writes it."""
    write_missing_rows([entry.name])
    entry.row = db.session.get_one(
        Schedule, entry.name, with_for_update=True, populate_existing=True
    )
    return entry.row
