"""Celery's line to Redis, which can be hung up also when nobody is at the other end."""

from kombu.transport import redis

from worker import wishes

LOSSES = (*redis.Transport.connection_errors, *redis.Transport.channel_errors)


class QoS(redis.QoS):
    """Celery's count of what may be taken, which is none while this worker rests."""

    def can_consume(self) -> bool:
        """Say whether to ask Redis for more. What it was asked for already is still listened to."""
        asked = self.channel._in_poll  # type: ignore[attr-defined]  # of kombu's Redis channel alone
        return bool(super().can_consume() and (asked or not wishes.here.resting))


class Channel(redis.Channel):
    """A channel that closes whatever has become of Redis.

    kombu's first waits for the answer to its last BRPOP, and stays open when there is none. Celery
    hangs up twice, with ``collect()`` and ``close()``; the second time the transport is gone, and
    to give back what a job still holds is an AttributeError, for which the worker ends.
    """

    QoS = QoS

    def close(self) -> None:
        """Close, and when that failed do it again: by then no answer is waited for."""
        try:
            super().close()
        except LOSSES:
            if self.closed:
                raise
            super().close()


class Transport(redis.Transport):
    """kombu's transport with channels that close."""

    Channel = Channel
