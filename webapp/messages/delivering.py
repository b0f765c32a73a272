"""The sender: claims what is due, sends it side by side, writes down the answers as they come."""

import asyncio
import time

from webapp.extensions import db, settings
from webapp.jobs.kinds import Wake
from webapp.jobs.queue import wake
from webapp.messages import limiting, recovering, tallying
from webapp.messages.channels import Channel, OutcomeKind
from webapp.messages.channels.rehearsing import accounts as rehearsal_accounts
from webapp.messages.claiming import Claimed, claim, claim_of_batch
from webapp.messages.lines import Answers, Line
from webapp.messages.opened import Open, open_batches
from webapp.messages.putting_back import must_stop, put_back
from webapp.messages.recording import record_outcomes
from webapp.messages.senders import Sender, accounts_of_settings, sender
from webapp.messages.stopping import open_channels

#: A task ends after this long and asks to be woken again, so that nothing else waits for longer.
SLICE_SECONDS = 1.0
#: As many booking messages as there are connections: none is marked as leaving that has to wait.
FEW = 40
#: So often it looks whether a batch was held or cancelled, a channel stopped, a batch opened.
LOOK_SECONDS = 0.25
STOPS = (OutcomeKind.STOP_CAMPAIGN, OutcomeKind.STOP_CHANNEL, OutcomeKind.PERMANENT)
RECOVERY = recovering  # importing it has the sweep recover


class Slice:
    """One task's work: about a second of sending."""

    def __init__(self, sender: Sender, *, batches: bool) -> None:
        self.sender = sender
        self.batches = batches
        self.own = sender.lines_of(accounts_of_settings())
        self.answers = Answers()
        self.open: list[Open] = []
        self.touched: set[int] = set()
        self.lines: set[Line] = set(self.own.values())
        self.end = time.monotonic() + SLICE_SECONDS
        self.looked = 0.0
        self.helped = False
        self.ready: set[Channel] = set()
        #: What had nothing more that is due, until the next look.
        self.dry: set[tuple[int, Channel]] = set()
        self.full: set[Channel] = set()
        self.watched: set[Channel] = set()

    async def deliver(self) -> bool:
        while True:
            moment = time.monotonic()
            if moment >= self.looked + LOOK_SECONDS:
                self._look(moment)
            claimed = moment < self.end and self._claim(moment)
            if not self.answers.unanswered:
                if claimed:
                    continue
                if not await self._wait_for_room(moment):
                    break
                continue
            await self._write()
        if any(line.late for line in self.lines):
            self._look(time.monotonic())
        for channel in self.watched:
            limiting.leave(channel)
        more = time.monotonic() >= self.end
        tallying.tally_stale(of=self.touched, at_once=not more)
        return more

    def _claim(self, moment: float) -> bool:
        urgent = claim(FEW)
        for channel, line in self.own.items():
            line.put([row for row in urgent if row.channel == channel], self.answers, first=True)
        return self._claim_of_batches(moment) or bool(urgent)

    def _claim_of_batches(self, moment: float) -> bool:
        """Let each open batch have its turn in each of its lines."""
        got, self.full = False, set()
        for batch in list(self.open):
            for channel, line in self._lines_of(batch).items():
                if line.not_before > moment:
                    self.full.add(channel)
                elif (batch.id, channel) not in self.dry and (wanted := line.wants()):
                    got |= self._claim_for(batch, channel, line, wanted)
        self.open = self.open[1:] + self.open[:1]
        return got

    def _claim_for(self, batch: Open, channel: Channel, line: Line, wanted: int) -> bool:
        taken = claim_of_batch(batch, channel, wanted)
        line.put(taken.messages, self.answers)
        if taken.messages or taken.more:
            self.touched.add(batch.id)
            self.lines.add(line)
        if len(taken.messages) < wanted and not taken.full and not batch.quiet_from:
            self.dry.add((batch.id, channel))
        if taken.full:
            self.full.add(channel)
            line.not_before = time.monotonic() + max(limiting.step(), limiting.next_room(channel))
        if len(taken.messages) == wanted and not self.helped:
            self.helped = True  # there is enough for another process
            wake(Wake.SEND_BATCHES)
            db.session.commit()
        return taken.more

    def _lines_of(self, batch: Open) -> dict[Channel, Line]:
        if batch.rehearsal is None:
            return {channel: line for channel, line in self.own.items() if channel in self.ready}
        where = rehearsal_accounts(settings(), batch.rehearsal, run=str(batch.id))
        return self.sender.lines_of(where)

    async def _wait_for_room(self, moment: float) -> bool:
        """Wait a little where a limit leaves no room; False when there is nothing to wait for.

        One process waits for a channel; it looks after what is urgent meanwhile.
        """
        if moment >= self.end:
            return False
        self.watched |= {channel for channel in self.full if limiting.watch(channel)}
        if not self.full & self.watched:
            return False
        await asyncio.sleep(limiting.step())
        return True

    async def _write(self) -> None:
        results = await self.answers.some(LOOK_SECONDS)
        if results:
            record_outcomes(results)
            self.touched.update(
                result.message.batch_id for result in results if result.message.batch_id
            )
            if any(result.outcome.kind in STOPS for result in results):
                self.looked = 0.0
        moment = time.monotonic()
        for line in self.lines:
            line.measure(moment)

    def _look(self, moment: float) -> None:
        """See what has been stopped meanwhile: what has not left yet stays."""
        self.looked = moment
        self.dry.clear()
        self.ready = set(open_channels())
        self.open = self._in_turn() if self.batches else []
        waiting = [message for line in self.lines for _born, message in line.waiting]
        held = must_stop(waiting)
        back: list[Claimed] = []
        for line in self.lines:
            closed = set(Channel) - self.ready if line in self.own.values() else set()
            back += line.take_out(held, closed, self.answers)
        if back:
            put_back([(message.id, message.attempt) for message in back])
        tallying.tally_stale(of=self.touched)

    def _in_turn(self) -> list[Open]:
        """Return the open batches, beginning with another one than the last time."""
        found = list(open_batches())
        db.session.commit()
        last = self.open[-1].id if self.open else 0
        return [batch for batch in found if batch.id > last] + [
            batch for batch in found if batch.id <= last
        ]


def deliver() -> bool:
    """Send what is due of no batch. True when it should be woken again."""
    here = sender()
    return here.run(Slice(here, batches=False).deliver())


def send_batches() -> bool:
    """Send what is due, first what is of no batch. True when it should be woken again."""
    here = sender()
    return here.run(Slice(here, batches=True).deliver())
