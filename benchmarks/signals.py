"""A scrape of /metrics, an answer of /health, a look and a turn of the watch, with many jobs in the ledger.

A million jobs on PostgreSQL, 200,000 on SQLite; SIGNALS_JOBS sets another number. 100,000 of them wait (a tenth
where there are fewer), the rest have ended in the last month; 100,000 messages were written in the last day, a
tenth of them queued. A turn is all that the watch does each twenty seconds: it counts what ended, looks, follows
the alerts and fills in the checklist.
"""

import os
import time
from collections.abc import Callable

from sqlalchemy import Engine, text

from benchmarks.stage import each_database, percentile, stage, verdict
from benchmarks.stage.cpu import computed

ROUNDS = 20
GOAL_MS = 300.0
MANY = {"sqlite": 200_000, "postgres": 1_000_000}
WAITING = 100_000
MESSAGES = 100_000
DAY_MS = 86_400_000
#: The time of a UUIDv7 is in its first twelve digits.
IDS = {
    "postgresql": "CAST(lpad(to_hex({ms}), 12, '0') || '7000' || lpad(to_hex(n), 16, '8') AS uuid)",
    "sqlite": "printf('%012x', {ms}) || '7000' || '8' || printf('%015x', n)",
}
TIMES = {
    "postgresql": "to_timestamp(({ms}) / 1000.0)",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', ({ms}) / 1000.0, 'unixepoch')",
}
SERIES = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) "
JOBS = """
INSERT INTO jobs (id, kind, queue, args, state, routine, done, attempt, failures, lost, max_attempts,
                  run_at, published_at, created_at, due_at, started_at, finished_at, version)
{series}
SELECT {id}, CASE n % 4 WHEN 0 THEN 'exports.write' WHEN 1 THEN 'documents.read'
       WHEN 2 THEN 'bookings.notify' ELSE 'payments.check' END,
       CASE n % 4 WHEN 2 THEN 'messages' WHEN 3 THEN 'default' ELSE 'bulk' END, '{{}}',
       CASE WHEN n > {ended} THEN 'PENDING' WHEN n % 50 = 0 THEN 'FAILURE' ELSE 'SUCCESS' END,
       {false}, 0, 1, 0, 0, 4, {at}, {at}, {at}, {at}, CASE WHEN n <= {ended} THEN {at} END,
       CASE WHEN n <= {ended} THEN {at} END, 1
FROM s
"""
MESSAGE_ROWS = """
INSERT INTO messages (id, channel, address, lane, category, urgency, purpose, superseded, units, body,
                      state, due_at, attempt, failures, created_at, sent_at, version)
{series}
SELECT {id}, CASE n % 3 WHEN 0 THEN 'sms' WHEN 1 THEN 'whatsapp' ELSE 'email' END, 'a' || n, 'l' || n,
       'transactional', 0, 'p' || n, {false}, 1, 'Hello',
       CASE n % 10 WHEN 0 THEN 'queued' WHEN 1 THEN 'sent' ELSE 'delivered' END, {at}, 1, 0, {at},
       CASE WHEN n % 10 > 0 THEN {at} END, 1
FROM s
"""


def main() -> None:
    """Measure both databases."""
    each_database("signals", measure)


def measure(database: str) -> None:
    """Fill a database, and print how long each takes."""
    jobs = int(os.environ.get("SIGNALS_JOBS", MANY[database]))
    with stage(database):
        from webapp import create_app
        from webapp.database import reading
        from webapp.extensions import db
        from webapp.health import metrics, probing, watching
        from webapp.health.looking import look

        app = create_app()
        with app.app_context():
            db.create_all()
            fill(db.engine, jobs)
            asked: dict[str, Callable[[], object]] = {
                "a scrape of /metrics": metrics.text,
                "an answer of /health": probing.facts,
                "a look of the watch": look,
                "a turn of the watch": lambda: watching.take_turn(every=0),
            }
            for name, ask in asked.items():
                reading.set(ask is not asked["a turn of the watch"])
                ask()
                before = computed(db.engine)
                spent = [_milliseconds(ask) for _ in range(ROUNDS)]
                each = (computed(db.engine) - before) / ROUNDS
                middle, most = percentile(spent, 0.5), percentile(spent, 0.95)
                figure = verdict(f"{name}, p95", most, GOAL_MS, unit=" ms", at_most=True)
                print(f"{database}: {figure}, median {middle:.0f}, CPU {each:.0f} ms", flush=True)
            db.session.rollback()


def _milliseconds(ask: Callable[[], object]) -> float:
    from webapp.extensions import db

    began = time.perf_counter()
    ask()
    db.session.rollback()
    return (time.perf_counter() - began) * 1000


def fill(engine: Engine, jobs: int) -> None:
    """Write the rows by one statement for each table."""
    name, now_ms = engine.dialect.name, int(time.time() * 1000)
    false = "false" if name == "postgresql" else "0"
    for statement, count, span in (
        (JOBS, jobs, 30 * DAY_MS),
        (MESSAGE_ROWS, MESSAGES, DAY_MS - 3_600_000),
    ):
        # Oldest first, as they came: what is asked for lies at the end of the table.
        ms = f"{now_ms} - ({count} - CAST(n AS bigint)) * {span // count}"
        sql = statement.format(
            series=SERIES.format(count=count),
            id=IDS[name].format(ms=ms),
            at=TIMES[name].format(ms=ms),
            ended=jobs - min(WAITING, jobs // 10),
            false=false,
        )
        with engine.begin() as connection:
            connection.execute(text(sql.replace(":", "\\:")))
    if name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    else:
        with engine.begin() as connection:
            connection.execute(text("ANALYZE"))


if __name__ == "__main__":
    main()
