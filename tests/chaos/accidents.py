"""What can happen to a house at any instant, and what its platform does about it."""

import random
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import psutil

from tests.stack import Part, Stack

Accident = Callable[[Stack, random.Random], None]


def kill_a_worker_child(stack: Stack, chance: random.Random) -> None:
    """Celery replaces it, or gives itself up when that one was just being started."""
    children = stack.worker.children()
    if children:
        with suppress(psutil.NoSuchProcess):
            chance.choice(children).kill()


def kill_the_worker(stack: Stack, chance: random.Random) -> None:
    stack.worker.kill()
    _pause(chance)
    stack.worker.start()


def kill_the_workers_main_process(stack: Stack, chance: random.Random) -> None:
    """Its children notice by themselves; the next life begins beside what is left of the last."""
    stack.worker.kill_main()
    _pause(chance)
    stack.worker.start()


def deploy_the_worker(stack: Stack, chance: random.Random) -> None:
    stack.worker.stop(group=True)
    stack.worker.start()


def kill_the_web(stack: Stack, chance: random.Random) -> None:
    stack.web.kill()
    _pause(chance)
    stack.web.start()


def kill_a_web_child(stack: Stack, chance: random.Random) -> None:
    children = stack.web.children()
    if children:
        with suppress(psutil.NoSuchProcess):
            chance.choice(children).kill()


def kill_beat(stack: Stack, chance: random.Random) -> None:
    stack.beat.kill()
    _pause(chance)
    stack.beat.start()


def flush_redis(stack: Stack, chance: random.Random) -> None:
    stack.valkey.command("FLUSHALL")


def lose_redis(stack: Stack, chance: random.Random) -> None:
    """It is killed, its file is lost with its disk, and an empty one takes its place."""
    stack.valkey.kill()
    shutil.rmtree(stack.valkey.folder / "appendonlydir", ignore_errors=True)
    _pause(chance, longest=2.0)
    stack.valkey.start()


EVERY: tuple[Accident, ...] = (
    kill_a_worker_child,
    kill_a_worker_child,
    kill_the_worker,
    kill_the_workers_main_process,
    deploy_the_worker,
    kill_the_web,
    kill_a_web_child,
    kill_beat,
    flush_redis,
    lose_redis,
)


def plan(chance: random.Random, *, rounds: int) -> list[tuple[float, Accident]]:
    """Return accidents in a random order, each with the share of the work after which it happens."""
    accidents = list(EVERY) * rounds
    chance.shuffle(accidents)
    moments = sorted(chance.uniform(0.02, 0.9) for _ in accidents)
    return list(zip(moments, accidents, strict=True))


def keep_alive(parts: Iterable[Part]) -> None:
    """Start what has ended by itself, as every platform does."""
    for part in parts:
        if not part.running:
            part.start()


def _pause(chance: random.Random, longest: float = 1.0) -> None:
    time.sleep(chance.uniform(0, longest))
