"""What happened to a job, in order: each attempt from its beginning to its end, and what people asked."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from webapp.jobs.history import What
from webapp.jobs.models import ENDINGS, JobState
from webapp.jobs.page.story import Event, Logged, Story
from webapp.jobs.spans import span

#: How an attempt ended, in a word, and its tone.
_ENDS = {
    What.RETRY: ("Did not work", "warn"),
    What.ERROR: ("Failed", "bad"),
    What.LOST: ("Broken off", "warn"),
    What.STOPPED: ("Stopped", "idle"),
}
_TONES = {JobState.SUCCESS: "ok", JobState.FAILURE: "bad", JobState.REVOKED: "idle"}
_ASKED = {
    What.CANCEL: "Asked to stop",
    What.AGAIN: "Asked to run again",
    What.TAKEN_BACK: "Taken back",
}


class Entry(NamedTuple):
    """One line of a job's history: an attempt, or something that was asked."""

    title: str
    word: str
    tone: str
    #: When it began and ended; for what took no time both are the same.
    began: datetime | None
    ended: datetime | None
    text: str = ""
    who: str | None = None
    reason: str | None = None
    #: The first and last attempt that it tells of; None for what is no attempt.
    attempts: tuple[int, int] | None = None
    lines: Sequence[Logged] = ()

    @property
    def at(self) -> datetime | None:
        """Where it stands among the others."""
        return self.began or self.ended

    @property
    def took(self) -> str | None:
        """How long it took, in words."""
        if self.attempts is None or self.began is None or self.ended is None:
            return None
        return span(self.ended - self.began) if self.ended >= self.began else None


def of(job: Any, story: Story) -> list[Entry]:
    """Return the history of a job, oldest first, each attempt with what was logged in it."""
    entries = [_asked_for(job, story.events), *_events(story.events), *_last(job, story.events)]
    return [_with_lines(entry, story.lines) for entry in entries]


def first_began(job: Any, entries: Sequence[Entry]) -> datetime | None:
    """Return when a worker first took the job; None while it has waited only."""
    began = (entry.began for entry in entries if entry.attempts and entry.began)
    return min(began, default=job.started_at)


def _asked_for(job: Any, events: Sequence[Event]) -> Entry:
    by = job.asked_by_name or ("the clock" if job.routine else None)
    if any(event.what == What.AGAIN for event in events):
        by = None  # the row names whoever asked last
    return Entry("Asked for", "", "idle", job.created_at, job.created_at, who=by)


def _events(events: Sequence[Event]) -> Iterator[Entry]:
    before = 0
    for event in events:
        if event.what not in _ENDS:
            title = _ASKED.get(event.what, event.text)
            text = event.text if event.text != title else ""
            yield Entry(
                title, "", "idle", event.at, event.at, text, event.who, event.reason
            )  # fmt: skip
            continue
        word, tone = _ENDS[event.what]
        attempts = (
            None if event.attempt is None else (min(before + 1, event.attempt), event.attempt)
        )
        before = event.attempt or before
        yield Entry(
            _called(attempts), word, tone, event.began_at, event.at, event.text, attempts=attempts
        )


def _last(job: Any, events: Sequence[Event]) -> Iterator[Entry]:
    """Tell of the attempt that no event tells of: the one at work, or the one by which it ended."""
    ended = [event.attempt for event in events if event.what in _ENDS and event.attempt]
    before = ended[-1] if ended else 0
    if job.attempt > before and job.state not in (JobState.RETRY, JobState.REVOKED):
        attempts = (before + 1, job.attempt)
        if job.state == JobState.SUCCESS:
            yield Entry(
                _called(attempts), "Done", "ok", job.started_at, job.finished_at, attempts=attempts
            )
        elif job.state == JobState.FAILURE:
            yield Entry(
                _called(attempts),
                "Failed",
                "bad",
                job.started_at,
                job.finished_at,
                job.error or "",
                attempts=attempts,
            )
        else:
            word = "At work" if job.state == JobState.PROGRESS else "Goes on"
            yield Entry(_called(attempts), word, "info", job.started_at, None, attempts=attempts)
    elif job.state == JobState.REVOKED and not (events and events[-1].what == What.STOPPED):
        yield Entry(ENDINGS[job.state], "", _TONES[job.state], job.finished_at, job.finished_at)


def _called(attempts: tuple[int, int] | None) -> str:
    if attempts is None:
        return "A try"
    first, last = attempts
    return f"Attempt {last}" if first == last else f"Turns {first:,} to {last:,}"


def _with_lines(entry: Entry, lines: Sequence[Logged]) -> Entry:
    if entry.attempts is None:
        return entry
    first, last = entry.attempts
    return entry._replace(lines=[line for line in lines if first <= line.attempt <= last])
