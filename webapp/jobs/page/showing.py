"""Everything that the page of a job shows, found by as few statements as that takes."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from webapp.jobs.acting import changing, things
from webapp.jobs.acting.things import Mend
from webapp.jobs.models import JobState
from webapp.jobs.page import details, line, standing, story, telling, timeline, together, usual
from webapp.jobs.page.details import Change, Detail
from webapp.jobs.page.glancing import Glimpse, glimpse
from webapp.jobs.page.line import Place
from webapp.jobs.page.standing import Standing
from webapp.jobs.page.story import Story
from webapp.jobs.page.timeline import Entry
from webapp.jobs.page.together import Parts
from webapp.jobs.wording import WORDS, Words


class Shown(NamedTuple):
    """A job, and what is told of it."""

    job: Glimpse
    words: Words
    doing: str
    sentence: str
    thing: str | None
    standing: Standing
    place: Place | None
    story: Story
    entries: list[Entry]
    waited: str | None
    ran: str | None
    args: list[Detail]
    result: list[Detail]
    #: What is different from the job that this one does again.
    changes: list[Change]

    @property
    def until(self) -> datetime | None:
        """Until when the page may be believed, if nothing happens to the row."""
        return self.standing.until

    @property
    def mend(self) -> Mend | None:
        """Where what made it fail can be mended."""
        return things.mend(self.job)

    @property
    def can_be_changed(self) -> bool:
        """Whether it can be tried again with other values."""
        return changing.can_change(self.job)

    @property
    def can_be_taken_back(self) -> bool:
        """Whether what somebody last asked of it can be undone: nothing has begun since."""
        return self.job.undoable


def show(job_id: UUID) -> Shown | None:
    """Return what the page of a job shows; None when there is no such job."""
    job = glimpse(job_id)
    if job is None:
        return None
    usually = usual.parts(job.kind) if job.state == JobState.PROGRESS else Parts()
    found = together.ask(story.parts(job), line.parts(job), usually)
    if usually.selects:
        usual.learn(job.kind, found)
    told = story.of(job, found)
    entries, place = timeline.of(job, told), line.place(job, found)
    answer = {name: value for name, value in (job.result or {}).items() if name != "answer"}
    return Shown(
        job=job,
        words=WORDS[job.kind],
        doing=telling.doing(job),
        sentence=telling.sentence(job, place.words if place else None),
        thing=telling.thing(job),
        standing=standing.of(job, job.hosts),
        place=place,
        story=told,
        entries=entries,
        waited=telling.waited(job, timeline.first_began(job, entries)),
        ran=telling.ran(job),
        args=details.readable(job, job.args),
        result=details.readable(job, answer),
        changes=details.changes(told.follows.args, job.args) if told.follows else [],
    )
