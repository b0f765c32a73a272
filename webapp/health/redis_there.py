"""Whether Redis answers, and what it says of itself."""

import threading
import time
from typing import Any, NamedTuple

import redis

from webapp.broker import NEW, quick_line
from webapp.extensions import settings
from webapp.jobs.kinds import Queue

LOOK_EVERY = 3.0  # seconds between two looks at Redis, whatever the number of pages


class Memory(NamedTuple):
    """What Redis uses of what it may use, in bytes; 0 when it may use what there is."""

    used: int
    most: int
    policy: str


class Redis:
    """Whether Redis answers, asked at most every few seconds by each process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.client: redis.Redis | None = None
        self.looked_at = 0.0
        self.there = True

    def answers(self) -> bool:
        """Say whether it answered lately."""
        with self.lock:
            if time.monotonic() - self.looked_at > LOOK_EVERY:
                self.there = self._ping()
                self.looked_at = time.monotonic()
            return self.there

    def lengths(self) -> dict[Queue, int] | None:
        """Return how many messages lie in the lists of each queue; None when it does not answer."""
        try:
            pipeline = self._connection().pipeline(transaction=False)
            for queue in Queue:
                pipeline.llen(queue.value)
                pipeline.llen(f"{queue.value}:{NEW}")
            found = pipeline.execute()
        except (redis.RedisError, OSError):
            return None
        return {queue: found[2 * at] + found[2 * at + 1] for at, queue in enumerate(Queue)}

    def memory(self) -> Memory | None:
        """Return what it uses; None when it does not answer, or does not let itself be asked."""
        try:
            said: dict[str, Any] = self._connection().info("memory")
        except (redis.RedisError, OSError):
            return None
        policy = str(said.get("maxmemory_policy", ""))
        return Memory(int(said["used_memory"]), int(said.get("maxmemory", 0)), policy)

    def _ping(self) -> bool:
        try:
            return bool(self._connection().ping())
        except (redis.RedisError, OSError):
            return False

    def _connection(self) -> redis.Redis:
        if self.client is None:
            self.client = redis.Redis(connection_pool=quick_line(settings().redis_url))
        return self.client


broker = Redis()
