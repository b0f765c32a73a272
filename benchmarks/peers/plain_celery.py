"""Plain Celery with late acknowledgement: one task, one row update, nothing durable about it."""

import os
import smtplib
from email.message import EmailMessage
from typing import Any

import aiohttp  # noqa: F401 - imported by both sides, so that neither gains by a smaller process
import requests
from celery import Celery
from celery.signals import worker_process_init
from sqlalchemy import create_engine, text

from webapp import database

app = Celery("plain", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_default_queue="plain",
    worker_hijack_root_logger=True,
    worker_concurrency=2,
)
URL = os.environ["DATABASE_URL"].replace("postgres://", "postgresql+psycopg://")
engine = create_engine(URL)
database.prepare(engine)
http = requests.Session()


@worker_process_init.connect
def _own_connections(**_: Any) -> None:
    engine.dispose(close=False)


@app.task(name="plain.mark")
def mark(row: int) -> None:
    """Update one row."""
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE plain SET done_at = :now WHERE id = :id"), {"now": _now(), "id": row}
        )


@app.task(name="plain.send")
def send(row: int, url: str) -> None:
    """Call the sink and update one row."""
    http.post(url, json={"to": "+919812345678", "text": "Your booking is confirmed."}, timeout=10)
    mark(row)


@app.task(name="plain.mail")
def mail(row: int, where: str) -> None:
    """Hand a letter to the sink over a kept connection, and update one row."""
    if where not in _lines:
        host, _, port = where.rpartition(":")
        _lines[where] = smtplib.SMTP(host, int(port))
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@example.com", "b@example.com", "An offer"
    letter.set_content("An offer for you.")
    _lines[where].send_message(letter)
    mark(row)


_lines: dict[str, smtplib.SMTP] = {}


def _now() -> float:
    import time

    return time.time()


def create_rows(count: int) -> None:
    """Make the table and its rows."""
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS plain"))
        connection.execute(
            text("CREATE TABLE plain (id INTEGER PRIMARY KEY, done_at DOUBLE PRECISION)")
        )
        connection.execute(
            text("INSERT INTO plain (id) VALUES (:id)"), [{"id": n} for n in range(count)]
        )


def finished() -> list[float]:
    """Return when each row was done, in order."""
    with engine.begin() as connection:
        found = connection.execute(
            text("SELECT done_at FROM plain WHERE done_at IS NOT NULL ORDER BY done_at")
        )
        return [row[0] for row in found]


def count_finished() -> int:
    """Return how many rows are done."""
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(done_at) FROM plain")).scalar_one())
