"""The rows that cannot be used: counted by reason, shown, and given back as a file to be mended."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, select

from webapp.campaigns.audience.problems import PROBLEMS
from webapp.campaigns.models import BadRow, Source, SourceKind
from webapp.exports import asking
from webapp.exports.models import Export
from webapp.exports.writing import writer
from webapp.extensions import db

BATCH = 1_000
OF_CUSTOMERS = ["Telephone", "E-mail", "Name", "Time zone"]


def of(source: Source, problem: str = "") -> Select[Any]:
    """Return the bad rows of a list, or those with one reason."""
    query = select(BadRow).where(BadRow.source_id == source.id)
    return query.where(BadRow.problem == problem) if problem else query


def by_reason(source: Source) -> list[tuple[str, str, int]]:
    """Return code, words and number of each reason, the commonest first."""
    rows = db.session.execute(
        select(BadRow.problem, func.count())
        .where(BadRow.source_id == source.id)
        .group_by(BadRow.problem)
        .order_by(func.count().desc(), BadRow.problem)
    )
    return [(code, PROBLEMS.get(code, code), count) for code, count in rows]


def headings(source: Source) -> list[str]:
    """Return what stands above the cells."""
    if source.kind == SourceKind.CUSTOMERS:
        return OF_CUSTOMERS
    if source.kind == SourceKind.PASTED:
        return ["Number or address"]
    if source.header:
        return [str(cell) for cell in source.header]
    names = (source.mapping or {}).get("names", [])
    return [f"Column {number}" for number in range(1, len(names) + 1)]


def ask_for_file(source: Source) -> Export:
    """Ask for the rows as they stood in the list, each with its reason in a further column."""
    stem = (source.filename or "recipients").rpartition(".")[0] or source.filename or "recipients"
    return asking.ask(
        "campaign.bad_rows", f"{stem[:150]}, bad rows.csv",
        about=source.campaign, rows=source.bad, source_id=source.id,
    )  # fmt: skip


@writer("campaign.bad_rows")
def write(args: dict[str, Any]) -> Iterator[list[str]]:
    """Go through the rows of a list with their reasons, the heading first."""
    source = db.session.get(Source, args["source_id"])
    if source is None:
        return
    head = headings(source)
    source_id, last, wide = source.id, 0, len(head)
    yield [*head, "Reason", "Row"]
    while True:
        rows = db.session.execute(
            select(BadRow.id, BadRow.row, BadRow.detail, BadRow.cells)
            .where(BadRow.source_id == source_id, BadRow.id > last)
            .order_by(BadRow.id)
            .limit(BATCH)
        ).all()
        if not rows:
            return
        for row in rows:
            cells = [str(cell) for cell in row.cells]
            whole = [*cells[:wide], *[""] * (wide - len(cells))]
            yield [*whole, row.detail, str(row.row), *cells[wide:]]
        last = rows[-1].id
