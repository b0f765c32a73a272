"""The time."""

import uuid
from datetime import UTC, datetime


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)


def first_id(moment: datetime) -> uuid.UUID:
    """Return what no UUIDv7 (RFC 9562) of a moment, or of later, is less than."""
    return uuid.UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)
