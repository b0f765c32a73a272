"""What the side that publishes and the side that works must agree on."""

from functools import cache
from typing import Any

import redis

AGAIN, NEW = 0, 1
"""The two lists of a queue, as Celery's priorities: what was tried before is taken first."""


def settings(redis_url: str) -> dict[str, Any]:
    """Return Celery's settings for publishing.

    Each queue is two lists: AGAIN has the queue's plain name, NEW the name with ":1".
    """
    return {
        "broker_url": redis_url,
        "broker_transport": "webapp.publishing:Transport",
        "broker_transport_options": {
            "priority_steps": [AGAIN, NEW],
            "sep": ":",
            "queue_order_strategy": "priority",
            # A duplicate is refused by the claim, so this only bounds how long a dead worker's
            # message lies about; the sweep does not wait for it.
            "visibility_timeout": 3600,
            # A click must not wait for a Redis that is away: by default kombu tries for six seconds.
            "max_retries": 0,
            "socket_connect_timeout": 1,
            "socket_timeout": 5,
            "socket_keepalive": True,
        },
        "broker_connection_retry": False,
        "broker_pool_limit": 1,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_publish_retry": False,
    }


@cache
def quick_line(redis_url: str) -> redis.BlockingConnectionPool:
    """Return this process's one connection for short questions: limits, and whether Redis is there.

    Whoever finds it in use waits for it. After half a second without an answer it is given up.
    """
    return redis.BlockingConnectionPool.from_url(
        redis_url, max_connections=1, timeout=1, socket_connect_timeout=0.5, socket_timeout=0.5
    )
