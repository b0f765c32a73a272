"""A scrape of /metrics, an answer of /health and a look of the watch, with a million jobs in the ledger.

100,000 of the jobs wait, the rest have ended in the last month; 100,000 messages were written in the last
day, a tenth of them queued. SIGNALS_JOBS sets another number of jobs.
"""

import os
import time
from collections.abc import Callable

from sqlalchemy import Engine, text

from benchmarks.stage import each_database, percentile, stage, verdict

ROUNDS = 20
GOAL_MS = 300.0
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
                  run_at, published_at, created_at, started_at, finished_at, version)
{series}
SELECT {id}, CASE n % 4 WHEN 0 THEN 'exports.write' WHEN 1 THEN 'documents.read'
       WHEN 2 THEN 'bookings.notify' ELSE 'payments.check' END,
       CASE n % 4 WHEN 2 THEN 'messages' WHEN 3 THEN 'default' ELSE 'bulk' END, '{{}}',
       CASE WHEN n <= {waiting} THEN 'PENDING' WHEN n % 50 = 0 THEN 'FAILURE' ELSE 'SUCCESS' END,
       {false}, 0, 1, 0, 0, 4, {at}, {at}, {at}, CASE WHEN n > {waiting} THEN {at} END,
       CASE WHEN n > {waiting} THEN {at} END, 1
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
    jobs = int(os.environ.get("SIGNALS_JOBS", "1000000"))
    with stage(database):
        from webapp import create_app
        from webapp.database import reading
        from webapp.extensions import db
        from webapp.health import metrics, probing
        from webapp.health.looking import look

        app = create_app()
        with app.app_context():
            db.create_all()
            fill(db.engine, jobs)
            reading.set(True)
            asked: dict[str, Callable[[], object]] = {
                "a scrape of /metrics": metrics.text,
                "an answer of /health": probing.facts,
                "a look of the watch": look,
            }
            for name, ask in asked.items():
                spent = [_milliseconds(ask) for _ in range(ROUNDS)]
                figure = verdict(
                    f"{name}, p95", percentile(spent, 0.95), GOAL_MS, unit=" ms", at_most=True
                )
                print(f"{database}: {figure}", flush=True)
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
        ms = f"{now_ms} - CAST(n AS bigint) * {span // count}"
        sql = statement.format(
            series=SERIES.format(count=count),
            id=IDS[name].format(ms=ms),
            at=TIMES[name].format(ms=ms),
            waiting=min(WAITING, jobs // 10),
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
