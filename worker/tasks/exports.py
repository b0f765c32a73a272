"""The tasks about files that people ask for."""

from webapp import storage
from webapp.exports import cleaning, writing
from webapp.exports.models import Export
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Impossible, NotNow, Run
from worker.tasking import job_task


@job_task(JobKind.EXPORT_WRITE)
def write(run: Run, export_id: int) -> dict[str, str]:
    """Write the file."""
    export = db.session.get(Export, export_id)
    if export is None:
        raise Impossible("The file was asked for too long ago.", "Ask for it again on its page.")
    try:
        return {"answer": writing.write(run, export)}
    except storage.Away as problem:
        raise NotNow(
            "The place for files did not answer.", "It is tried again by itself."
        ) from problem


@job_task(JobKind.EXPORTS_CLEAN)
def clean(run: Run) -> dict[str, int]:
    """Remove files that have been kept long enough, some at a time."""
    removed = 0
    while batch := cleaning.remove_some():
        removed += batch
        run.step(done=removed, note=f"Removed {removed} so far.")
    return {"removed": removed}
