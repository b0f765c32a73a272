"""The task that adds up what was done."""

from typing import Any

from webapp.bookings.finding import house_zone
from webapp.charts import adding_up
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from worker.tasking import MORE, job_task


@job_task(JobKind.HISTORY_WRITE)
def roll_up(run: Run) -> Any:
    """Add up what has ended since the last time, by the clock of the house."""
    answer = adding_up.go_on(run, house_zone())
    return MORE if answer is None else {"answer": answer}
