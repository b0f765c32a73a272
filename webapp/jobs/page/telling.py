"""What a job does, in one sentence of the thing that it is about."""

from datetime import datetime
from typing import Any

from webapp.clock import now
from webapp.jobs.models import JobState
from webapp.jobs.spans import span
from webapp.jobs.wording import WORDS


def thing(job: Any) -> str | None:
    """Return how the thing is called that a job is about: its name, else its kind and number."""
    if job.about_name:
        return f"“{job.about_name}”"
    if job.subject_type:
        return f"{job.subject_type.replace('_', ' ')} {job.subject_id}"
    return None


def doing(job: Any) -> str:
    """Return what it does or did, such as “Reading “Price list.pdf””."""
    words = WORDS[job.kind]
    return words.doing.replace("{thing}", thing(job) or words.thing)


def sentence(job: Any, place: str | None = None) -> str:
    """Return what it is doing now, or how it ended. ``place`` is its place in line, where it waits.

    Ends without a full stop, unless what it is told ends with one.
    """
    if not job.finished and job.cancel_requested_at:
        return f"{doing(job)}: stopping as soon as the current step is finished"
    if job.state == JobState.SUCCESS:
        answer = (job.result or {}).get("answer") or job.note
        return f"Done: {answer}" if answer else f"{doing(job)}: done"
    if job.state == JobState.FAILURE:
        return f"Failed: {job.error or 'nobody knows why'}"
    if job.state == JobState.REVOKED:
        return f"{doing(job)}: stopped before it was finished"
    return f"{doing(job)}: {_so_far(job, place)}"


def _so_far(job: Any, place: str | None) -> str:
    if job.state == JobState.RETRY and job.failures:
        return f"try {job.failures} of {job.max_attempts} did not work"
    if job.state == JobState.RETRY:
        return "its worker stopped in the middle, and it goes on with another one"
    if job.state == JobState.PENDING:
        far = f"{_how_far(job)}; " if job.done and _how_far(job) else ""
        return f"{far}waiting for its turn{f', {place}' if place else ''}"
    return _how_far(job) or "at work"


def _how_far(job: Any) -> str:
    if job.note:
        return _small(job.note.rstrip("."))
    if job.total:
        return f"{job.done:,} of {job.total:,}"
    return f"{job.done:,} so far" if job.done else ""


def _small(words: str) -> str:
    """Begin with a small letter, unless the first word is an abbreviation or a name in capitals."""
    return words[0].lower() + words[1:] if words[1:2].islower() else words


def waited(job: Any, first_began: datetime | None) -> str | None:
    """Return how long it waited for its first turn; None while it has not been asked to wait."""
    if first_began is None and job.finished:
        return None
    due = max(job.created_at, job.run_at) if first_began is None else job.created_at
    end = first_began or now()
    return span(end - due) if end >= due else None


def ran(job: Any) -> str | None:
    """Return for how long it runs or ran, the last time; None when it never began."""
    if job.started_at is None or job.state == JobState.RETRY:
        return None
    if job.finished_at is None:
        return span(now() - job.started_at) if job.state == JobState.PROGRESS else None
    return span(job.finished_at - job.started_at) if job.finished_at >= job.started_at else None
