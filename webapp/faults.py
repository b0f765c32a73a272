"""Faults of ours are told to Sentry, where one is set up: without what is personal.

The library is imported only then. Our own code catches what goes wrong and logs it, so what is told is
each line of level error, with its traceback; besides, what ends a process or a thread.
"""

import re
from typing import TYPE_CHECKING, Any

from webapp import logs

if TYPE_CHECKING:
    from webapp.config import Config

#: Kept out of every text: addresses, telephone numbers, and the values that a statement was given.
SCRUBBED = (
    (re.compile(r"\[parameters: .*", re.DOTALL), "[parameters: left out]"),
    (re.compile(r"[^\s@<>\"'(),:;]+@[^\s@<>\"'(),:;]+\.[^\s@<>\"'(),:;]+"), "[address]"),
    (re.compile(r"(?<![\w-])\+?\d(?:[ ().-]?\d){7,14}(?![\w-])"), "[number]"),
)
#: What belongs to the request, not to the fault.
LEFT_OUT = ("request", "user", "breadcrumbs", "extra", "modules")
#: Ids by which the fault is found in the logs; and what was at work.
TAGS = ("request_id", "job_id", "kind", "attempt", "wake", "task")
LOUD = {"error", "critical"}


def start(config: "Config", process: str) -> None:
    """Tell Sentry of this process's faults from now on; nothing at all without a DSN."""
    signals = config.signals
    if signals.sentry_dsn is None:
        return
    import sentry_sdk

    # Not of this thread alone, as the other scopes are.
    sentry_sdk.get_global_scope().set_tag("process", process)
    if tell in logs.listeners:
        return
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration, ignore_logger
    from sentry_sdk.integrations.threading import ThreadingIntegration

    sentry_sdk.init(
        dsn=signals.sentry_dsn,
        release=signals.release,
        environment=signals.sentry_environment,
        default_integrations=False,
        integrations=[
            AtexitIntegration(callback=lambda _pending, _timeout: None),
            DedupeIntegration(),
            ExcepthookIntegration(),
            LoggingIntegration(level=None),
            ThreadingIntegration(propagate_hub=False),
        ],
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        traces_sample_rate=None,
        before_send=scrub,  # type: ignore[arg-type]  # an Event is a dict with names of Sentry's
    )
    for ours in ("webapp*", "worker*"):
        ignore_logger(ours)  # their lines come by way of the listener, which knows their form
    logs.listeners.append(tell)


def tell(line: dict[str, Any]) -> None:
    """Tell of one line of the log, when it is about a fault."""
    if line.get("level") not in LOUD:
        return
    import sentry_sdk

    with sentry_sdk.new_scope() as scope:
        for name in TAGS:
            if line.get(name) is not None:
                scope.set_tag(name, str(line[name]))
        scope.set_tag("logger", str(line.get("logger", "")))
        fault = line.get("exc_info")
        if fault:
            scope.set_tag("event", str(line.get("event", "")))
            sentry_sdk.capture_exception(None if fault is True else fault)
        else:
            words = str(line.get("event", ""))
            problem = line.get("problem")
            sentry_sdk.capture_message(f"{words}: {problem}" if problem else words, level="error")


def scrub(event: dict[str, Any], _hint: dict[str, Any]) -> dict[str, Any]:
    """Return an event without what could say whom it is about."""
    kept = {name: part for name, part in event.items() if name not in LEFT_OUT}
    tags = kept.pop("tags", {})
    return {**_clean(kept), "tags": tags}


def _clean(part: Any) -> Any:
    if isinstance(part, str):
        for pattern, word in SCRUBBED:
            part = pattern.sub(word, part)
        return part
    if isinstance(part, dict):
        return {name: _clean(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_clean(value) for value in part]
    return part
