"""How the small world ends: all is well from some moment on, so everything must come to its end."""

from tests.simulation.promises import ENDED
from tests.simulation.provider import PATIENCE, SLOWEST
from tests.simulation.world import CHANNELS, World
from webapp.extensions import db
from webapp.messages import batches, limiting, tallying
from webapp.messages.models import Batch


def end(world: World) -> None:
    """Let all be well from now on: everything must come to its end."""
    world.calm = True
    for channel in CHANNELS:
        limiting.set_per_minute(channel, 0)
        world.limits[channel] = 0
    for _ in range(40):
        heal(world)
        finish_what_waits(world)
        if all(state in ENDED for _id, state, _batch, _lane in world.rows()):
            break
        world.pass_time(60.0)
        if world.some("SELECT 1 FROM messages WHERE state = 'sending'"):
            world.do(world.sweep, world.workers[0])
    check_end(world)


def finish_what_waits(world: World) -> None:
    """Send what is due, and write down every answer."""
    if world.some("SELECT 1 FROM messages WHERE state = 'queued'"):
        world.do(world.claim, world.workers[0])
    for worker in list(world.workers):
        while worker.waiting:
            world.do(world.leave, worker)
    world.pass_time(PATIENCE + 2 * SLOWEST)
    for worker in [worker for worker in world.workers if worker.answered]:
        world.do(world.record, worker)


def heal(world: World) -> None:
    """Start and go on with whatever was stopped."""
    if world.some("SELECT 1 FROM channel_states WHERE stopped_at IS NOT NULL"):
        world.start(db.session.get_one(Batch, world.batches[0]))
    if not world.some(
        "SELECT 1 FROM batches WHERE held_at IS NOT NULL OR cancelled_at IS NOT NULL"
    ):
        return
    for batch_id in world.batches:
        batch = db.session.get_one(Batch, batch_id)
        if batch.cancelled_at is not None:
            batches.take_back_some(batch)
        else:
            world.go_on(batch)


def check_end(world: World) -> None:
    """Everything has come to its end, and is counted."""
    world.check_ended()
    world.pass_time(60.0)
    tallying.make_up()
    world.check_counts()
