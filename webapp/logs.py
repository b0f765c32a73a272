"""Logs: one line an event, each with the request or the job that it belongs to."""

import logging
import re
import sys
import uuid
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
#: Each says in two lines what one of ours says, for every task or migration.
CHATTY = (
    "celery.worker.strategy",
    "celery.app.trace",
    "celery.beat",
    "alembic.runtime.plugins",
)
SHARED = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


#: Who else hears each of our own lines, as a dictionary.
listeners: list[Callable[[dict[str, Any]], None]] = []


def _pass_on(_logger: Any, _method: str, line: Any) -> Any:
    for hear in listeners:
        hear(dict(line))
    return line


def set_up(*, form: str, level: str) -> None:
    """Send every log line, ours and the libraries', to standard output in one form."""
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
        if form == "console"
        else structlog.processors.JSONRenderer()
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*SHARED, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for library in CHATTY:
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            *SHARED,
            _pass_on,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def begin(**context: Any) -> None:
    """Forget what the last request or job bound and bind this one's context to every line."""
    clear_contextvars()
    bind_contextvars(**{name: value for name, value in context.items() if value is not None})


def request_id() -> str | None:
    """Return the id of the request that this work began with, if it began with one."""
    found: MutableMapping[str, Any] = get_contextvars()
    return found.get("request_id")


def new_request_id(offered: str | None) -> str:
    """Take over the id that a proxy offers when it is a sane one, else make one."""
    if offered and REQUEST_ID.fullmatch(offered):
        return offered
    return uuid.uuid4().hex
