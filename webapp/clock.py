"""The time."""

import uuid
from datetime import UTC, datetime


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)


def first_id(moment: datetime) -> uuid.UUID:
    """Return the smallest UUIDv7 of a moment: ids below it are older."""
    milliseconds = int(moment.timestamp() * 1000)
    return uuid.UUID(int=(milliseconds << 80) | (0x7 << 76) | (0x2 << 62))
