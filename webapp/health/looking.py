"""One look at everything that an alert is about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from webapp.clock import now
from webapp.extensions import settings
from webapp.health import measuring, neighbours, sending
from webapp.health.measuring import Depth
from webapp.health.redis_there import broker
from webapp.health.sending import Silence
from webapp.health.shares import Share, shares
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.worker_models import Worker
from webapp.messages import stopping
from webapp.messages.channels import Channel
from webapp.schedules import beat_seen_at

#: A worker that vanished is told of for so long; after that it is history.
VANISHED_LATELY = timedelta(minutes=15)
VANISHED_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How everything was at one moment."""

    moment: datetime
    most_waiting: int = 1_000
    redis: bool = True
    workers: int = 1
    #: The machines of workers that vanished lately.
    vanished: Sequence[str] = ()
    depths: dict[Queue, Depth] = field(default_factory=dict)
    #: Since when each paused queue is.
    paused: dict[Queue, datetime] = field(default_factory=dict)
    beat_at: datetime | None = None
    missed: Sequence[str] = ()
    stalled: int = 0
    shares: Sequence[Share] = ()
    stuck: Sequence[Channel] = ()
    stopped: Sequence[tuple[Channel, str]] = ()
    silent: Sequence[Silence] = ()

    @property
    def waiting(self) -> int:
        """How many jobs are due and wait, in queues that nobody has paused."""
        return sum(
            depth.waiting for queue, depth in self.depths.items() if queue not in self.paused
        )

    @property
    def lost(self) -> dict[JobKind, int]:
        """How many jobs lately lost their worker, by kind."""
        return {share.kind: share.lost for share in self.shares if share.lost}


def look() -> Look:
    """Look at everything, in about a dozen statements."""
    moment, there = now(), measuring.staff()
    paused = neighbours.paused()
    return Look(
        moment=moment,
        most_waiting=settings().signals.alert_waiting,
        redis=broker.answers(),
        workers=len(there.alive),
        vanished=[
            worker.name.partition("/")[0] for worker in there.silent if _vanished(worker, moment)
        ],
        depths=measuring.depths(),
        paused=paused,
        beat_at=beat_seen_at(),
        missed=neighbours.missed(),
        stalled=neighbours.stalled(),
        shares=shares(),
        stuck=() if Queue.MESSAGES in paused else sending.stuck_channels(),
        stopped=[(row.channel, row.reason or "") for row in stopping.stopped()],
        silent=sending.silent_providers(),
    )


def _vanished(worker: Worker, moment: datetime) -> bool:
    return moment - VANISHED_LATELY < worker.seen_at < moment - VANISHED_AFTER
