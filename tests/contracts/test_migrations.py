"""The numbered files make what the models say, and can be taken back."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.config import Config
from alembic.script import ScriptDirectory

from devtools.checks import bare_environment
from devtools.places import ROOT

if TYPE_CHECKING:
    from tests.services import Kind, NewDatabase

UP_DOWN_UP = """
import re
import flask_migrate
from sqlalchemy import inspect, text
from webapp import create_app
from webapp.extensions import db

SQL = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}

def indexes(engine):
    with engine.connect() as connection:
        rows = connection.execute(text(SQL[engine.dialect.name])).all()
    return {row[0]: re.sub(r'["\\s]+', " ", row[1]) for row in rows if "alembic" not in row[0]}

with create_app().app_context():
    flask_migrate.upgrade()
    flask_migrate.check()
    flask_migrate.downgrade(revision="base")
    left = set(inspect(db.engine).get_table_names()) - {"alembic_version"}
    assert not left, left
    flask_migrate.upgrade()
    flask_migrate.check()
    assert set(inspect(db.engine).get_table_names()) >= set(db.metadata.tables)
    migrated = indexes(db.engine)
    flask_migrate.downgrade(revision="base")
    db.create_all()
    assert migrated == indexes(db.engine)  # which the check does not: an index of some rows only
"""


def test_the_migrations_have_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert len(scripts.get_heads()) == 1
    numbers = sorted(
        path.name.split("_")[0] for path in (ROOT / "migrations/versions").glob("*.py")
    )
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_up_down_and_up_again_ends_where_the_models_are(
    kind: "Kind", new_database: "NewDatabase", tmp_path: Path
) -> None:
    env = bare_environment(tmp_path / "unused.db") | {"DATABASE_URL": new_database(kind)}
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    ended = subprocess.run(
        [sys.executable, "-c", UP_DOWN_UP], cwd=ROOT, env=env, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr


KEPT = """
import flask_migrate
from sqlalchemy import text
from webapp import create_app
from webapp.extensions import db

CUSTOMER = '''INSERT INTO customers
    (id, name, phone, email, zone, no_sms, no_whatsapp, no_email, note, created_at)
    VALUES (1, 'Asha', '+919812345678', 'asha@example.com', 'UTC', true, false, true, '', CURRENT_TIMESTAMP)'''
MESSAGE = '''INSERT INTO messages
    (id, channel, address, lane, category, urgency, purpose, body,
     state, due_at, attempt, failures, created_at, version)
    VALUES ('019a0000000070008000000000000001', 'sms', '+919812345678', 'sms:+919812345678',
            'transactional', 0, 'booking.confirmed', 'Booked.',
            'sent', CURRENT_TIMESTAMP, 1, 0, CURRENT_TIMESTAMP, 1)'''

with create_app().app_context():
    flask_migrate.upgrade(revision="0001")
    for row in (CUSTOMER, MESSAGE):
        db.session.execute(text(row))
    db.session.commit()
    flask_migrate.upgrade()
    lanes = db.session.scalars(text("SELECT lane FROM suppressions ORDER BY lane")).all()
    assert lanes == ["email:asha@example.com", "sms:+919812345678"], lanes
    sent = db.session.execute(text("SELECT state, superseded, units FROM messages")).one()
    assert sent == ("sent", False, 1), sent
    db.session.commit()
    flask_migrate.downgrade(revision="0001")
    wishes = db.session.execute(text("SELECT no_sms, no_whatsapp, no_email FROM customers")).one()
    assert wishes == (True, False, True), wishes
"""


def test_what_stood_in_the_tables_is_kept_when_they_change(
    kind: "Kind", new_database: "NewDatabase", tmp_path: Path
) -> None:
    env = bare_environment(tmp_path / "unused.db") | {"DATABASE_URL": new_database(kind)}
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    ended = subprocess.run(
        [sys.executable, "-c", KEPT], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
