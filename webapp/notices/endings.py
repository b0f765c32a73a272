"""Whoever asked for work hears how it ended, also when he looks at something else meanwhile."""

from sqlalchemy import select

from webapp.extensions import db
from webapp.jobs.history import JobEvent, What
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.running import Ended, when_ended
from webapp.notices import links
from webapp.notices.models import Level
from webapp.notices.telling import tell

#: What takes so long that people look away. That another kind went well is no news.
LONG = frozenset(
    {
        JobKind.AUDIENCE_READ,
        JobKind.CAMPAIGN_CHECK,
        JobKind.CAMPAIGN_SEND,
        JobKind.CAMPAIGN_RETRY,
        JobKind.TEMPLATES_FETCH,
        JobKind.DOCUMENT_READ,
        JobKind.DOCUMENTS_READ_AGAIN,
        JobKind.WEBSITE_CRAWL,
        JobKind.EXPORT_WRITE,
        JobKind.NOTICES_SEND,
        JobKind.REPORT_WRITE,
    }
)
WORDS = {
    JobState.SUCCESS: ("Done", Level.OK),
    JobState.FAILURE: ("Failed", Level.BAD),
    JobState.REVOKED: ("Stopped", Level.WARN),
}


def tell_who_asked(ended: Ended) -> None:
    """Give a notice to whoever asked for the job that has ended, if that is news to him."""
    if ended.asked_by_id is None or not _is_news(ended):
        return
    about = db.session.execute(
        select(Job.subject_type, Job.subject_id).where(Job.id == ended.id)
    ).one()
    word, level = WORDS[ended.state]
    name = links.name_of(*about)
    tell(
        ended.asked_by_id,
        f"{word}: {POLICIES[ended.kind].title}{f' · {name}' if name else ''}",
        ended.answer or " ".join(filter(None, (ended.error, ended.advice))),
        level=level,
        link=links.page_of(*about) or links.path_of("jobs.show", job_id=ended.id),
        # Run again, it ends again; and what ended by itself may be stopped before it begins again.
        key=f"job:{ended.id}:{ended.attempt}:{ended.state}",
    )


def tell_of(
    subject_type: str | None,
    subject_id: str | None,
    word: str,
    text: str,
    *,
    level: Level,
    key: str,
) -> None:
    """Tell whoever last asked for a job about a thing what became of the thing itself."""
    who = db.session.scalar(
        select(Job.asked_by_id)
        .where(
            Job.subject_type == subject_type,
            Job.subject_id == subject_id,
            Job.asked_by_id.is_not(None),
        )
        .order_by(Job.id.desc())
        .limit(1)
    )
    if who is not None:
        name = links.name_of(subject_type, subject_id) or f"{subject_type} {subject_id}"
        link = links.page_of(subject_type, subject_id)
        tell(who, f"{word}: {name}", text, level=level, link=link, key=key)


def _is_news(ended: Ended) -> bool:
    if ended.state == JobState.FAILURE:
        return True
    if ended.kind not in LONG:
        return False
    return ended.state == JobState.SUCCESS or _who_stopped(ended) != ended.asked_by_id


def _who_stopped(ended: Ended) -> int | None:
    """Return who asked the job to stop: to himself that is no news."""
    return db.session.scalar(
        select(JobEvent.user_id)
        .where(JobEvent.job_id == ended.id, JobEvent.what == What.CANCEL)
        .order_by(JobEvent.id.desc())
        .limit(1)
    )


when_ended.append(tell_who_asked)
links.register("job", "jobs.show", "job_id")
