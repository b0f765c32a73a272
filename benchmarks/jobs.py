"""Durable no-op jobs a second, against plain Celery updating one row, on the same services.

Both drain a full queue with two processes; the speed is that of the middle 90 % of the rows.
"""

from benchmarks.stage import Stage, each_database, median, speed, stage, verdict, wait_for

COUNT = 3_000
ROUNDS = 3
GOAL = 0.7


def main() -> None:
    """Measure on both databases."""
    each_database("jobs", measure)


def measure(database: str) -> None:
    """Run the two in turns and print the ratio of their medians."""
    with stage(database) as here:
        ours, plain = [], []
        for _ in range(ROUNDS):
            plain.append(run_plain(here))
            ours.append(run_ours(here))
        print(f"{database}: durable {median(ours):.0f}/s, plain Celery {median(plain):.0f}/s")
        print(verdict(f"jobs on {database}", median(ours) / median(plain), GOAL), flush=True)


def run_plain(here: Stage) -> float:
    """Return the rows a second of plain Celery."""
    from benchmarks.peers import plain_celery as peer

    peer.create_rows(COUNT)
    with peer.app.producer_or_acquire() as producer:
        for row in range(COUNT):
            peer.mark.apply_async((row,), producer=producer)
    with here.running(
        *here.celery("benchmarks.peers.plain_celery", "-Q", "plain"), log="plain.log"
    ) as worker:
        wait_for(lambda: peer.count_finished() == COUNT, worker)
    return speed(peer.finished())


def run_ours(here: Stage) -> float:
    """Return the jobs a second of the ledger."""
    from webapp import create_app
    from webapp.database import reading
    from webapp.extensions import db
    from webapp.jobs.history import JobEvent
    from webapp.jobs.kinds import JobKind
    from webapp.jobs.models import Job
    from webapp.jobs.queue import enqueue

    app = create_app()
    with app.app_context():
        reading.set(False)
        db.create_all()
        db.session.execute(db.delete(JobEvent))
        db.session.execute(db.delete(Job))
        for _ in range(COUNT):
            enqueue(JobKind.NOTHING)
        db.session.commit()
        done = (
            db.select(Job.finished_at).where(Job.finished_at.is_not(None)).order_by(Job.finished_at)
        )

        reading.set(True)  # looking must not take the write lock

        def all_done() -> bool:
            found = db.session.scalar(db.select(db.func.count(Job.finished_at)))
            db.session.commit()
            return found == COUNT

        line = here.celery("worker.app", "-Q", "urgent,messages,default,bulk")
        with here.running(*line, log="ours.log", WORKER_CONCURRENCY="2") as worker:
            wait_for(all_done, worker)
        return speed([moment.timestamp() for moment in db.session.scalars(done)])


if __name__ == "__main__":
    main()
