"""A line carries what it is given, as many at a time as it has connections."""

import asyncio
import uuid
from types import SimpleNamespace

from webapp.messages.channels import Channel, Outcome, OutcomeKind
from webapp.messages.lines import Answers, Line


class Slow:
    """A carrier that answers everybody at the same moment."""

    def __init__(self):
        self.gate = asyncio.Event()

    async def send(self, parcel):
        await self.gate.wait()
        return Outcome(OutcomeKind.ACCEPTED, parcel.ref)


def a_message():
    return SimpleNamespace(
        id=uuid.uuid4(), channel=Channel.EMAIL, address="meera@example.org", body="Hello",
        title=None, html=None, template=None, attempt=1, category="transactional", batch_id=None,
    )  # fmt: skip


def test_what_comes_in_the_moment_in_which_all_connections_become_free_is_carried_too():
    async def work():
        carrier, answers = Slow(), Answers()
        line = Line(carrier, 2)
        line.put([a_message(), a_message()], answers)
        await asyncio.sleep(0)  # both are being handed over
        carrier.gate.set()
        await asyncio.sleep(0)  # both have been answered, and the loop has not tidied up yet
        line.put([a_message()], answers)
        came = []
        while answers.unanswered or len(came) < 3:
            came += await answers.some(0.1)
        return len(came)

    assert asyncio.run(asyncio.wait_for(work(), timeout=60)) == 3
