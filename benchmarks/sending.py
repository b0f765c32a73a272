"""Messages a second into an HTTP sink, against one Celery task a message doing the same call.

Ours: rows claimed and finished in batches, a row and an attempt for each, by the real task and its
real WhatsApp client. The peer: one message of Redis, one call, one row update for each. Both have
two worker processes and the sandbox's sink, which answers at once.
"""

import sys

from benchmarks.stage import Stage, each_database, median, speed, stage, verdict, wait_for

PLAIN, OURS = 1_500, 10_000
ROUNDS = 3
GOAL = 10.0
ACCOUNT = ("ACCESS_TOKEN", "PHONE_NUMBER_ID", "BUSINESS_ACCOUNT_ID", "APP_SECRET", "VERIFY_TOKEN")
WHATSAPP = {f"WHATSAPP_{name}": "bench" for name in ACCOUNT}


def main() -> None:
    """Measure on both databases."""
    each_database("sending", measure)


def measure(database: str) -> None:
    """Run the two in turns and print the ratio of their medians."""
    with stage(database, **WHATSAPP) as here:
        sandbox = (sys.executable, "-m", "sandbox")
        sink = f"{here.env['SANDBOX_URL']}/sink"
        with here.running(*sandbox, log="sandbox.log"):
            ours, plain = [], []
            for _ in range(ROUNDS):
                plain.append(run_plain(here, sink))
                ours.append(run_ours(here))
    print(f"{database}: batches {median(ours):.0f}/s, a task a message {median(plain):.0f}/s")
    print(verdict(f"sending on {database}", median(ours) / median(plain), GOAL), flush=True)


def run_plain(here: Stage, sink: str) -> float:
    """Return the messages a second of one task for each."""
    from benchmarks.peers import plain_celery as peer

    peer.create_rows(PLAIN)
    with peer.app.producer_or_acquire() as producer:
        for row in range(PLAIN):
            peer.send.apply_async((row, sink), producer=producer)
    with here.running(
        *here.celery("benchmarks.peers.plain_celery", "-Q", "plain"), log="plain.log"
    ) as worker:
        wait_for(lambda: peer.count_finished() == PLAIN, worker)
    return speed(peer.finished())


def run_ours(here: Stage) -> float:
    """Return the messages a second of the sender."""
    from webapp import create_app
    from webapp.database import reading
    from webapp.extensions import db
    from webapp.messages.channels import Channel
    from webapp.messages.models import Attempt, Message, Urgency

    app = create_app()
    with app.app_context():
        reading.set(False)
        db.create_all()
        db.session.execute(db.delete(Attempt))
        db.session.execute(db.delete(Message))
        rows = [
            {
                "channel": Channel.WHATSAPP,
                "address": f"+9198{number:08d}",
                "lane": f"whatsapp:+9198{number:08d}",
                "purpose": f"bench.{number}",
                "body": "Your booking is confirmed.",
                "urgency": int(Urgency.CAMPAIGN),
            }
            for number in range(OURS)
        ]
        db.session.execute(db.insert(Message), rows)
        db.session.commit()
        reading.set(True)  # looking must not take the write lock

        def all_sent() -> bool:
            found = db.session.scalar(db.select(db.func.count(Message.sent_at)))
            db.session.commit()
            return found == OURS

        line = here.celery("worker.app", "-Q", "urgent,messages,default,bulk")
        settings = {
            "WORKER_CONCURRENCY": "2",
            "WHATSAPP_BASE_URL": f"{here.env['SANDBOX_URL']}/sink",
        }
        with here.running(*line, log="ours.log", **settings) as worker:
            wait_for(all_sent, worker)
        sent = db.session.scalars(db.select(Message.sent_at).order_by(Message.sent_at))
        return speed([moment.timestamp() for moment in sent])


if __name__ == "__main__":
    main()
