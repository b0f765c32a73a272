"""A failed or stopped job is done again with changed arguments: by a new job, which follows the old one."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from webapp.accounts.acting import record, who
from webapp.extensions import db
from webapp.jobs.acting import arguments, things
from webapp.jobs.acting.arguments import BadArgument
from webapp.jobs.acting.asking import AGAIN, TWIN, NotPossible
from webapp.jobs.acting.remembering import has_twin
from webapp.jobs.history import JobEvent, What
from webapp.jobs.models import Job
from webapp.jobs.page.details import Change, changes
from webapp.jobs.queue import enqueue


class BadArguments(ValueError):
    """Some values cannot be meant; ``wrong`` says why, of which argument."""

    def __init__(self, wrong: dict[str, str]) -> None:
        super().__init__(wrong)
        self.wrong = wrong


class NothingChanged(NotPossible):
    """The new values are the old ones."""


def can_change(job: Any) -> bool:
    """Say whether anything of what a job works on may be changed."""
    return job.state in AGAIN and bool(arguments.changeable(job.kind))


def read(job: Job, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments that a form asks for. Raises BadArguments."""
    args, wrong = dict(job.args), {}
    for one in arguments.changeable(job.kind):
        try:
            value = arguments.read(one, typed.get(one.name, ""))
        except BadArgument as problem:
            wrong[problem.name] = str(problem)
            continue
        args.pop(one.name, None)
        if value is not None:
            args[one.name] = value
    if wrong:
        raise BadArguments(wrong)
    return args


def retry_with(job: Job, args: dict[str, Any], reason: str | None = None) -> Job:
    """Ask for the same with other arguments, and return the new job; the old one stays as it is.

    Raises NotPossible when it is not over or went well, when its twin is at work, or when nothing
    was changed.
    """
    if not can_change(job):
        raise NotPossible("Only what failed or was stopped can be tried again with other values.")
    if not differences(job.args, args):
        raise NothingChanged("Nothing was changed. Use “Try again” to do the same once more.")
    if job.key and db.session.scalar(select(Job.id).where(Job.id == job.id, has_twin())):
        raise NotPossible(TWIN)
    new = enqueue(job.kind, key=_key(job, args), **args)
    if new.args != args:  # another one was asked for in this very moment
        raise NotPossible(TWIN)
    new.subject_type, new.subject_id, new.about_id = job.subject_type, job.subject_id, job.about_id
    new.follows_id = job.id
    things.follow(new)
    db.session.add(
        JobEvent(
            job_id=job.id,
            what=What.AGAIN,
            text="Asked for anew, with other values",
            user_id=who().user_id,
            reason=reason,
        )
    )
    told = [[one.label, one.old, one.new] for one in differences(job.args, args)]
    because = {"reason": reason} if reason else {}
    record(
        "job.changed", f"Asked for “{job.title}” anew, with other values", about=new,
        follows=str(job.id), changes=told, **because,
    )  # fmt: skip
    return new


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what differs between the arguments of two jobs."""
    return changes(old, new)


def _key(job: Job, args: Mapping[str, Any]) -> str | None:
    """Return what names the same work: where the old key names a value, this names the new one."""
    if job.key is None:
        return None
    key = job.key
    for name, old in job.args.items():
        new = args.get(name)
        if isinstance(old, str) and isinstance(new, str):
            key = key.replace(old.replace("_", "-"), new.replace("_", "-"))
    return key
