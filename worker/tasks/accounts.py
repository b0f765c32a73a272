"""The tasks about accounts."""

from webapp.accounts import cleaning
from webapp.api import repeating
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from worker.tasking import job_task


@job_task(JobKind.SESSIONS_CLEAN)
def clean_sessions(run: Run) -> dict[str, int]:
    """Remove expired sessions and links, and answers to programs, a batch at a time."""
    removed = 0
    while batch := cleaning.remove_some() + repeating.forget_some():
        removed += batch
        run.step(done=removed, note=f"Removed {removed} so far.")
    return {"removed": removed}
