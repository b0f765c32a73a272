"""The job that reads a source: in batches, each stored with the place at which reading goes on."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import structlog

from webapp import storage
from webapp.campaigns import starting
from webapp.campaigns.audience import selecting, splitting
from webapp.campaigns.audience.guessing import guess
from webapp.campaigns.audience.lines import Layout
from webapp.campaigns.audience.looking import NotATable, look
from webapp.campaigns.audience.people import Columns, Person, person
from webapp.campaigns.audience.problems import Refused
from webapp.campaigns.audience.tables import Row, rows
from webapp.campaigns.audience.taking import Batch, Found, Overtaken, take
from webapp.campaigns.models import CampaignState, Source, SourceKind, SourceState
from webapp.extensions import db, settings
from webapp.jobs.running import Impossible, NotNow, Run
from webapp.states import move

log = structlog.get_logger(__name__)

BATCH = 2_000
BATCH_BYTES = 4_000_000
ENDED = (SourceState.FAILED, SourceState.STOPPED)
#: Seconds after which a slice ends, so that a deploy never waits for a long file.
SLICE = 15.0
TOO_MANY_ADVICE = (
    "Split the list, or ask whoever looks after the server for a larger AUDIENCE_ROWS."
)
STORAGE_AWAY = "The storage of files did not answer."


class Task(NamedTuple):
    """What reading needs to know of a source: a row would be asked for again after each commit."""

    source_id: int
    campaign_id: int
    kind: SourceKind
    rows: int
    reached: int
    offset: int
    total: int | None


def go_on(run: Run, source: Source) -> str | None:
    """Do what a list waits for, for a while, and say what came of it; None: there is more to do.

    Commits. Raises NotNow when the storage is away, and Impossible when the file is gone.
    """
    # A job that gave up or was stopped is asked to try again: then the list goes on from where it stood.
    if source.state in ENDED:
        before = SourceState.LOOKING if source.path and not source.mapping else SourceState.READING
        move(source, before, expect=ENDED, error=None, advice=None)
    try:
        if source.state == SourceState.LOOKING:
            return _look(source)
        answer = _read(run, source) if source.state == SourceState.READING else "Nothing to do."
        if source.state == SourceState.READ and source.path:
            _forget_file(run, source, source.path)
        return answer
    except Overtaken:
        db.session.rollback()
        return "The list was removed meanwhile."
    except storage.Away:
        raise NotNow(STORAGE_AWAY, "It is tried again by itself.") from None
    except FileNotFoundError:
        raise Impossible("The uploaded file is no longer there.", "Upload it again.") from None


def _forget_file(run: Run, source: Source, path: str) -> None:
    """Remove a file of which all that is wanted stands in rows."""
    run.step()  # before its rows are stored for good, it may still be needed
    storage.delete(path)
    source.path = None


def _look(source: Source) -> str:
    """Find out how a file is written, and guess its columns."""
    path, encoding, delimiter = source.path or "", source.encoding, source.delimiter
    db.session.commit()
    try:
        seen = look(storage.read(path), encoding=encoding, delimiter=delimiter)
    except NotATable as problem:
        move(source, SourceState.FAILED, expect=[SourceState.LOOKING],
             error=str(problem), advice=problem.advice)  # fmt: skip
        return str(problem)
    columns = guess(seen.sample, settings().phone_region)
    move(
        source, SourceState.MAPPING, expect=[SourceState.LOOKING],
        encoding=seen.layout.encoding, delimiter=seen.layout.delimiter, offset=seen.mark,
        lines=seen.lines, sample=seen.sample, header=seen.sample[0] if columns.header else None,
        mapping=columns.stored(),
    )  # fmt: skip
    return "Say which column is what."


def _read(run: Run, source: Source) -> str | None:
    task = Task(
        source.id, source.campaign_id, source.kind,
        source.rows, source.reached, source.offset, source.lines,
    )  # fmt: skip
    batches = _batches(source)
    db.session.commit()  # nothing is locked while the file is read
    return _batch_by_batch(run, task, batches)


def _batch_by_batch(run: Run, task: Task, batches: Iterator[Batch]) -> str | None:
    end, before, count = time.monotonic() + SLICE, task.offset, task.rows
    for batch in batches:
        count += len(batch.found)
        take(task.source_id, task.campaign_id, batch, before=before)
        before = batch.offset
        run.step(count, task.total and max(task.total, count), f"{count:,} rows read.")
        if count >= settings().audience_rows:
            return _end(task, f"Only the first {count:,} rows were read: more are not allowed.")
        if time.monotonic() > end:
            return None
    return _end(task)


def _end(task: Task, too_many: str | None = None) -> str:
    source = db.session.get(Source, task.source_id)
    if source is None:
        raise Overtaken
    log.info("The list has been read", good=source.good, cannot_be_used=source.bad)
    move(source, SourceState.READ, expect=[SourceState.READING], error=too_many,
         advice=TOO_MANY_ADVICE if too_many else None)  # fmt: skip
    if source.good and source.campaign.state in {CampaignState.SENDING, CampaignState.DONE}:
        starting.more_recipients(source.campaign)
    return f"{source.good:,} recipients, {source.bad:,} rows that cannot be used."


def _batches(source: Source) -> Iterator[Batch]:
    if source.kind == SourceKind.CUSTOMERS:
        return selecting.batches(source.asked, source.reached, source.offset, BATCH)
    if source.kind == SourceKind.PASTED:
        return splitting.batches(source.asked, source.offset, BATCH)
    columns = Columns.of(source.mapping or {})
    layout = Layout(source.encoding or "utf-8", source.delimiter or ",")
    return _of_file(source.path or "", layout, columns, source.reached, source.offset)


def _of_file(
    path: str, layout: Layout, columns: Columns, reached: int, offset: int
) -> Iterator[Batch]:
    """Go through a file from a byte on, at which a row begins."""
    heading, begun = columns.header and reached == 0, offset
    found: list[Found] = []
    for row in rows(storage.read(path, start=offset), layout):
        reached, offset = reached + 1, offset + layout.size(row.text)
        if heading and not _empty(row):
            heading = False
        elif not _empty(row):
            found.append(Found(reached, row.cells, row.refused or _who(row.cells, columns)))
        if len(found) == BATCH or offset - begun > BATCH_BYTES:
            yield Batch(found, reached, offset)
            found, begun = [], offset
    if offset != begun:
        yield Batch(found, reached, offset)


def _empty(row: Row) -> bool:
    return row.refused is None and not any(cell.strip() for cell in row.cells)


def _who(cells: list[str], columns: Columns) -> Person | Refused:
    try:
        return person(cells, columns)
    except Refused as problem:
        return problem
