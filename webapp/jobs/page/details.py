"""What a job works on and what came of it, as a person can read it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

#: How arguments and results are called. What is not named here is called by its own name, in words.
LABELS = {
    "answer": "Answer",
    "announcement_id": "Announcement",
    "asked": "Asked for",
    "batch_id": "Batch of messages",
    "booking_id": "Booking",
    "campaign_id": "Campaign",
    "code": "Code of the provider",
    "customer_id": "Customer",
    "done": "Done",
    "expired": "Holds that ran out",
    "export_id": "File",
    "failed": "Failed",
    "filter": "Which",
    "kind": "Kind",
    "question_id": "Question",
    "reason": "Reason",
    "removed": "Removed",
    "report_id": "Report",
    "skipped": "Left out",
    "source_id": "Source",
    "starts_at": "Starts",
    "state": "State",
    "what": "What is told",
    "which": "Which",
}
#: The things that arguments name, by the type by which their pages are found.
THINGS = {
    "announcement_id": "announcement",
    "booking_id": "booking",
    "campaign_id": "campaign",
    "customer_id": "customer",
    "export_id": "export",
    "question_id": "question",
}


class Detail(NamedTuple):
    """One argument, or one part of a result."""

    label: str
    text: str
    #: The moment that it is, where it is one.
    moment: datetime | None = None
    #: The type and id of the thing that it names, where it names one.
    thing: tuple[str, str] | None = None


class Change(NamedTuple):
    """An argument of two jobs that differs: None where a job has it not."""

    label: str
    old: str | None
    new: str | None


def readable(job: Any, values: Mapping[str, Any] | None) -> list[Detail]:
    """Return arguments or a result as rows of a table, by their labels: PostgreSQL keeps no order."""
    return [
        _detail(job, name, value) for name, value in sorted((values or {}).items(), key=_by_label)
    ]


def raw(values: Mapping[str, Any] | None) -> str:
    """Return the same as it is stored."""
    return json.dumps(values, indent=2, ensure_ascii=False, sort_keys=True)


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what differs between the arguments of two jobs."""
    return [
        Change(label(name), *(words(args[name]) if name in args else None for args in (old, new)))
        for name in sorted({*old, *new}, key=label)
        if name not in old or name not in new or old[name] != new[name]
    ]


def label(name: str) -> str:
    """Return how an argument is called."""
    return LABELS.get(name) or name.removesuffix("_id").replace("_", " ").capitalize()


def _by_label(pair: tuple[str, Any]) -> str:
    return label(pair[0])


def words(value: Any) -> str:
    """Return a value as it is read; a list by its members, and what is nested as it is stored."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ", ".join(map(str, value)) or "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _detail(job: Any, name: str, value: Any) -> Detail:
    text = str(value) if name.endswith("_id") else words(value)
    if isinstance(value, str) and name.endswith("_at"):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return Detail(label(name), text)
        return Detail(label(name), text, moment if moment.tzinfo else None)
    if name.endswith("_id") and str(value) == job.subject_id:
        return Detail(label(name), text, thing=(job.subject_type, job.subject_id))
    return Detail(label(name), text, thing=(THINGS[name], str(value)) if name in THINGS else None)
