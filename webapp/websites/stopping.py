"""A website whose reading somebody stopped, wherever it stood, is not waited for any more."""

from sqlalchemy import select

from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.running import Ended, when_ended
from webapp.knowledge.models import Source
from webapp.websites import ending


def stop_website(ended: Ended) -> None:
    """Remember it in the transaction that ends the job; what was read stays.

    So too when the sweep ends a job whose workers died again and again.
    """
    if ended.kind != JobKind.WEBSITE_CRAWL or ended.state == JobState.SUCCESS:
        return
    args = db.session.scalar(select(Job.args).where(Job.id == ended.id)) or {}
    source = db.session.get(Source, args.get("source_id", 0))
    if source is None:
        return
    if ended.state == JobState.REVOKED:
        ending.stop(source)
    else:
        ending.fail(source, ended.error, ended.advice or None)


when_ended.append(stop_website)
