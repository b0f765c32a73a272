"""Those who were erased and wanted no offers: of their lane only a keyed digest is kept.

Nobody can read an address out of it, and whoever has an address can ask whether it is there. When a list
of recipients names the same person again, their lane comes back to the plain list with its first check.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from webapp.clock import now
from webapp.extensions import Model, db, settings
from webapp.messages.channels import Channel
from webapp.messages.models import SuppressedBecause, Suppression


class ErasedLane(Model):
    """A lane without its address, by which nobody who was erased is sent offers."""

    __tablename__ = "erased_lanes"

    #: HMAC-SHA-256 of the lane, keyed with the secret of this installation, in hexadecimal digits.
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    why: Mapped[SuppressedBecause]
    #: When they said so.
    created_at: Mapped[datetime] = mapped_column(default=now)


def digest_of(lane: str) -> str:
    """Return by what a lane is found again; another SECRET_KEY gives another digest."""
    key = hashlib.sha256(b"bellhop erased lanes\0" + settings().secret_key.encode()).digest()
    return hmac.new(key, lane.lower().encode(), hashlib.sha256).hexdigest()


def hide(addresses: Iterable[str]) -> None:
    """Replace the entries of some addresses by their digests. The caller commits."""
    entries = db.session.scalars(
        select(Suppression).where(Suppression.address.in_(sorted(addresses)))
    ).all()
    for entry in entries:
        digest = digest_of(entry.lane)
        if db.session.get(ErasedLane, digest) is None:
            db.session.add(ErasedLane(digest=digest, why=entry.why, created_at=entry.created_at))
        db.session.delete(entry)
    db.session.flush()


def known(lanes: Sequence[str]) -> dict[str, SuppressedBecause]:
    """Return which of some lanes, such as ``sms:+4420…``, are kept as a digest, and why."""
    if not lanes or db.session.scalar(select(ErasedLane.digest).limit(1)) is None:
        return {}
    by_digest = {digest_of(lane): lane for lane in lanes}
    rows = db.session.execute(
        select(ErasedLane.digest, ErasedLane.why).where(ErasedLane.digest.in_(by_digest))
    )
    return {by_digest[row.digest]: row.why for row in rows}


def come_back(lanes: Sequence[str]) -> None:
    """Put those of some lanes on the plain list whose digest is kept. The caller commits.

    For when the house has learned the address anew, so that the desk sees what it may not do.
    """
    for lane, why in known(lanes).items():
        row = db.session.get_one(ErasedLane, digest_of(lane))
        channel, _, address = lane.partition(":")
        if db.session.scalar(select(Suppression.id).where(Suppression.lane == lane)) is None:
            db.session.add(
                Suppression(
                    lane=lane, channel=Channel(channel), address=address, why=why,
                    created_at=row.created_at,
                )
            )  # fmt: skip
        db.session.delete(row)
    db.session.flush()
