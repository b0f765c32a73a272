"""What jobs have logged, as a text that can be kept or sent to somebody."""

from sqlalchemy import select

from webapp.extensions import db
from webapp.jobs.history import JobLog
from webapp.jobs.models import Job

#: The last so many lines; a job that goes on for days may have said more.
MOST = 20_000


def as_text(job: Job) -> str:
    """Return the last lines that a job has logged, one line each, oldest first, in UTC."""
    newest = select(JobLog).where(JobLog.job_id == job.id).order_by(JobLog.id.desc()).limit(MOST)
    rows = db.session.scalars(newest).all()[::-1]
    head = f"{job.title}, job {job.id}"
    if len(rows) == MOST:
        head += f": its last {MOST:,} lines"
    return (
        "\n".join([head, "", *map(_line, rows)] if rows else [head, "", "Nothing was logged."])
        + "\n"
    )


def _line(row: JobLog) -> str:
    # A line break in what was logged must not look like another line of the log.
    text = row.text.replace("\r", "").replace("\n", "\n    ")
    return f"{row.at:%Y-%m-%d %H:%M:%S}Z  attempt {row.attempt}  {row.level:<8} {text}"
