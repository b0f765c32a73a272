"""How much of a limit four worker processes use together, and whether any window holds more.

A hundred messages a window and a thousand recipients; the window is six seconds instead of a minute,
which makes it harder: whatever passes between a claim and its answer is lost in each window.
"""

import json
import sys
import urllib.request

from benchmarks.sending import WHATSAPP, listens, prepare
from benchmarks.stage import Stage, each_database, stage, verdict, wait_for
from devtools.processes import free_port

LIMIT, WINDOW, COUNT, WORKERS = 100, 6, 1_000, 4
USED = 0.97


def main() -> None:
    """Measure on both databases."""
    each_database("rate", measure)


def measure(database: str) -> None:
    """Print the fullest window and the share of the limit that was used."""
    ports = free_port(), free_port()
    target = f"http://127.0.0.1:{ports[0]}"
    settings = {
        **WHATSAPP,
        "WHATSAPP_BASE_URL": target,
        "BATCH_RATE": str(LIMIT),
        "RATE_WINDOW_SECONDS": str(WINDOW),
    }
    with stage(database, **settings) as here:
        sink = (sys.executable, "-m", "benchmarks.stage.sinks", *map(str, ports))
        with here.running(*sink, log="sinks.log") as sinks:
            wait_for(lambda: listens(ports[1]), sinks)
            moments = run(here, target)
    fullest = max(sum(moment - WINDOW < other <= moment for other in moments) for moment in moments)
    # The last of them may leave when all windows but the first have passed.
    used = (COUNT / LIMIT - 1) * WINDOW / (moments[-1] - moments[0])
    name = f"limit on {database}, {WORKERS} processes"
    print(verdict(f"{name}, fullest window", fullest, LIMIT, at_most=True))
    print(verdict(f"{name}, used", used, USED), flush=True)


def run(here: Stage, target: str) -> list[float]:
    """Send it all, and return when each message reached the provider."""
    from webapp import create_app

    with create_app().app_context():
        prepare("http", COUNT)

    def arrivals() -> list[float]:
        with urllib.request.urlopen(target) as answer:
            found: list[float] = json.loads(answer.read())
            return found

    with here.running(
        *here.celery("worker.app"), log="ours.log", WORKER_CONCURRENCY=str(WORKERS)
    ) as worker:
        wait_for(lambda: len(arrivals()) == COUNT, worker)
    return sorted(arrivals())


if __name__ == "__main__":
    main()
