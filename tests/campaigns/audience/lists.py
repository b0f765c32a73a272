"""Campaigns and lists to test with."""

import io
from typing import Any

from sqlalchemy import select

from webapp.campaigns.audience import adding
from webapp.campaigns.audience.people import Columns
from webapp.campaigns.models import BadRow, Campaign, Recipient, Source, SourceState
from webapp.extensions import db


def a_campaign(**values: Any) -> Campaign:
    """Return a draft."""
    campaign = Campaign(name="Diwali offer", **values)
    db.session.add(campaign)
    db.session.commit()
    return campaign


def uploaded(campaign: Campaign, content: bytes | str, filename: str = "list.csv") -> Source:
    """Upload a file; a job will look at it."""
    raw = content.encode() if isinstance(content, str) else content
    path, size = adding.store(io.BytesIO(raw))
    source = adding.add_file(campaign, filename, path, size)
    db.session.commit()
    return source


def looked_at(queue: Any, campaign: Campaign, content: bytes | str) -> Source:
    """Upload a file and let the job look at it."""
    source = uploaded(campaign, content)
    queue.run()
    return source


def read(queue: Any, campaign: Campaign, content: bytes | str, **chosen: Any) -> Source:
    """Upload a file, take the columns as they were guessed or as chosen, and read it."""
    source = looked_at(queue, campaign, content)
    assert source.state == SourceState.MAPPING, source.error
    adding.read_as(source, Columns.of({**source.mapping, **chosen}))
    db.session.commit()
    queue.run()
    return source


def recipients(source: Source) -> list[Recipient]:
    """Return whom a source brought, in its order."""
    mine = select(Recipient).where(Recipient.source_id == source.id).order_by(Recipient.row)
    return list(db.session.scalars(mine))


def bad_rows(source: Source) -> list[BadRow]:
    """Return the rows of a source that cannot be used, in its order."""
    mine = select(BadRow).where(BadRow.source_id == source.id).order_by(BadRow.row)
    return list(db.session.scalars(mine))


def counts(source: Source) -> tuple[int, int, int, int]:
    """Return good, bad, doubles and known; they make up the rows."""
    found = (source.good, source.bad, source.doubles, source.known)
    assert sum(found) == source.rows
    assert source.good == len(recipients(source))
    assert source.bad == len(bad_rows(source))
    return found
