"""The slices that have said what they keep about people."""

from collections.abc import Iterator

from webapp.accounts import forgetting as accounts
from webapp.api import forgetting as api
from webapp.bookings import forgetting as bookings
from webapp.campaigns import forgetting as campaigns
from webapp.customers import forgetting as customers
from webapp.documents import forgetting as documents
from webapp.exports import forgetting as exports
from webapp.forgetting import Column, Keeps, Kept, Table
from webapp.health import forgetting as health
from webapp.jobs import forgetting as jobs
from webapp.knowledge import forgetting as knowledge
from webapp.message_templates import forgetting as message_templates
from webapp.messages import forgetting as messages
from webapp.notices import forgetting as notices
from webapp.reports import forgetting as reports
from webapp.retention import forgetting as retention
from webapp.schedules import forgetting as schedules
from webapp.services import forgetting as services
from webapp.storage import forgetting as storage
from webapp.websites import forgetting as websites

#: In the order in which they are shown and worked through.
PARTS: tuple[Keeps, ...] = tuple(
    part.KEEPS
    for part in (
        jobs,
        messages,
        campaigns,
        bookings,
        customers,
        knowledge,
        documents,
        websites,
        notices,
        exports,
        accounts,
        message_templates,
        services,
        storage,
        reports,
        schedules,
        health,
        api,
        retention,
    )
)


def kinds() -> dict[str, Kept]:
    """Return every kind of data that grows old, by its name."""
    return {kept.name: kept for part in PARTS for kept in part.old}


def texts() -> Iterator[tuple[Table, list[Column], list[Column]]]:
    """Go through the tables with texts: each with the columns of sentences, and those of letters."""
    for part in PARTS:
        for table in [*part.sentences, *(one for one in part.letters if one not in part.sentences)]:
            yield (
                table,
                columns(table, part.sentences.get(table, "")),
                columns(table, part.letters.get(table, "")),
            )


def columns(table: Table, names: str) -> list[Column]:
    """Return columns by their names in Python."""
    return [getattr(table, name) for name in names.split()]
