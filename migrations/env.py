"""How Alembic runs the numbered files: on the application's own engine, with its models."""

from typing import Any

from alembic import context
from flask import current_app

from webapp.extensions import UtcDateTime, db


def render(kind: str, thing: Any, _context: Any) -> str | bool:
    """Write our own types as what they are in the database, so that old files never need our code."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out what SQLite's full-text search keeps for itself, which no model describes."""
    return not (kind == "table" and name is not None and name.startswith("knowledge_index"))


def run() -> None:
    """Run the migrations in one transaction a file."""
    settings = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            transaction_per_migration=True,
            render_item=render,
            include_name=ours,
            **settings,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
