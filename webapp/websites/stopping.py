"""A website whose reading somebody stopped, wherever it stood, is not waited for any more."""

from sqlalchemy import func, select

from webapp.extensions import db
from webapp.jobs.acting import things
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.running import Ended, when_ended
from webapp.knowledge.models import Source, SourceState
from webapp.states import move
from webapp.websites import ending
from webapp.websites.frontier import READ
from webapp.websites.models import WebPage, Website


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


def wait_again(job: Job) -> None:
    """Say that a website waits whose job was asked to run again.

    A crawl that was stopped in the middle stays "stopped" until its job begins: that is how it
    knows that it goes on.
    """
    website = db.session.get(Website, job.args.get("source_id", 0))
    if website is None:
        return
    website.next_at = None
    if not _stopped_in_the_middle(website):
        ended = [SourceState.FAILED, SourceState.STOPPED]
        move(website.source, SourceState.WAITING, expect=ended, error=None, advice=None)


def go_on(job: Job) -> None:
    """Say that a website is read, or waits, as before its job was asked to stop."""
    wait_again(job)
    website = db.session.get(Website, job.args.get("source_id", 0))
    if website is not None and _stopped_in_the_middle(website):
        move(website.source, SourceState.READING, expect=[SourceState.STOPPED])


def _stopped_in_the_middle(website: Website) -> bool:
    begun = website.crawl > 0 and website.ended_because is None
    return begun and website.source.state == SourceState.STOPPED


def left_by_stop(job: Job) -> str:
    """Say what a stop leaves behind."""
    website = db.session.get(Website, job.args.get("source_id", 0))
    if website is None:
        return ""
    read = select(func.count()).where(
        WebPage.source_id == website.source_id,
        WebPage.crawl == website.crawl,
        WebPage.state.in_(READ),
    )
    pages = db.session.scalar(read) or 0
    told = "1 page was read and stays" if pages == 1 else f"{pages:,} pages were read and stay"
    return f"{told}. The others are left as they are until somebody has the website read again."


when_ended.append(stop_website)
things.register(
    JobKind.WEBSITE_CRAWL,
    waits=wait_again,
    goes_on=go_on,
    ended=stop_website,
    left_by_stop=left_by_stop,
)
