"""The real lists in the real Valkey, worked off in the test's own process when it says so."""

import contextvars
import json
import os
import uuid
from typing import Any

import redis
from flask import Flask

from webapp.extensions import db
from webapp.jobs import sweeping
from webapp.jobs.kinds import Queue as Name

LISTS = tuple(name for queue in Name for name in (queue.value, f"{queue.value}:1"))


class Queue:
    """What the app has published and no worker has taken."""

    def __init__(self, app: Flask, url: str) -> None:
        self.app = app
        self.redis: redis.Redis[bytes] = redis.Redis.from_url(url)

    def names(self) -> list[str]:
        """Return the names of the waiting tasks, most urgent first, oldest first."""
        return [
            self._headers(raw)["task"]
            for name in LISTS
            for raw in reversed(self.redis.lrange(name, 0, -1))
        ]

    def run(self, limit: int = 1000) -> list[str]:
        """Run what waits, and what that asks for, by the real task bodies; return the names run."""
        ran = []
        while len(ran) < limit and (raw := self._take()) is not None:
            headers = self._headers(raw)
            ran.append(headers["task"])
            self._run(headers["task"], uuid.UUID(headers["id"]))
        return ran

    def sweep(self) -> int:
        """Sweep once, as each worker does every second."""
        return sweeping.sweep(self.redis)

    def _take(self) -> bytes | None:
        for name in LISTS:
            if (raw := self.redis.rpop(name)) is not None:
                return raw
        return None

    def _headers(self, raw: Any) -> dict[str, Any]:
        headers: dict[str, Any] = json.loads(raw)["headers"]
        return headers

    def _run(self, name: str, job_id: uuid.UUID) -> None:
        tasks = task_bodies(self.app)
        db.session.commit()

        def body() -> None:
            with self.app.app_context():
                tasks[name](job_id)

        contextvars.Context().run(body)
        db.session.expire_all()


def task_bodies(app: Flask) -> dict[str, Any]:
    """Return every task; the worker reads its settings from the environment when it is imported."""
    config = app.extensions["settings"]
    os.environ.setdefault("SECRET_KEY", config.secret_key)
    os.environ.setdefault("DATABASE_URL", "sqlite:////nowhere/never-opened.db")
    os.environ.setdefault("REDIS_URL", config.redis_url)
    import worker.tasks
    from worker import tasking

    assert worker.tasks
    return tasking.TASKS
