"""A list whose reading was stopped or has failed, wherever it stood, is not waited for any more."""

from sqlalchemy import select

from webapp.campaigns.models import Source, SourceState
from webapp.extensions import db
from webapp.jobs.acting import things
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.running import Ended, when_ended
from webapp.states import move


def _learn_of_the_end(ended: Ended) -> None:
    """Remember it in the transaction that ends the job; what was read stays."""
    if ended.kind != JobKind.AUDIENCE_READ or ended.state == JobState.SUCCESS:
        return
    args = db.session.scalar(select(Job.args).where(Job.id == ended.id)) or {}
    source = db.session.get(Source, args.get("source_id", 0))
    reading = [SourceState.LOOKING, SourceState.READING]
    if source is not None and ended.state == JobState.FAILURE:
        advice = ended.advice or None
        move(source, SourceState.FAILED, expect=reading, error=ended.error, advice=advice)
    elif source is not None:
        move(source, SourceState.STOPPED, expect=reading)


def read_again(job: Job) -> None:
    """Say that a list is read, whose job was asked to run again: it goes on from where it stood."""
    source = db.session.get(Source, job.args.get("source_id", 0))
    if source is None:
        return
    before = SourceState.LOOKING if source.path and not source.mapping else SourceState.READING
    ended = [SourceState.FAILED, SourceState.STOPPED]
    move(source, before, expect=ended, error=None, advice=None)


when_ended.append(_learn_of_the_end)
things.register(JobKind.AUDIENCE_READ, waits=read_again, ended=_learn_of_the_end)
