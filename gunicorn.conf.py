"""How the web process serves, from HOST, PORT, WEB_CONCURRENCY and WEB_THREADS."""

import gc
import os
from pathlib import Path
from typing import Any

# A platform says PORT and means every address; anybody else is alone on this machine until HOST
# says otherwise.
host = os.environ.get("HOST") or ("0.0.0.0" if "PORT" in os.environ else "127.0.0.1")  # noqa: S104 - only where a platform says PORT
bind = [f"{host}:{os.environ.get('PORT', '5000')}"]

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))

# The application is loaded once and shared by the children: half the memory. Hence it must open no
# connection and start no thread while it is made.
preload_app = True

#: Characters of an address: a hundred ticked rows are 3,700. The most that gunicorn allows.
limit_request_line = 8190

graceful_timeout = 20  # platforms kill after 30 s
max_requests = 5000  # a slow leak never becomes a night call
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeats must not wait for a disk
control_socket_disable = (
    True  # it would be opened in the home folder, one for all applications of a user
)


def when_ready(server: Any) -> None:
    """Keep the collector's hands off what the children share, or each would get a copy of it."""
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    """Forget the parent's database connections: shared ones would mix up their answers."""
    app = server.app.wsgi()
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose(close=False)


def post_worker_init(worker: Any) -> None:
    """Let each web process look now and then whether all is well; one of them all does at a time."""
    from webapp.health import watching

    watching.start(worker.app.wsgi())
