"""A worker without children, as a very small server has it."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import wait_for
from tests.services import NewDatabase
from tests.stack import Stack, release
from webapp.accounts.models import Role
from webapp.jobs.models import Job, JobState
from webapp.jobs.worker_models import Worker


@pytest.fixture
def small(new_database: NewDatabase, tmp_path: Path) -> Iterator[Stack]:
    """Return the product with a worker that is one process."""
    here = Stack(tmp_path, new_database("sqlite", release))
    here.worker.command += " --pool=solo"
    try:
        here.open()
        here.whole()
        yield here
    finally:
        here.close()


def test_it_does_its_jobs_and_ends_when_it_is_told(small: Stack) -> None:
    answer = small.browser(Role.OPERATOR).press("/jobs/test")
    job_id = uuid.UUID(answer.headers["Location"].rpartition("/")[2])

    def state() -> Any:
        return small.look(lambda s: s.get_one(Job, job_id).state)

    wait_for(lambda: state() == JobState.SUCCESS)
    assert small.worker.children() == []
    small.worker.stop(group=True)
    assert small.look(lambda s: s.query(Worker).count()) == 0
