"""Messages a second into a sink that answers at once, and against whom.

Ours: rows of a batch, claimed and finished with an attempt for each, by the real task and its real
carriers, two worker processes, no limit. The peers have the same sink and the same connections:
one Celery task a message with one row update, two worker processes; and a bare client without any
row. Also: how much the memory of our workers grows with the number of recipients.
"""

import socket
import subprocess
import sys
import time

import psutil

from benchmarks.stage import (
    ROOT,
    Stage,
    each_database,
    median,
    speed,
    stage,
    verdict,
    wait_for,
)
from devtools.processes import free_port

COUNTS = {"http": 20_000, "smtp": 10_000}
PLAIN, BARE = 1_500, 20_000
ROUNDS = 3
AGAINST_CELERY, AGAINST_BARE = 15.0, 0.5
CONNECTIONS = {"http": 64, "smtp": 16}  # of two workers together
ACCOUNT = ("ACCESS_TOKEN", "PHONE_NUMBER_ID", "BUSINESS_ACCOUNT_ID", "APP_SECRET", "VERIFY_TOKEN")
WHATSAPP = {f"WHATSAPP_{name}": "bench" for name in ACCOUNT}
GROWTH, FEW, MANY = 1.25, 1_000, 100_000


def main() -> None:
    """Measure on both databases."""
    each_database("sending", measure)


def measure(database: str) -> None:
    """Run the three in turns and print the ratios of their medians."""
    ports = free_port(), free_port()
    where = {"http": f"http://127.0.0.1:{ports[0]}", "smtp": f"127.0.0.1:{ports[1]}"}
    accounts = {
        **WHATSAPP,
        "WHATSAPP_BASE_URL": where["http"],
        "SMTP_URL": f"smtp://{where['smtp']}",
        "MAIL_FROM": "desk@example.com",
        "BATCH_RATE": "0",
    }
    with stage(database, **accounts) as here:
        sink = (sys.executable, "-m", "benchmarks.stage.sinks", *map(str, ports))
        with here.running(*sink, log="sinks.log") as sinks:
            wait_for(lambda: listens(ports[1]), sinks)
            for what in ("http", "smtp"):
                compare(here, database, what, where[what])
            print(memory(here, database), flush=True)


def listens(port: int) -> bool:
    """Say whether somebody listens on a port."""
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def compare(here: Stage, database: str, what: str, target: str) -> None:
    """Print what the three reach by HTTP or by SMTP."""
    ours, plain, bare = [], [], []
    for _ in range(ROUNDS):
        plain.append(run_plain(here, what, target))
        bare.append(run_bare(what, target))
        ours.append(run_ours(here, what, COUNTS[what])[0])
    print(
        f"{what} on {database}: batches {median(ours):.0f}/s, a task a message "
        f"{median(plain):.0f}/s, a bare client {median(bare):.0f}/s"
    )
    name = f"{what} on {database}"
    print(verdict(f"{name}, times Celery", median(ours) / median(plain), AGAINST_CELERY))
    print(verdict(f"{name}, of a bare client", median(ours) / median(bare), AGAINST_BARE))
    sys.stdout.flush()


def memory(here: Stage, database: str) -> str:
    """Return how much more a worker takes for a hundred times the recipients."""
    few, many = run_ours(here, "http", FEW)[1], run_ours(here, "http", MANY)[1]
    print(f"memory on {database}: {few:.0f} MiB for {FEW}, {many:.0f} MiB for {MANY}")
    return verdict(f"memory on {database}", many / few, GROWTH, unit=" times", at_most=True)


def run_plain(here: Stage, what: str, target: str) -> float:
    """Return the messages a second of one task for each."""
    from benchmarks.peers import plain_celery as peer

    peer.create_rows(PLAIN)
    task = {"http": peer.send, "smtp": peer.mail}[what]
    with peer.app.producer_or_acquire() as producer:
        for row in range(PLAIN):
            task.apply_async((row, target), producer=producer)
    with here.running(
        *here.celery("benchmarks.peers.plain_celery", "-Q", "plain"), log="plain.log"
    ) as worker:
        wait_for(lambda: peer.count_finished() == PLAIN, worker)
    return speed(peer.finished())


def run_bare(what: str, target: str) -> float:
    """Return the calls a second of a bare client with as many connections."""
    line = (sys.executable, "-m", "benchmarks.peers.bare_clients")
    options = (what, target, str(CONNECTIONS[what]), str(BARE))
    done = subprocess.run([*line, *options], cwd=ROOT, check=True, capture_output=True, text=True)
    return float(done.stdout)


def run_ours(here: Stage, what: str, count: int) -> tuple[float, float]:
    """Return the messages a second of the sender, and the most memory of its children in MiB."""
    from webapp import create_app
    from webapp.database import reading
    from webapp.extensions import db
    from webapp.messages.models import Message

    app = create_app()
    with app.app_context():
        reading.set(False)
        prepare(what, count)
        reading.set(True)  # looking must not take the write lock

        most, watch_memory = 0.0, count in (FEW, MANY)

        def all_sent() -> bool:
            nonlocal most
            if watch_memory:  # which costs the others something
                most = max(most, memory_of(worker))
            found = db.session.scalar(db.select(db.func.count(Message.sent_at)))
            db.session.commit()
            return found == count

        line = here.celery("worker.app", "-Q", "urgent,messages,default,bulk")
        with here.running(*line, log="ours.log", WORKER_CONCURRENCY="2") as worker:
            wait_for(all_sent, worker)
        sent = db.session.scalars(db.select(Message.sent_at).order_by(Message.sent_at)).all()
        db.session.commit()
        db.engine.dispose()
        return speed([moment.timestamp() for moment in sent]), most


def prepare(what: str, count: int) -> None:
    """Write a batch, as a campaign does."""
    from benchmarks.stage.rows import Thing
    from webapp.extensions import db
    from webapp.messages.batches import open_batch
    from webapp.messages.channels import Channel
    from webapp.messages.models import Attempt, Batch, Message
    from webapp.messages.writing import write_many

    db.create_all()
    for table in (Attempt, Message, Batch):
        db.session.execute(db.delete(table))
    db.session.commit()
    if db.engine.dialect.name == "postgresql":  # as autovacuum does in quieter times
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(db.text("VACUUM ANALYZE"))
    batch = open_batch(Thing(str(time.time())))
    channel = {"http": Channel.WHATSAPP, "smtp": Channel.EMAIL}[what]
    for first in range(0, count, 5_000):
        rows = []
        for number in range(first, min(first + 5_000, count)):
            address = (
                f"person{number}@example.com" if channel == Channel.EMAIL else f"+9198{number:08d}"
            )
            rows.append(
                {
                    "batch_id": batch.id,
                    "channel": channel,
                    "address": address,
                    "lane": f"{channel}:{address}",
                    "subject_type": "recipient",
                    "subject_id": str(number),
                    "purpose": f"campaign.{batch.id}",
                    "title": "An offer",
                    "body": "An offer for you.",
                    "country": "IN",
                }
            )
        write_many(rows)
        db.session.commit()


def memory_of(worker: "subprocess.Popen[bytes]") -> float:
    """Return how much the largest child holds for itself, in MiB."""
    sizes = [0.0]
    for child in psutil.Process(worker.pid).children():
        try:
            sizes.append(child.memory_full_info().uss / 2**20)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return max(sizes)


if __name__ == "__main__":
    main()
