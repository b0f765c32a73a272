"""What the record of activity keeps about people, and how it is forgotten."""

from collections.abc import Sequence

from sqlalchemy import delete, true, update

from webapp.accounts.models import ApiToken, AuditEntry, Link, Session, User
from webapp.extensions import db
from webapp.forgetting import Keeps, Kept, Steps


def remove_entries(ids: Sequence[int], _size: int) -> Steps:
    """Remove entries of the record."""
    db.session.execute(
        delete(AuditEntry)
        .where(AuditEntry.id.in_(ids))
        .execution_options(synchronize_session=False)
    )
    yield len(ids)


def remove_addresses(ids: Sequence[int], _size: int) -> Steps:
    """Take from entries of the record the address of the browser."""
    db.session.execute(
        update(AuditEntry)
        .where(AuditEntry.id.in_(ids))
        .values(address=None)
        .execution_options(synchronize_session=False)
    )
    yield len(ids)


OLD = (
    Kept(
        name="activity",
        title="Record of activity",
        unit="entries",
        goes="Who changed what, and when.",
        stays="The things themselves, as they are now.",
        days=400,
        least=30,
        key=AuditEntry.id,
        by=AuditEntry.at,
        at=AuditEntry.at,
        holds=true(),
        free=true(),
        remove=remove_entries,
    ),
    Kept(
        name="browsers",
        title="Addresses of browsers in that record",
        unit="entries",
        goes="The network address from which somebody did it.",
        stays="The entry: who, what and when.",
        least=7,
        key=AuditEntry.id,
        by=AuditEntry.at,
        at=AuditEntry.at,
        holds=AuditEntry.address.is_not(None),
        free=true(),
        remove=remove_addresses,
    ),
)
KEEPS = Keeps(
    sentences={AuditEntry: "text detail"},
    free={
        AuditEntry: "action subject_type subject_id request_id address",
        User: "email name password_hash",
        Session: "token_hash address browser",
        Link: "slot token_hash",
        ApiToken: "name prefix token_hash scopes",
    },
    old=OLD,
)
