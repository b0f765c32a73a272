"""A list whose reading somebody stopped, wherever it stood, is not waited for any more."""

from sqlalchemy import select

from webapp.campaigns.models import Source, SourceState
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.running import Ended, when_ended
from webapp.states import move


def stop_list(ended: Ended) -> None:
    """Remember it in the transaction that ends the job; what was read stays."""
    if ended.kind != JobKind.AUDIENCE_READ or ended.state != JobState.REVOKED:
        return
    args = db.session.scalar(select(Job.args).where(Job.id == ended.id)) or {}
    source = db.session.get(Source, args.get("source_id", 0))
    if source is not None:
        move(source, SourceState.STOPPED, expect=[SourceState.LOOKING, SourceState.READING])


when_ended.append(stop_list)
