"""Celery's line to Redis of whoever only publishes: one connection where kombu takes two."""

from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    """A channel without the second pool, which kombu keeps for consumers that wait for messages."""

    @property
    def async_pool(self) -> Any:
        """Return the one pool there is. A plan of a platform allows twenty connections in all."""
        return self.pool


class Transport(redis.Transport):
    """kombu's transport with channels that hold one connection."""

    Channel = Channel
