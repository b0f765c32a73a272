"""The tasks about reports."""

from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from webapp.reports import customers as customers  # a file on one customer is written by an export
from webapp.reports import writing
from worker.tasking import job_task


@job_task(JobKind.REPORT_WRITE)
def write(run: Run, period: str = "30d", report_id: int | None = None) -> dict[str, str]:
    """Write the report."""
    return {"answer": writing.write(run, period, report_id)}
