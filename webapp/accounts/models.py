"""A user, the sessions in which he is signed in, and the record of every change."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from webapp.clock import now
from webapp.extensions import Model


class Role(StrEnum):
    """What a user may do; each role may do all that the ones after it may."""

    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"

    def covers(self, needed: "Role") -> bool:
        """Say whether this role is enough where another one is asked for."""
        order = list(Role)
        return order.index(self) <= order.index(needed)


class User(Model):
    """A person who works here."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[Role]
    password_hash: Mapped[str | None] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    sessions: Mapped[list["Session"]] = relationship(back_populates="user")

    # What Flask-Login asks of a user. The token lives in the cookie alone, never in a column.
    is_authenticated = True
    is_anonymous = False
    token = ""

    @property
    def is_active(self) -> bool:
        """Say whether this person may sign in."""
        return self.active

    def get_id(self) -> str:
        """Return what the cookie holds: the token of this very session."""
        return self.token

    @property
    def state(self) -> str:
        """Return how this person's account stands, in one word."""
        if not self.active:
            return "deactivated"
        return "active" if self.password_hash else "invited"

    def can(self, role: str) -> bool:
        """Say whether this person may do what the role may: ``can("admin")``."""
        return self.active and self.role.covers(Role(role))


class Session(Model):
    """One browser in which a user is signed in; the cookie holds a token, this row its hash."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(String(64), default="")
    browser: Mapped[str] = mapped_column(String(300), default="")

    user: Mapped[User] = relationship(back_populates="sessions", lazy="joined", innerjoin=True)


class Link(Model):
    """An address that works once: it makes the first account, or sets a person's password.

    ``slot`` is what it is for ("setup", "user:12"); one link a slot, so a new one voids the old.
    """

    __tablename__ = "account_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(String(40), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]

    user: Mapped[User | None] = relationship(lazy="joined")


class ApiToken(Model):
    """What a program shows to be let in; the program holds the secret, this row its hash.

    Never deleted, so that it can always be said which program did what.
    """

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    #: How the secret begins, by which people tell tokens apart.
    prefix: Mapped[str] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]]
    #: Who made it. The program may never do more than this person may just now.
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    #: Written at most once a minute.
    used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    as_subject = "token"

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @property
    def program(self) -> str:
        """What acts with it, as people read it."""
        return f"the program {self.name}"

    @property
    def state(self) -> str:
        """Return how it stands, in one word."""
        if self.revoked_at:
            return "revoked"
        if self.expires_at and self.expires_at <= now():
            return "expired"
        return "active" if self.user.active else "deactivated"


class AuditEntry(Model):
    """Who changed what, and when; rows are only ever added."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_user", "user_id", "id"),
        Index("ix_audit_subject", "subject_type", "subject_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(64))
    subject_type: Mapped[str | None] = mapped_column(String(32))
    subject_id: Mapped[str | None] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    request_id: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(64))
    #: The token of the program that did it; ``user`` is then who made that token.
    token_id: Mapped[int | None]

    user: Mapped[User | None] = relationship(lazy="joined")
    token: Mapped[ApiToken | None] = relationship(
        primaryjoin=lambda: foreign(AuditEntry.token_id) == ApiToken.id,
        viewonly=True,
        lazy="joined",
    )
