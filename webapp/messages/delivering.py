"""The sender: claims what is due, sends it side by side, writes down the answers as they come."""

import asyncio
import contextvars
import time
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import structlog

from webapp.extensions import settings
from webapp.messages.channels import (
    Accounts,
    Carrier,
    Channel,
    Outcome,
    OutcomeKind,
    Parcel,
    open_carriers,
)
from webapp.messages.claiming import Claimed, claim
from webapp.messages.models import Urgency
from webapp.messages.recording import Sent, record_outcomes

log = structlog.get_logger(__name__)
T = TypeVar("T")

#: A task ends after this long and asks to be woken again, so that a deploy never waits for it.
SLICE_SECONDS = 5.0
#: As many booking messages as there are connections: none is marked as leaving that has to wait.
FEW = 40
#: A campaign is claimed in large batches, which is what makes it fast.
MANY = 400
#: Answers are gathered this long before they are written.
GATHER_SECONDS = 0.02


class Sender:
    """One process's connections to the providers, kept from task to task, and its event loop."""

    def __init__(self, accounts: Accounts) -> None:
        self.runner = asyncio.Runner()
        self.carriers: dict[Channel, Carrier] = open_carriers(accounts)
        # As many at once as there are connections: hundreds that wait inside the client cost more.
        http, smtp = accounts.patience.http_connections, accounts.patience.smtp_connections
        self.gates = {
            channel: asyncio.Semaphore(smtp if channel == Channel.EMAIL else http)
            for channel in Channel
        }

    def deliver(self) -> bool:
        """Send what is due for at most a slice. True when there may be more."""
        return self.run(self._deliver())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it on this process's loop, with the database session of this very task."""
        # Left to itself, the runner would keep the context of the first task, and its session.
        return self.runner.run(work, context=contextvars.copy_context())

    async def _deliver(self) -> bool:
        answers: asyncio.Queue[Sent] = asyncio.Queue()
        end = time.monotonic() + SLICE_SECONDS
        tasks: set[asyncio.Task[None]] = set()  # the loop itself would let go of them
        # Counted by answers and not by tasks: a task that has answered may not have ended yet, and
        # waiting for its next answer would be waiting for ever.
        unanswered, more = 0, True
        while more or unanswered:
            more = more and time.monotonic() < end
            if more and unanswered < FEW:
                claimed = claim_next(unanswered)
                more = bool(claimed)
                unanswered += len(claimed)
                for message in claimed:
                    task = asyncio.create_task(self._send(message, answers))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
            if unanswered:
                unanswered -= await self._write(answers)
                more = True  # a lane may have become free
        return time.monotonic() >= end

    async def _write(self, answers: "asyncio.Queue[Sent]") -> int:
        """Write what has been answered, and return how many answers that were."""
        results = [await answers.get()]
        await asyncio.sleep(GATHER_SECONDS)
        while not answers.empty():
            results.append(answers.get_nowait())
        record_outcomes(results)
        return len(results)

    async def _send(self, message: Claimed, answers: "asyncio.Queue[Sent]") -> None:
        carrier = self.carriers.get(message.channel)
        if carrier is None:
            outcome = Outcome(OutcomeKind.STOP_CHANNEL, code="not set up")
        else:
            async with self.gates[message.channel]:
                outcome = await carrier.send(parcel(message))
        answers.put_nowait(Sent(message, outcome))

    async def _close(self) -> None:
        for carrier in self.carriers.values():
            await carrier.aclose()

    def close(self) -> None:
        """Close the connections and the loop."""
        self.run(self._close())
        self.runner.close()


def claim_next(under_way: int) -> Sequence[Claimed]:
    """Claim the next batch: what a person waits for first, and in small batches."""
    urgent = claim(FEW - under_way, up_to_urgency=Urgency.CONVERSATION)
    return urgent or claim(MANY, up_to_urgency=Urgency.CAMPAIGN)


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
    )


_senders: dict[Accounts, Sender] = {}


def deliver() -> bool:
    """Send what is due, over this process's kept connections. True when it should be woken again."""
    return sender().deliver()


def sender() -> Sender:
    """Return this process's connections to the providers."""
    accounts = accounts_of_settings()
    if accounts not in _senders:
        _senders[accounts] = Sender(accounts)
    return _senders[accounts]


def hang_up() -> None:
    """Close this process's connections, before it ends."""
    while _senders:
        _senders.popitem()[1].close()


def accounts_of_settings() -> Accounts:
    """Return the providers' accounts of this installation."""
    config = settings()
    return Accounts(whatsapp=config.whatsapp, twilio=config.twilio, mail=config.mail)
