"""A CSV file of 100,000 rows checked and stored, against csv and phonenumbers alone on the same rows.

Ours: the real job on a real database, from the stored file to recipients, bad rows and counts. The
peer: Python's csv module, and ``phonenumbers`` parsing and validating each number, with nothing
stored. Both in one process, in turns. The memory is that of a process which only reads.
"""

import csv
import io
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

import phonenumbers

from benchmarks.stage import each_database, median, stage, verdict

ROWS = 100_000
ROUNDS = 3
GOAL, MEGABYTES = 5.0, 300.0
ROOT = Path(__file__).parent.parent


def main() -> None:
    """Measure on both databases."""
    each_database("audience", measure)


def measure(database: str) -> None:
    """Read the same rows in turns, and once more in a process of its own for the memory."""
    with stage(database) as here:
        path = here.folder / "list.csv"
        path.write_text(made_up(), encoding="utf-8")
        here.env["STORAGE_URL"] = f"file://{here.folder}/files"
        memory = subprocess.run(
            [sys.executable, "-m", "benchmarks.audience", "--read", str(path)],
            cwd=ROOT, env={**os.environ, **here.env}, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        times = [line.split() for line in memory.stdout.splitlines()]
    ours = median([float(line[0]) for line in times])
    plain = median([float(line[1]) for line in times])
    peak = max(float(line[2]) for line in times)
    print(f"{database}: {ours:.2f} s for {ROWS:,} rows, csv and phonenumbers alone {plain:.2f} s")
    print(verdict(f"reading a list on {database}", ours / plain, GOAL, at_most=True))
    print(
        verdict(f"memory of it on {database}", peak, MEGABYTES, unit=" MB", at_most=True),
        flush=True,
    )


def made_up() -> str:
    """Return a list as people have it: some doubles, some wrong numbers, some addresses."""
    chance = random.Random(1)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["Name", "Phone", "E-mail", "City", "Amount due"])
    for number in range(ROWS):
        phone = f"+9198{chance.randrange(10**8):08d}" if number % 50 else "12345"
        email = f"person{number}@example.org" if number % 4 == 0 else ""
        table.writerow([f"Asha Rao {number}", phone, email, "Pune", f"{chance.randrange(9999)}.50"])
    return out.getvalue()


def plainly(path: str) -> float:
    """Return the seconds of csv and phonenumbers alone."""
    began, good = time.perf_counter(), 0
    with Path(path).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            try:
                good += phonenumbers.is_valid_number(phonenumbers.parse(row["Phone"], "IN"))
            except phonenumbers.NumberParseException:
                continue
    assert good > ROWS * 0.9
    return time.perf_counter() - began


def ours(path: str) -> float:
    """Return the seconds of the job, from the stored file on."""
    from webapp.campaigns.audience import adding
    from webapp.campaigns.audience.people import Columns
    from webapp.campaigns.models import Campaign, SourceState
    from webapp.extensions import db

    campaign = Campaign(name="Bench")
    db.session.add(campaign)
    db.session.commit()
    with Path(path).open("rb") as file:
        lies_at, size = adding.store(file)
    source = adding.add_file(campaign, "list.csv", lies_at, size)
    db.session.commit()
    run_job(source.id)
    db.session.refresh(source)
    adding.read_as(source, Columns.of(source.mapping or {}))
    db.session.commit()
    began = time.perf_counter()
    while source.state == SourceState.READING:
        run_job(source.id)
        db.session.refresh(source)
    took = time.perf_counter() - began
    assert source.state == SourceState.READ
    assert source.rows == ROWS, source.rows
    return took


def run_job(source_id: int) -> None:
    """Run the last job about a source, as a worker does."""
    from webapp.extensions import db
    from webapp.jobs.models import Job
    from worker.tasking import TASKS

    jobs = db.session.scalars(db.select(Job).order_by(Job.id.desc()))
    job = next(job for job in jobs if job.args.get("source_id") == source_id)
    name, job_id = job.kind.value, job.id
    db.session.commit()
    TASKS[name](job_id)


def read_in_turns(path: str) -> None:
    """Print for each round the seconds of both, and the most memory so far in MB."""
    import worker.tasks
    from webapp.extensions import db
    from worker.app import flask_app

    assert worker.tasks
    with flask_app.app_context():
        db.create_all()
        for _ in range(ROUNDS):
            plain, own = plainly(path), ours(path)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{own:.3f} {plain:.3f} {peak:.0f}")


if __name__ == "__main__":
    read_in_turns(sys.argv[2]) if sys.argv[1:2] == ["--read"] else main()
