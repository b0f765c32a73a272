"""What the record of activity keeps about people, and how it is forgotten."""

from sqlalchemy import true

from webapp.accounts.models import ApiToken, AuditEntry, Link, Session, User
from webapp.forgetting import Keeps, Kept

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
        values={"address": None},
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
