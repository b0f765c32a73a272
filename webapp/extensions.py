"""The extensions, not yet bound to an app, and the base of every table."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, cast

from celery import Celery
from flask import Flask, current_app
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, registry

from webapp import broker as publishing

if TYPE_CHECKING:
    from webapp.config import Config

CONSTRAINT_NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, aware in Python also where the database (SQLite) forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy hands it over
    ) -> datetime | None:
        """Store UTC. Raises ValueError for a time without zone, which could mean anything."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy hands it over
    ) -> datetime | None:
        """Give back an aware time."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


def values(enum: Iterable[StrEnum]) -> list[str]:
    """Say how an enum is stored: by its value, not by its Python name."""
    return [member.value for member in enum]


STORED_JSON = JSON().with_variant(JSONB(), "postgresql")


class Model(DeclarativeBase):
    """Base of every table."""

    registry: ClassVar[registry] = registry(
        metadata=MetaData(naming_convention=CONSTRAINT_NAMES),
        type_annotation_map={
            StrEnum: Enum(
                StrEnum,
                native_enum=False,
                length=32,
                values_callable=values,
                create_constraint=False,
            ),
            datetime: UtcDateTime(),
            uuid.UUID: Uuid(),
            dict[str, Any]: STORED_JSON,
            list[Any]: STORED_JSON,
        },
    )


db = SQLAlchemy(model_class=Model)
migrate = Migrate()
login = LoginManager()
csrf = CSRFProtect()
htmx = Htmx()
compress = Compress()
limiter = Limiter(get_remote_address)
# Only publishes: the web process never learns what a task does.
broker = Celery("bellhop", set_as_current=False)


def settings() -> "Config":
    """Return the settings of the running app."""
    return cast("Config", current_app.extensions["settings"])


def nearest() -> Engine | Connection:
    """Return the connection that this thread has in use, else the engine.

    For a Glance in the middle of a request, which would otherwise take a second connection.
    """
    session = db.session()
    return session.connection() if session.in_transaction() else db.engine


def insertion(table: Any) -> Any:
    """Return an INSERT in the words of the database in use: both know ON CONFLICT, each by itself."""
    insert: Any = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    return insert(getattr(table, "__table__", table))


def bind(app: Flask) -> None:
    """Bind every extension to the app."""
    config: Config = app.extensions["settings"]
    for extension in (db, login, csrf, htmx, compress, limiter):
        extension.init_app(app)
    migrate.init_app(app, db, directory="migrations", render_as_batch=True)
    broker.conf.update(publishing.settings(config.redis_url))
