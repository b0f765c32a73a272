"""What is asked of the provider about templates."""

from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from webapp.message_templates import fetching
from worker.tasking import job_task


@job_task(JobKind.TEMPLATES_FETCH)
def fetch(run: Run) -> dict[str, str]:
    """Bring our WhatsApp templates in line with the provider's."""
    return {"answer": fetching.fetch(run)}
