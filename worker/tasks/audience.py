"""The recipients of a campaign, read and taken out again."""

from typing import Any

from webapp.campaigns.audience import adding, reading
from webapp.campaigns.models import Source
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from worker.tasking import MORE, job_task


@job_task(JobKind.AUDIENCE_READ)
def read(run: Run, source_id: int) -> Any:
    """Look how a file is written, or read a list, for a while."""
    source = db.session.get(Source, source_id)
    if source is None:
        return {"answer": "The list has been removed."}
    answer = reading.go_on(run, source)
    return MORE if answer is None else {"answer": answer}


@job_task(JobKind.AUDIENCE_REMOVE)
def remove(run: Run, source_id: int) -> dict[str, str]:
    """Take out a list and whom it brought."""
    source = db.session.get(Source, source_id)
    if source is not None:
        adding.take_out(run, source)
    return {"answer": "The list and whom it brought are taken out."}
