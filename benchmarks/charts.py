"""How long the charts and the depths of the queues take when there is much of everything.

Every kind of job has ended in every hour of a month and on every day of 400; 200,000 jobs wait.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from benchmarks.stage import each_database, percentile, stage, verdict
from benchmarks.stage.cpu import computed

#: Twice as many wait as are ever counted of a queue.
DAYS, HOUR_DAYS, WAITING = 400, 33, 200_000
ROUNDS = 30
CHART_MS, DEPTH_MS = 100.0, 150.0
#: A row's own id, in each database's words.
ID = {"sqlite": "lower(hex(randomblob(16)))", "postgres": "gen_random_uuid()"}
COLUMNS = (
    "kind, queue, args, state, routine, done, attempt, failures, lost, max_attempts, run_at, "
    "created_at, version"
)


def main() -> None:
    """Measure on both databases."""
    each_database("charts", measure)


def measure(database: str) -> None:
    """Print the 95th of a hundred of each question."""
    with stage(database):
        from webapp import create_app
        from webapp.database import reading
        from webapp.extensions import db

        app = create_app()
        with app.app_context():
            reading.set(False)
            db.create_all()
            fill_history()
            fill_jobs(database)
            reading.set(True)
            for name, goal, ask in questions():
                ask()
                before = computed(db.engine)
                worst = percentile([timed(ask) for _ in range(ROUNDS)], 0.95)
                each = (computed(db.engine) - before) / ROUNDS
                figure = verdict(f"{name} on {database}", worst, goal, unit=" ms", at_most=True)
                print(f"{figure}, CPU {each:.0f} ms", flush=True)


def questions() -> list[tuple[str, float, Callable[[], Any]]]:
    """Return what a page asks, with what it may take."""
    from zoneinfo import ZoneInfo

    from webapp.charts import choosing, history
    from webapp.clock import now
    from webapp.jobs import queues
    from webapp.jobs.kinds import JobKind

    first = (now() - timedelta(days=DAYS - 2)).date().isoformat()  # by any clock
    zone = ZoneInfo("Asia/Kolkata")
    spans = {
        "the chart of a week": {"span": "week"},
        "the chart of a year": {"span": "year"},
        "the chart of 400 days": {"from": first},
        "the same of one kind": {"from": first, "kind": JobKind.NOTHING.value},
    }

    def course(asked: dict[str, str]) -> Callable[[], Any]:
        choice = choosing.read(asked, zone)
        return lambda: history.course(
            choice.begins, choice.until, choice.grain, choice.kind, choice.queue
        )

    since = now() - timedelta(days=DAYS)
    return [
        *((name, CHART_MS, course(asked)) for name, asked in spans.items()),
        ("the sums of 400 days", CHART_MS, lambda: history.span(since, now(), zone)),
        ("the depths of the queues", DEPTH_MS, queues.depths),
    ]


def timed(ask: Callable[[], Any]) -> float:
    """Return the milliseconds of one question."""
    from webapp.extensions import db

    began = time.perf_counter()
    ask()
    took = time.perf_counter() - began
    db.session.rollback()
    return took * 1_000


def fill_history() -> None:
    """Let every kind have ended at every time."""
    from webapp.charts.models import NUMBERS, Grain, history
    from webapp.clock import now
    from webapp.extensions import db
    from webapp.jobs.kinds import POLICIES, JobKind

    today = now().replace(minute=0, second=0, microsecond=0)
    times = [(Grain.HOUR, timedelta(hours=hour)) for hour in range(24 * HOUR_DAYS)]
    times += [(Grain.DAY, timedelta(days=day)) for day in range(DAYS)]
    numbers = dict.fromkeys(NUMBERS, 7)
    for grain, back in times:
        rows = [
            {"grain": grain, "at": today - back, "kind": kind, "queue": POLICIES[kind].queue}
            | numbers
            for kind in JobKind
        ]
        db.session.execute(history.insert(), rows)
    db.session.commit()


def fill_jobs(database: str) -> None:
    """Let jobs wait: one, doubled until there are enough."""
    from sqlalchemy import text

    from webapp.extensions import db
    from webapp.jobs.kinds import JobKind, Queue
    from webapp.jobs.models import Job

    db.session.add(Job(kind=JobKind.NOTHING, queue=Queue.DEFAULT, max_attempts=4))
    db.session.commit()
    there = 1
    while there < WAITING:
        again = min(there, WAITING - there)
        sql = f"INSERT INTO jobs (id, {COLUMNS}) SELECT {ID[database]}, {COLUMNS} FROM jobs LIMIT {again}"
        db.session.execute(text(sql))
        db.session.commit()
        there += again
    db.session.execute(text("ANALYZE"))
    db.session.commit()


if __name__ == "__main__":
    main()
