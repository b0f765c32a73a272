"""The tasks about the place for files as such."""

from webapp import storage
from webapp.campaigns.models import Source as AudienceSource
from webapp.documents.models import Document
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import NotNow, Run
from webapp.storage.leftovers import remove_unknown
from worker.tasking import job_task

FOLDERS = {"documents": Document.path, "audience": AudienceSource.path}


@job_task(JobKind.FILES_CLEAN)
def clean(run: Run) -> dict[str, int]:
    """Remove what uploads have left that a dead process did not bring to their end."""
    try:
        removed = storage.tidy()
        for folder, column in FOLDERS.items():
            for count in remove_unknown(folder, column):
                removed += count
                run.step(done=removed, note=f"Removed {removed} so far.")
    except storage.Away as problem:
        raise NotNow(
            "The place for files did not answer.", "It is tried again by itself."
        ) from problem
    return {"removed": removed}
