"""The jobs and messages of one thing, as its page shows them live."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, func, select

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.messages.channels import Channel
from webapp.messages.models import MOVING, Message, MessageState
from webapp.pages import interval

#: A message that was sent may be reported as delivered; after this long nobody waits for it any more.
PATIENCE = timedelta(minutes=5)


def changes_of(subject_type: str, subject_id: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the number of changes to the jobs and messages of a thing, as a part of a SELECT.

    It grows with every change and every new row, so another number means: look again.
    """
    sums = (
        select(func.coalesce(func.sum(table.version), 0))
        .where(table.subject_type == subject_type, table.subject_id == subject_id)
        .scalar_subquery()
        for table in (Job, Message)
    )
    return reduce(operator.add, sums)


@dataclass(frozen=True, slots=True)
class Watched:
    """What is to be seen of one thing's work."""

    jobs: Sequence[Job]
    messages: Sequence[Message]
    #: Milliseconds until the page should ask again; None when nothing will change by itself.
    interval_ms: int | None


def about(thing: Any, *, waits_since: datetime | None = None) -> Watched:
    """Collect the jobs and messages of a thing, newest job first, messages in the order written.

    ``waits_since`` tells that the thing itself will change, such as a booking that waits for money.
    """
    subject = (type(thing).__name__.lower(), str(thing.id))
    jobs = db.session.scalars(
        select(Job)
        .where(Job.subject_type == subject[0], Job.subject_id == subject[1])
        .order_by(Job.id.desc())
    ).all()
    messages = db.session.scalars(
        select(Message)
        .where(Message.subject_type == subject[0], Message.subject_id == subject[1])
        .order_by(Message.id)
    ).all()
    moving = [] if waits_since is None else [waits_since]
    moving += [job.created_at for job in jobs if not job.finished]
    moving += [message.created_at for message in messages if _moves(message)]
    return Watched(jobs, messages, interval(min(moving)) if moving else None)


def interval_of(message: Message) -> int | None:
    """Return the milliseconds until the next look at one message; None when it will not change."""
    return interval(message.created_at) if _moves(message) else None


def _moves(message: Message) -> bool:
    if message.state == MessageState.SENT:
        reported = message.channel != Channel.EMAIL  # nobody tells what became of a mail
        return reported and message.sent_at is not None and message.sent_at > now() - PATIENCE
    return message.state in MOVING
