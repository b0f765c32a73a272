"""What jobs keep about people, and how it is forgotten."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, or_, select, true, tuple_

from webapp.extensions import db
from webapp.forgetting import (
    Column,
    Keeps,
    Kept,
    Person,
    Steps,
    Table,
    change_rows,
    delete_rows,
    remove_children,
)
from webapp.jobs import words
from webapp.jobs.history import JobEvent, JobLog
from webapp.jobs.kinds import JobKind
from webapp.jobs.known import Cause, JobWord, SavedFilter, Subject, SubjectWord
from webapp.jobs.models import FINISHED, UNFINISHED, Job, JobState
from webapp.jobs.worker_models import Pause, Worker
from webapp.states import stands

#: Rows of one person that are dealt with in a step.
SOME = 500


def remove_jobs(ids: Sequence[uuid.UUID], size: int) -> Steps:
    """Remove jobs that have ended, with what happened to them, and the names and causes nobody else has."""
    yield from remove_children(JobLog, JobLog.job_id.in_(ids), size)
    yield from remove_children(JobEvent, JobEvent.job_id.in_(ids), size)
    gone = db.session.execute(
        delete(Job)
        .where(Job.id.in_(ids), stands(Job.state, *FINISHED))
        .returning(Job.about_id, Job.cause_id)
        .execution_options(synchronize_session=False)
    ).all()
    yield len(gone)
    yield from _remove_unused(Subject, Job.about_id, {row.about_id for row in gone})
    yield from _remove_unused(Cause, Job.cause_id, {row.cause_id for row in gone})


def _remove_unused(table: type[Subject] | type[Cause], by: Column, ids: set[int | None]) -> Steps:
    """Remove those of some rows that no job needs any more.

    They are locked before it is asked whether one does, and one that somebody is about to use is skipped.
    """
    unused = [table.id.in_(ids - {None}), ~exists().where(by == table.id)]
    free = db.session.scalars(
        select(table.id).where(*unused).with_for_update(skip_locked=True)
    ).all()
    if free:
        delete_rows(table, table.id.in_(free), unused[1])
        yield 0


OLD = (
    Kept(
        name="jobs",
        title="Finished jobs",
        unit="jobs",
        goes="The job with its history, its log and its result, whether it went well, failed or was stopped.",
        stays="What it did: bookings, messages, campaigns and documents. The charts keep their sums.",
        least=7,
        key=Job.id,
        by=Job.id,
        at=Job.finished_at,
        holds=true(),
        free=stands(Job.state, *FINISHED),
        steps=remove_jobs,
    ),
    Kept(
        name="routine",
        title="Routine jobs that went well",
        unit="jobs",
        goes="Jobs that the clock asked for and that had nothing to tell.",
        stays="Routine jobs that failed or were stopped are kept like all others.",
        days=1,
        key=Job.id,
        by=Job.id,
        at=Job.finished_at,
        holds=Job.routine & Job.state.not_in([JobState.FAILURE, JobState.REVOKED]),
        free=Job.routine & (Job.state == JobState.SUCCESS),
        steps=remove_jobs,
    ),
    Kept(
        name="logs",
        title="Log lines of jobs",
        unit="lines",
        goes="What was logged while a job ran.",
        stays="The job, its history and how it ended.",
        days=30,
        key=JobLog.id,
        by=JobLog.job_id,
        at=JobLog.at,
        holds=true(),
        free=true(),
    ),
    Kept(
        name="details",
        title="Technical details of failures",
        unit="jobs",
        goes="The report of where in the program a job failed.",
        stays="The job, and the sentence that says why it failed.",
        days=30,
        key=Job.id,
        by=Job.id,
        at=Job.finished_at,
        holds=Job.traceback.is_not(None),
        free=stands(Job.state, *FINISHED),
        values={"traceback": None, "version": Job.version + 1},
    ),
)


def about(person: Person) -> ColumnElement[bool]:
    """Say in SQL that a job is about a person or one of their bookings."""
    return or_(*(_named(Job, *subject) for subject in person.subjects))


def _named(table: Table, kind: str, ref: str) -> ColumnElement[bool]:
    if table is Subject:
        return tuple_(Subject.type, Subject.ref) == tuple_(kind, ref)
    return (Job.subject_type == kind) & (Job.subject_id == ref)


def objections(person: Person) -> list[str]:
    """Say which jobs about a person have not ended."""
    wanted = select(Job).where(
        about(person), stands(Job.state, *UNFINISHED), Job.kind != JobKind.CUSTOMER_ERASE
    )
    return [
        f"The job “{job.title}” has not ended: wait for its end, or stop it."
        for job in db.session.scalars(wanted.limit(5))
    ]


def forget(person: Person) -> Steps:
    """Take the words away from jobs about a person; that they were run, and how they ended, stays."""
    mine = about(person) & stands(Job.state, *FINISHED)
    ids = db.session.scalars(select(Job.id).where(mine)).all()
    for start in range(0, len(ids), SOME):
        some = ids[start : start + SOME]
        yield from remove_children(JobLog, JobLog.job_id.in_(some), SOME)
        gone = {"note": None, "traceback": None, "before": None}
        change_rows(Job, Job.id.in_(some), **gone, version=Job.version + 1)
        yield len(some)


def finally_forget(person: Person) -> None:
    """Give what jobs are about the name that the customer has from now on, and no word to be found by."""
    jobs = select(Job.id).where(about(person)).scalar_subquery()
    for subject in person.subjects:
        ids = select(Subject.id).where(_named(Subject, *subject)).scalar_subquery()
        delete_rows(SubjectWord, SubjectWord.subject_id.in_(ids))
        change_rows(Subject, _named(Subject, *subject), name=person.called)
    # Their numbers and addresses go wherever they stand, also where a name that others have too may stay.
    own = [word for word in words.kept((*person.phones, *person.emails)) if _tells(word)]
    for table in (SubjectWord, JobWord):
        delete_rows(table, table.word.in_(own))
    delete_rows(JobWord, JobWord.job_id.in_(jobs))


def _tells(word: str) -> bool:
    """Say whether a word is a number or an address of somebody, and not a part that many share."""
    return word.isdecimal() or "@" in word


def _unfind_subject(subject_id: int) -> None:
    """Take away the words by which something was found that is called otherwise now."""
    delete_rows(SubjectWord, SubjectWord.subject_id == subject_id)


def _unfind_job(job_id: uuid.UUID) -> None:
    delete_rows(JobWord, JobWord.job_id == job_id)


KEEPS = Keeps(
    when_masked={Subject: _unfind_subject, Job: _unfind_job},
    sentences={
        Job: "args before note result error advice traceback",
        JobEvent: "text reason",
        JobLog: "text",
        Subject: "name",
        Cause: "text advice",
        SavedFilter: "name args",
    },
    own={SubjectWord: "word", JobWord: "word"},
    free={
        Job: "subject_type subject_id key worker request_id facet",
        JobLog: "level",
        Subject: "type ref",
        Cause: "fingerprint place",
        Worker: "name queues children doing left wish_reason",
        Pause: "reason",
    },
    old=OLD,
    objections=objections,
    forget=forget,
    finally_forget=finally_forget,
)
