"""What is asked for by name on one side exists on the other."""

from flask import Flask

from devtools import procfile
from devtools.places import ROOT
from tests.queues import task_bodies
from webapp.jobs.kinds import POLICIES, WAKE_QUEUES, JobKind, Queue, Wake


def celery_app(app: Flask):
    task_bodies(app)
    from worker.app import app as celery

    celery.loader.import_default_modules()
    return celery


def test_every_kind_has_a_task_and_every_task_a_kind(app: Flask) -> None:
    assert set(task_bodies(app)) == {*JobKind, *Wake}


def test_celery_knows_every_name_that_is_published(app: Flask) -> None:
    assert {*JobKind, *Wake} <= set(celery_app(app).tasks)


def test_every_kind_says_how_it_is_run() -> None:
    assert set(POLICIES) == set(JobKind)
    assert set(WAKE_QUEUES) == set(Wake)
    assert all(policy.soft_limit < policy.hard_limit for policy in POLICIES.values())


def test_the_worker_of_the_procfile_takes_from_every_queue(app: Flask) -> None:
    worker = procfile.lines(ROOT / "Procfile")["worker"]
    assert " -Q" not in worker
    assert "--queues" not in worker
    assert {queue.name for queue in celery_app(app).conf.task_queues} == set(Queue)


def test_the_procfile_says_how_everything_is_started() -> None:
    assert set(procfile.lines(ROOT / "Procfile")) == {"release", "web", "worker", "beat"}
