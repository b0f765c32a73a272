"""What an operator does with the recipients of a campaign: adds a list, says what is in it, removes it."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from sqlalchemy import delete, select, update
from uuid_utils.compat import uuid7

from webapp import storage
from webapp.accounts.acting import record
from webapp.campaigns.audience.people import Columns
from webapp.campaigns.models import (
    BadRow,
    Campaign,
    CampaignState,
    Recipient,
    Source,
    SourceKind,
    SourceState,
)
from webapp.customers.contacts import one_line
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Run
from webapp.states import move, rows_changed

AT_ONCE = 5_000  # recipients that are removed in one transaction
CLOSED = "This campaign was cancelled, so nobody can be added to it."
ONLY_DRAFT = "Only while a campaign is a draft, a list can be removed from it."


class NotNow(Exception):
    """It cannot be done as the campaign or the list stands; the text says why."""


def store(content: BinaryIO | Iterator[bytes]) -> tuple[str, int]:
    """Put an uploaded file into the storage; return where it lies, and its size.

    Call it outside of a transaction: it takes as long as the file is large.
    """
    path = f"audience/{uuid7()}"
    return path, storage.put(path, content)


def add_file(campaign: Campaign, filename: str, path: str, size: int) -> Source:
    """Add a file that lies in the storage; a job looks how it is written."""
    name = one_line(filename)[-200:] or "list.csv"
    source = _add(
        campaign, SourceKind.FILE, SourceState.LOOKING, filename=name, path=path, size=size
    )
    record("audience.added", f"Added the file {name} to campaign {campaign.name}", about=campaign)
    return source


def add_customers(campaign: Campaign, asked: dict[str, Any]) -> Source:
    """Add the customers whom a filter means at the moment at which the job reads them."""
    source = _add(campaign, SourceKind.CUSTOMERS, SourceState.READING, asked=asked)
    record("audience.added", f"Added customers to campaign {campaign.name}", about=campaign)
    return source


def add_pasted(campaign: Campaign, text: str, region: str) -> Source:
    """Add numbers and addresses that were pasted."""
    asked = {"text": text, "region": region}
    source = _add(campaign, SourceKind.PASTED, SourceState.READING, asked=asked)
    record("audience.added", f"Pasted recipients into campaign {campaign.name}", about=campaign)
    return source


def _add(campaign: Campaign, kind: SourceKind, state: SourceState, **values: Any) -> Source:
    if campaign.state == CampaignState.CANCELLED:
        raise NotNow(CLOSED)
    source = Source(campaign_id=campaign.id, kind=kind, state=state, **values)
    db.session.add(source)
    db.session.flush()
    _changed(campaign)
    _work(source, campaign)
    return source


def look_again(source: Source, *, encoding: str, delimiter: str) -> None:
    """Look at the file as somebody says that it is written. Raises NotNow when it is read already."""
    if not move(
        source, SourceState.LOOKING, expect=[SourceState.MAPPING, SourceState.FAILED],
        encoding=encoding, delimiter=delimiter, mapping=None, error=None, advice=None,
    ):  # fmt: skip
        raise NotNow("This list is being read already.")
    _work(source, source.campaign)
    record("audience.changed", f"Looked at {source.filename} anew", about=source.campaign)


def read_as(source: Source, columns: Columns) -> None:
    """Say which column is what, and let it be read. Raises NotNow when that was said before."""
    if not move(
        source, SourceState.READING, expect=[SourceState.MAPPING], mapping=columns.stored()
    ):
        raise NotNow("This list is being read already.")
    _work(source, source.campaign)
    record("audience.changed", f"Chose the columns of {source.filename}", about=source.campaign)


def read_on(source: Source) -> None:
    """Go on with a list whose reading was stopped or failed. Raises NotNow when it goes on already."""
    to = SourceState.LOOKING if source.path and not source.mapping else SourceState.READING
    stopped = [SourceState.STOPPED, SourceState.FAILED, SourceState.LOOKING, SourceState.READING]
    if not move(source, to, expect=stopped, error=None, advice=None):
        raise NotNow("There is nothing more to read in this list.")
    _work(source, source.campaign)
    record("audience.changed", "Let a list be read on", about=source.campaign)


def remove(source: Source) -> None:
    """Take a list out with the recipients it brought, by a job. Raises NotNow after the start."""
    campaign = source.campaign
    if campaign.state != CampaignState.DRAFT:
        raise NotNow(ONLY_DRAFT)
    others = [state for state in SourceState if state != SourceState.LEAVING]
    if move(source, SourceState.LEAVING, expect=others):
        enqueue(
            JobKind.AUDIENCE_REMOVE, about=campaign, key=f"source:{source.id}", source_id=source.id
        )
        record("audience.removed", f"Removed a list from campaign {campaign.name}", about=campaign)
        _changed(campaign)


def take_out(run: Run, source: Source) -> None:
    """Remove the recipients of a source, then itself and its file. Commits."""
    source_id, campaign_id, path = source.id, source.campaign_id, source.path
    removed = 0
    while gone := _remove_some(source_id, campaign_id):
        removed += gone
        run.step(removed, note=f"{removed:,} taken out.")
    while _remove_bad(source_id):
        run.step()
    if path:
        db.session.commit()
        storage.delete(path)
    db.session.execute(delete(Source).where(Source.id == source_id))


def _remove_some(source_id: int, campaign_id: int) -> int:
    some = (
        select(Recipient.id)
        .where(Recipient.campaign_id == campaign_id, Recipient.source_id == source_id)
        .limit(AT_ONCE)
    )
    gone: int = rows_changed(db.session.execute(delete(Recipient).where(Recipient.id.in_(some))))
    left = Campaign.total - gone
    change = update(Campaign).where(Campaign.id == campaign_id)
    db.session.execute(change.values(total=left, version=Campaign.version + 1))
    return gone


def _remove_bad(source_id: int) -> int:
    some = select(BadRow.id).where(BadRow.source_id == source_id).limit(AT_ONCE)
    gone: int = rows_changed(db.session.execute(delete(BadRow).where(BadRow.id.in_(some))))
    return gone


def _changed(campaign: Campaign) -> None:
    db.session.execute(
        update(Campaign).where(Campaign.id == campaign.id).values(version=Campaign.version + 1)
    )


def _work(source: Source, campaign: Campaign) -> Job:
    key = f"source:{source.id}:{source.state}"
    return enqueue(JobKind.AUDIENCE_READ, about=campaign, key=key, source_id=source.id)
