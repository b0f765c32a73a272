"""A line: one carrier, what waits for it, and as many messages at a time as it has connections."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable

import structlog

from webapp.messages.channels import Carrier, Channel, Outcome, OutcomeKind, Parcel
from webapp.messages.claiming import Claimed
from webapp.messages.storing import Sent
from webapp.messages.suppressing import unsubscribe_url

log = structlog.get_logger(__name__)

#: So much of a second's speed is claimed at once, so that little has to go back when somebody stops.
AHEAD = 0.25
MOST = 500
#: What was claimed longer ago does not leave: its lease may be over, and somebody else's by now.
OLDEST = 20.0
#: Answers are gathered this long, or until there are so many, before they are written.
GATHER_SECONDS = 0.05
ENOUGH = 250


class Answers:
    """What has been answered and not been written yet, and how much is still awaited."""

    def __init__(self) -> None:
        self.came: list[Sent] = []
        self.unanswered = 0
        self._bell = asyncio.Event()

    def add(self, sent: Sent) -> None:
        """Keep an answer; ring when it is worth while to write, or when it is the last."""
        if not self.came:
            asyncio.get_running_loop().call_later(GATHER_SECONDS, self._bell.set)
        self.came.append(sent)
        self.unanswered -= 1
        if self.unanswered == 0 or len(self.came) >= ENOUGH:
            self._bell.set()

    async def some(self, seconds: float) -> list[Sent]:
        """Return the answers of a moment; none when none came within the seconds."""
        alarm = asyncio.get_running_loop().call_later(seconds, self._bell.set)
        await self._bell.wait()
        alarm.cancel()
        self._bell.clear()
        came, self.came = self.came, []
        return came


class Line:
    """Belongs to one event loop, and is kept from task to task."""

    def __init__(self, carrier: Carrier | None, width: int) -> None:
        self.carrier = carrier
        self.width = width
        self.waiting: deque[tuple[float, Claimed]] = deque()
        self.late: list[Claimed] = []
        self.tasks: set[asyncio.Task[None]] = set()  # the loop itself would let go of them
        #: No room under the limit before this moment, by ``time.monotonic``.
        self.not_before = 0.0
        self.speed = 0.0
        self._answered, self._since = 0, 0.0

    def put(self, messages: Iterable[Claimed], answers: Answers, *, first: bool = False) -> None:
        """Take messages, and send them as connections become free."""
        born = time.monotonic()
        entries = [(born, message) for message in messages]
        answers.unanswered += len(entries)
        if first:
            self.waiting.extendleft(reversed(entries))
        else:
            self.waiting.extend(entries)
        # One that has just ended takes no more; its callback would come a moment too late for us.
        self.tasks = {task for task in self.tasks if not task.done()}
        for _ in range(min(len(self.waiting), self.width - len(self.tasks))):
            self.tasks.add(asyncio.create_task(self._carry(answers)))

    def wants(self) -> int:
        """Return how many to claim now: a quarter of a second's worth, all at once when few wait."""
        most = min(max(self.width, int(self.speed * AHEAD)), MOST)
        missing = most - len(self.waiting)
        return missing if len(self.waiting) <= most // 4 else 0

    def measure(self, moment: float) -> None:
        """See how fast it is, now and then while it works."""
        if moment - self._since > 1.0:  # it has been idle
            self._answered, self._since = 0, moment
        elif moment - self._since >= 0.1:
            self.speed = self._answered / (moment - self._since)
            self._answered, self._since = 0, moment

    def take_out(
        self, batches: set[int], channels: set[Channel], answers: Answers
    ) -> list[Claimed]:
        """Take out what has not left and is to stay, and what has waited too long."""

        def stays(message: Claimed) -> bool:
            return message.batch_id in batches or message.channel in channels

        out = [message for _born, message in self.waiting if stays(message)]
        if out:
            self.waiting = deque(entry for entry in self.waiting if not stays(entry[1]))
            answers.unanswered -= len(out)
        out += self.late
        self.late = []
        return out

    async def _carry(self, answers: Answers) -> None:
        while self.waiting:
            born, message = self.waiting.popleft()
            if time.monotonic() - born > OLDEST:
                self.late.append(message)
                answers.unanswered -= 1
                continue
            outcome = await self._send(message)
            answers.add(Sent(message, outcome, time.monotonic()))
            self._answered += 1

    async def _send(self, message: Claimed) -> Outcome:
        if self.carrier is None:
            return Outcome(OutcomeKind.STOP_CHANNEL, code="not set up")
        try:
            return await self.carrier.send(parcel(message))
        except Exception as problem:  # a fault of ours, after which it may have left
            log.exception("a carrier failed", channel=message.channel.value)
            return Outcome(OutcomeKind.UNKNOWN, detail=repr(problem))


def parcel(message: Claimed) -> Parcel:
    """Wrap a message for its carrier."""
    return Parcel(
        ref=str(message.id),
        channel=message.channel,
        address=message.address,
        text=message.body,
        subject=message.title,
        html=message.html,
        template=message.template,
        attempt=message.attempt,
        category=message.category,
        # Also for a rehearsal, whose link says that it was one.
        unsubscribe_url=unsubscribe_url(message.id) if message.category == "campaign" else None,
    )
