"""The lines of the checklist that fill themselves in: what was measured, and what to make of it."""

import platform
from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import version
from typing import Any, NamedTuple

from sqlalchemy import exists, func, select, text

from webapp.accounts.models import AuditEntry, User
from webapp.charts import history
from webapp.clock import now
from webapp.extensions import db, settings
from webapp.health import sending, thresholds
from webapp.health.lamps import memory_words, oldest_of
from webapp.health.looking import Look
from webapp.health.models import Alert
from webapp.health.redis_there import broker
from webapp.health.words import listed, size_words, span_words
from webapp.messages.models import MessageState

WELL, LOOK, BAD = "well", "look", "bad"
DAY, WEEK = timedelta(days=1), timedelta(days=7)
ABSENT = timedelta(days=60)
ARRIVED = (MessageState.DELIVERED, MessageState.READ)
NEAR_FULL = 0.8


class Line(NamedTuple):
    """One thing to look at."""

    span: str
    title: str
    value: str
    verdict: str
    #: From where on it is not well, in words.
    limit: str
    advice: str
    endpoint: str | None = None

    def kept(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return self._asdict()


def judge(number: float, look: float, bad: float) -> str:
    """Return the verdict on a number of which more is worse."""
    if number > bad:
        return BAD
    return LOOK if number > look else WELL


def measured(look: Look) -> list[Line]:
    """Fill in every line."""
    return [*_daily(look), *_weekly(look), *_monthly()]


def _daily(look: Look) -> Iterator[Line]:
    yield Line(
        "daily",
        "Workers are up",
        f"{look.workers} at work",
        WELL if look.workers else BAD,
        "At least one",
        "Start the worker process.",
        "workers.index",
    )
    heard = None if look.beat_at is None else (look.moment - look.beat_at).total_seconds()
    silent = thresholds.BEAT_SILENT.total_seconds()
    yield Line(
        "daily",
        "The clock is heard",
        "Never" if heard is None else f"{span_words(max(0, heard))} ago",
        BAD if heard is None or heard > silent else WELL,
        f"Within {span_words(silent)}",
        "Start the beat process.",
        "schedules.index",
    )
    _, oldest = oldest_of(look)
    waits = f"{look.waiting:,} wait" + (
        f", the oldest for {span_words(oldest)}" if look.waiting else ""
    )
    yield Line(
        "daily",
        "The queues are near 0",
        waits,
        judge(look.waiting, look.most_waiting / 10, look.most_waiting),
        f"At most {look.most_waiting // 10:,}; {look.most_waiting:,} are too many",
        "Add a worker, or look for what has asked for so many.",
        "jobs.index",
    )
    yield _failed("daily", "Errors of the last 24 hours", history.lately(DAY))
    yield _arriving()
    yield Line(
        "daily",
        "What runs by the clock ran",
        listed(look.missed) if look.missed else "Nothing was missed",
        LOOK if look.missed else WELL,
        "Nothing missed",
        "Run it now if it is still wanted.",
        "schedules.index",
    )
    opened = _alerts_since_yesterday()
    yield Line("daily", "Alerts of the last 24 hours", str(opened) if opened else "None",
               LOOK if opened else WELL, "None", "Read what they were about.", "health.history")  # fmt: skip


def _failed(span: str, title: str, count: history.Sums) -> Line:
    share = count.failed / count.ended if count.ended else 0.0
    return Line(span, title, f"{count.failed:,} of {count.ended:,} jobs failed ({share * 100:.1f} %)",
                judge(share, 0.01, thresholds.LEAST_SHARE) if count.failed else WELL,
                f"At most 1 %; {thresholds.LEAST_SHARE * 100:.0f} % are too many",
                "Look at those that failed; mend the cause, then try them again together.", "jobs.index")  # fmt: skip


def _arriving() -> Line:
    counts = sending.of_last_day()
    states = dict.fromkeys(MessageState, 0)
    for (_, state), number in counts.items():
        states[state] += number
    failed = states[MessageState.FAILED]
    left = failed + states[MessageState.SENT] + sum(states[state] for state in ARRIVED)
    share = failed / left if left else 0.0
    value = "None were sent" if not left else (
        f"{left:,} left, {sum(states[state] for state in ARRIVED):,} reported as arrived, {failed:,} failed"
    )  # fmt: skip
    return Line("daily", "Messages arrive", value, judge(share, 0.05, 0.25),
                "At most 5 % fail; 25 % are too many",
                "Look at the messages that need a look, by their reason.", "messages.index")  # fmt: skip


def _alerts_since_yesterday() -> int:
    opened = select(func.count()).select_from(Alert).where(Alert.opened_at > now() - DAY)
    return db.session.scalar(opened) or 0


def _weekly(look: Look) -> Iterator[Line]:
    week = history.lately(WEEK)
    retried = week.retried / week.ended if week.ended else 0.0
    repeated = f"{week.retried:,} in {week.ended:,} jobs ({retried * 100:.1f} %)"
    yield Line("weekly", "Tries that had to be repeated", repeated,
               judge(retried, 0.05, 0.25), "At most 5 %; 25 % are too many",
               "Look at which kind it is: its provider may be slow or away.", "jobs.index")  # fmt: skip
    yield _failed("weekly", "Jobs that failed this week", week)
    yield Line("weekly", "Jobs whose worker died in the middle", f"{week.lost:,}", judge(week.lost, 0, 20),
               "None; more than 20 are too many", "Look for a lack of memory on the machines of the workers.",
               "workers.index")  # fmt: skip
    average, waited = week.ran.mean or 0.0, week.waited.mean or 0.0
    yield Line("weekly", "How fast workers are",
               f"A job waits {waited:.1f} s and takes {average:.1f} s on average",
               judge(waited, 30, 300), "At most 30 seconds of waiting; 5 minutes are too long",
               "Add a worker, or another machine.", "charts.index")  # fmt: skip
    yield _redis_memory()
    uncertain = sum(
        flow.number
        for (_, state), flow in sending.unfinished().items()
        if state == MessageState.UNKNOWN
    )
    yield Line("weekly", "Messages of which nobody knows", f"{uncertain:,} not certain", judge(uncertain, 0, 50),
               "None; more than 50 are too many", "Decide about each: send it again, or leave it.",
               "messages.index")  # fmt: skip
    if look.stalled:
        yield Line("weekly", "Jobs that do not get on", f"{look.stalled:,}", LOOK, "None",
                   "Open them, and stop what will not end.", "jobs.index")  # fmt: skip


def _redis_memory() -> Line:
    used, title = broker.memory(), "Memory of Redis"
    limit = "At most 80 % of what it may use, and the policy noeviction"
    if used is None:
        return Line("weekly", title, "Redis does not say", LOOK, limit, "Ask whoever runs Redis.")
    forgets = used.most and used.policy != "noeviction"
    full = used.most and used.used / used.most > NEAR_FULL
    value = memory_words(used) + (f"; forgets by {used.policy}" if forgets else "")
    return Line("weekly", title, value, BAD if full else LOOK if forgets else WELL, limit,
                "Give it more memory, and set maxmemory-policy noeviction.")  # fmt: skip


def _monthly() -> Iterator[Line]:
    quiet = _absent_people()
    yield Line("monthly", "People who have done nothing for 60 days",
               listed(quiet) if quiet else "None", LOOK if quiet else WELL, "None",
               "If they have left, deactivate them.", "accounts.people")  # fmt: skip
    yield Line("monthly", "Versions", _versions(), WELL, "Yours to judge",
               "Compare with the newest version of Bellhop, and update.")  # fmt: skip
    yield Line("monthly", "Size of the database", size_words(_size()), WELL, "Yours to judge",
               "What is kept, and for how long, stands under Data kept.", "retention.index")  # fmt: skip


def _absent_people() -> list[str]:
    since = now() - ABSENT
    active = exists().where(AuditEntry.user_id == User.id, AuditEntry.at > since)
    names = select(User.name).where(User.active.is_(True), User.created_at < since, ~active)
    found = list(db.session.scalars(names.order_by(User.name).limit(6)))
    return [*found[:5], "others"] if len(found) > 5 else found


def _versions() -> str:
    release = settings().signals.release
    parts = [
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in ("Flask", "Celery")),
    ]
    return ", ".join([f"Bellhop {release}", *parts])


def _size() -> int:
    if db.engine.dialect.name == "postgresql":
        asked = text("SELECT pg_database_size(current_database())")
    else:
        asked = text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
    return int(db.session.scalar(asked) or 0)
