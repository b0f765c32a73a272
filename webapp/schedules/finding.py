"""Each schedule as it stands: the line of the code under what an admin changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import select

from webapp.bookings.finding import house_zone
from webapp.clock import now
from webapp.extensions import db, insertion
from webapp.jobs.kinds import Wake
from webapp.jobs.models import Job
from webapp.schedules import whens
from webapp.schedules.defaults import BY_NAME, PERIODIC, Periodic
from webapp.schedules.meant import NotATime
from webapp.schedules.models import Beat, IfMissed, Schedule
from webapp.schedules.words import words_of

RUNS = 20


@dataclass(slots=True)
class Entry:
    """One schedule: what the code says of it, and its row."""

    default: Periodic
    row: Schedule
    #: By whose clock it goes unless it has a zone of its own.
    house: ZoneInfo
    #: The job that was last asked for, as far as it is still kept.
    job: Job | None = None

    #: What jobs and the record call it, and how people do.
    as_subject: ClassVar[str] = "schedule"

    @property
    def id(self) -> str:
        return self.name

    @property
    def told_as(self) -> str:
        return self.default.title

    @property
    def name(self) -> str:
        return self.default.name

    @property
    def zone(self) -> ZoneInfo:
        """By whose clock it runs."""
        return zone_of(self.row.zone, self.house)

    @property
    def when(self) -> whens.When:
        """When it runs. What an admin chose and this version cannot read any more counts as nothing."""
        if self.row.timing is not None:
            try:
                return whens.parse(self.row.timing)
            except NotATime:
                pass
        return whens.parse(self.default.timing)

    @property
    def words(self) -> str:
        """When it runs, in words."""
        return words_of(self.when)

    @property
    def if_missed(self) -> IfMissed:
        return self.row.if_missed or self.default.if_missed

    @property
    def changed(self) -> bool:
        """Whether an admin wanted it otherwise than the code has it."""
        return any((self.row.timing, self.row.zone, self.row.if_missed))

    @property
    def paused(self) -> bool:
        return self.row.paused_at is not None

    @property
    def wakes(self) -> bool:
        """Whether it asks for no job: then there are no runs to be listed, and none is ever missed."""
        return isinstance(self.default.what, Wake)

    @property
    def overdue(self) -> bool:
        """Whether it should have run and nobody was there to ask for it."""
        due = self.row.next_at
        return due is not None and not self.wakes and due < now() - self.default.tolerance

    @property
    def reckoned(self) -> str:
        """What its next run depends on."""
        return f"{self.when} | {self.zone.key}"

    def next_runs(self, count: int = 5) -> list[datetime]:
        """Return the next runs; none while it is paused."""
        return [] if self.paused else whens.next_runs(self.when, self.zone, now(), count)


def entries() -> list[Entry]:
    """Return every schedule that the code knows, with its row."""
    rows = {row.name: row for row in db.session.scalars(select(Schedule))}
    house = house_zone()
    return [_entry(periodic, rows.get(periodic.name), None, house) for periodic in PERIODIC]


def entries_with_jobs() -> list[Entry]:
    """Return the same, each with its last job."""
    query = select(Schedule, Job).outerjoin(Job, Job.id == Schedule.last_job_id)
    found = {row.name: (row, job) for row, job in db.session.execute(query)}
    house = house_zone()
    nothing = (None, None)
    pairs = ((periodic, *found.get(periodic.name, nothing)) for periodic in PERIODIC)
    return [_entry(periodic, row, job, house) for periodic, row, job in pairs]


def entry(name: str) -> Entry | None:
    """Return one schedule; None when the code knows none of this name."""
    default = BY_NAME.get(name)
    if default is None:
        return None
    row = db.session.get(Schedule, name)
    job = db.session.get(Job, row.last_job_id) if row and row.last_job_id else None
    return _entry(default, row, job, house_zone())


def _entry(default: Periodic, row: Schedule | None, job: Job | None, house: ZoneInfo) -> Entry:
    # A row that is not there yet is written by the first tick, or by the first change.
    row = row or Schedule(name=default.name, reckoned="", missed=0, version=0)
    return Entry(default, row, house, job)


def zone_of(name: str | None, house: ZoneInfo) -> ZoneInfo:
    """Return a zone by its name; that of the house where there is none."""
    try:
        return ZoneInfo(name) if name else house
    except (KeyError, ValueError, OSError):  # a name that this machine's data do not know
        return house


def write_missing_rows(names: Iterable[str]) -> None:
    """Give rows to schedules that have none, if nobody else does at this moment. The caller commits."""
    rows = [
        {"name": name, "reckoned": "", "missed": 0, "missed_made_up": False, "version": 1}
        for name in names
    ]
    if rows:
        db.session.execute(insertion(Schedule).on_conflict_do_nothing(), rows)


def runs(name: str) -> Sequence[Job]:
    """Return the last runs, newest first."""
    query = select(Job).where(Job.subject_type == "schedule", Job.subject_id == name)
    return db.session.scalars(query.order_by(Job.id.desc()).limit(RUNS)).all()


def beat_seen_at() -> datetime | None:
    """Return when a worker last heard beat tick, to within some seconds; None when it never did."""
    return db.session.scalar(select(Beat.heard_at).where(Beat.id == 1))
