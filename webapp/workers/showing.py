"""What the page of the workers shows."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from webapp.clock import now
from webapp.jobs import queues, staff
from webapp.jobs.kinds import Queue
from webapp.jobs.pausing import NAMES
from webapp.workers.house import house
from webapp.workers.words import span

WHAT: Mapping[Queue, str] = {
    Queue.URGENT: "What somebody waits for at this moment, such as the payment of a booking",
    Queue.MESSAGES: "Messages about bookings, campaigns and what comes back from the providers",
    Queue.DEFAULT: "Writing campaigns, checking payments, answering questions and the like",
    Queue.BULK: "Reading documents and websites, writing files, removing what is old",
}


class Line(NamedTuple):
    """A queue, as the page tells of it."""

    queue: Queue
    name: str
    what: str
    waiting: str
    later: str
    #: For how long the oldest has been due.
    oldest: str | None
    running: int
    rate: str
    #: How long until nothing waits, at the rate of the last minutes.
    empty_in: str | None
    pause: staff.Paused | None


def lines() -> list[Line]:
    """Return the queues, the most urgent first."""
    pauses = {pause.queue: pause for pause in house().pauses}
    return [_line(queue, depth, pauses.get(queue)) for queue, depth in queues.depths().items()]


def _line(queue: Queue, depth: queues.Depth, pause: staff.Paused | None) -> Line:
    oldest = None if depth.oldest_seconds is None else span(depth.oldest_seconds)
    known = depth.waiting and depth.rate and not pause
    left = span(60 * depth.waiting / depth.rate) if known else None
    most = "more than " if depth.waiting >= queues.MOST else "about "
    return Line(
        queue,
        NAMES[queue],
        WHAT[queue],
        _number(depth.waiting),
        _number(depth.later) if depth.later else "",
        oldest,
        depth.running,
        f"{depth.rate:,.0f}" if depth.rate >= 10 else f"{depth.rate:.1f}".removesuffix(".0"),
        f"{most}{left}" if left else None,
        pause,
    )


def _number(number: int) -> str:
    return f"{number:,} or more" if number >= queues.MOST else f"{number:,}"


def ago(moment: datetime) -> float:
    """Return how many seconds have passed since."""
    return max(0.0, (now() - moment).total_seconds())
