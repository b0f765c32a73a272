"""The tasks about how long data is kept."""

from typing import Any

from webapp import storage
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Impossible, NotNow, Run
from webapp.retention import cleaning, erasing
from webapp.retention.models import Erasure
from worker.tasking import MORE, job_task


@job_task(JobKind.RETENTION_CLEAN)
def clean(run: Run, days: int | None = None, **_so_far: Any) -> Any:
    """Remove what is older than its kind is kept, for a while."""
    answer = cleaning.cleanup_old_data(run, days)
    return MORE if answer is None else {"answer": answer}


@job_task(JobKind.CUSTOMER_ERASE)
def erase(run: Run, erasure_id: int) -> Any:
    """Erase a customer, for a while."""
    erasure = db.session.get(Erasure, erasure_id)
    if erasure is None:
        raise Impossible(
            "Nobody asks for this any more.", "Ask for it again on the customer's page."
        )
    try:
        answer = erasing.erase(run, erasure)
    except storage.Away as problem:
        raise NotNow(
            "The place for files did not answer.", "It is tried again by itself."
        ) from problem
    return MORE if answer is None else {"answer": answer}
