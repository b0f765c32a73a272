"""The lists of a campaign, their work, and what would become of their first rows, for the pages."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select

from webapp.campaigns.audience.people import Columns, person
from webapp.campaigns.audience.problems import Refused
from webapp.campaigns.models import Campaign, Source, SourceKind
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.pages import interval

KINDS = (JobKind.AUDIENCE_READ, JobKind.AUDIENCE_REMOVE)
SAMPLED = 8
REACH = {"phone": "with a number", "email": "with an address"}
WANTS = {"sms": "who want offers by SMS", "whatsapp": "who want offers by WhatsApp",
         "email": "who want offers by e-mail"}  # fmt: skip


class Shown(NamedTuple):
    """A list, and the job that works on it or failed to."""

    source: Source
    title: str
    job: Job | None


def lists(campaign: Campaign) -> list[Shown]:
    """Return the lists of a campaign, newest first."""
    sources = db.session.scalars(
        select(Source).where(Source.campaign_id == campaign.id).order_by(Source.id.desc())
    ).all()
    jobs = db.session.scalars(
        select(Job)
        .where(
            Job.subject_type == "campaign",
            Job.subject_id == str(campaign.id),
            Job.kind.in_(KINDS),
        )
        .order_by(Job.id)
    )
    newest = {job.args.get("source_id"): job for job in jobs}
    return [Shown(source, title(source), newest.get(source.id)) for source in sources]


def interval_of(shown: Sequence[Shown]) -> int | None:
    """Return the milliseconds until the next look; None when nothing changes by itself."""
    begun = [one.job.created_at for one in shown if one.job and not one.job.finished]
    return interval(min(begun)) if begun else None


def title(source: Source) -> str:
    """Say what a list is."""
    if source.kind == SourceKind.FILE:
        return source.filename or "File"
    if source.kind == SourceKind.PASTED:
        return "Pasted numbers and addresses"
    asked = source.asked
    parts = [REACH.get(asked.get("reach", ""), ""), WANTS.get(asked.get("wants", ""), "")]
    parts += [f"with the tag “{asked['tag']}”"] if asked.get("tag") else []
    parts += [f"booked from {asked['booked_from']}"] if asked.get("booked_from") else []
    parts += [f"booked until {asked['booked_until']}"] if asked.get("booked_until") else []
    told = ", ".join(part for part in parts if part)
    return f"Customers {told}" if told else "All customers"


class Sampled(NamedTuple):
    """A row of the sample, and what becomes of it."""

    row: int
    cells: list[str]
    told: str
    good: bool = True


def sampled(rows: Sequence[list[str]], columns: Columns) -> list[Sampled]:
    """Return what the first rows of a file become."""
    first = 1 if columns.header else 0
    some = rows[first : first + SAMPLED]
    return [_sampled(number, cells, columns) for number, cells in enumerate(some, start=first + 1)]


def _sampled(number: int, cells: list[str], columns: Columns) -> Sampled:
    try:
        who = person(cells, columns)
    except Refused as problem:
        return Sampled(number, cells, str(problem), good=False)
    known: list[Any] = [who.name, who.phone, who.email, who.zone or who.zone_of_number]
    told = ", ".join(str(part) for part in known if part)
    return Sampled(number, cells, f"{told}. {who.detail}" if who.detail else told)
