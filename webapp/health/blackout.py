"""The database is away: told by what each process remembers, since no row can be read or written.

One mail for each machine: a file says that a process of it has told. When the database is back, the
alert is written down, and whoever was told hears that it is over.
"""

import hashlib
import tempfile
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from webapp.clock import now
from webapp.extensions import db, settings
from webapp.health import mailing
from webapp.health.models import Alert
from webapp.health.rules import DATABASE
from webapp.health.thresholds import HOLD

log = structlog.get_logger(__name__)

REMEMBER = timedelta(minutes=5)
#: A process that told and died leaves its file behind.
STALE = 3600.0
SENTENCE = "The database does not answer, so no page can be shown and nothing is done."


class _Memory:
    """What this process knows without the database."""

    def __init__(self) -> None:
        self.readers: tuple[str, ...] = ()
        self.read_at: datetime | None = None
        self.since: datetime | None = None
        self.told = False


memory = _Memory()


def noticed() -> None:
    """Note that the database did not answer; tell when that has held for a while."""
    memory.since = memory.since or now()
    if memory.told or now() - memory.since < HOLD:
        return
    server, to = settings().mail, settings().signals.alert_emails or memory.readers
    if server is None or not to or not _first_of_this_machine():
        return
    text = f"{SENTENCE}\n{DATABASE.advice}\nSince {memory.since:%d %b %Y, %H:%M} UTC.\n"
    mail = mailing.Mail(f"{settings().business_name}: {DATABASE.title}", text)
    problem = mailing.send(server, to, mail)
    memory.told = problem is None
    if problem is not None:
        log.error("an alert could not be sent by e-mail", problem=problem)
        _mark().unlink(missing_ok=True)  # tried again at the next look


def over() -> None:
    """Note that the database answers: remember who is to be told, and write down what was. Commits."""
    if memory.told and memory.since is not None:
        moment = now()
        db.session.add(
            Alert(rule=DATABASE.key, text=SENTENCE, noticed_at=memory.since, opened_at=memory.since,
                  seen_at=moment, well_since=moment, closed_at=moment, mailed_at=moment)
        )  # fmt: skip
        db.session.commit()
        _mark().unlink(missing_ok=True)
    memory.since, memory.told = None, False
    if memory.read_at is None or now() - memory.read_at > REMEMBER:
        memory.readers, memory.read_at = mailing.readers(), now()
        db.session.rollback()


def _mark() -> Path:
    of_house = hashlib.sha256(settings().database_url.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"bellhop-{of_house}.told"


def _first_of_this_machine() -> bool:
    mark = _mark()
    with suppress(FileNotFoundError):
        if time.time() - mark.stat().st_mtime > STALE:
            mark.unlink()
    try:
        mark.open("x").close()
    except FileExistsError:
        return False
    return True
