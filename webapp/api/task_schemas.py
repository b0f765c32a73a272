"""What programs see of a job, and how they look for some."""

from typing import Any

from marshmallow import Schema, fields, validate

from webapp.api.fields import Line, Strict, line, told
from webapp.jobs.acting.reasons import LONGEST
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import JobState

STATES = [state.value for state in JobState]
KINDS = [kind.value for kind in JobKind]
QUEUES = [queue.value for queue in Queue]


class About(Schema):
    """The thing that a task is about."""

    type = fields.String(required=True, **told("Such as “booking”."))
    id = fields.String(required=True)
    name = fields.String(allow_none=True, **told("As people call it, where it has a name."))


class Progress(Schema):
    """How far a task is."""

    state = fields.String(required=True, validate=validate.OneOf(STATES))
    current = fields.Integer(required=True)
    total = fields.Integer(required=True, allow_none=True, **told("null: nobody knows yet."))
    percent = fields.Integer(
        required=True,
        allow_none=True,
        validate=validate.Range(0, 100),
        **told("null while nobody knows the total."),
    )
    note = fields.String(required=True, allow_none=True, **told("What it does, as a sentence."))
    seconds_left = fields.Integer(
        required=True, allow_none=True, **told("At the speed so far; null while that is a guess.")
    )


class Links(Schema):
    """Where there is more about a task."""

    self = fields.String(required=True)
    progress = fields.String(required=True)
    page = fields.String(required=True, **told("Its page for people."))


class Task(Schema):
    """A piece of background work."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    title = fields.String(required=True, **told("What it does, in words."))
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    queue = fields.String(required=True, validate=validate.OneOf(QUEUES))
    about = fields.Nested(About, required=True, allow_none=True)
    asked_by = fields.String(required=True, **told("A person, a program, or the system."))
    progress = fields.Nested(Progress, required=True)
    result = fields.Dict(required=True, allow_none=True, keys=fields.String())
    error = fields.String(required=True, allow_none=True, **told("Why it failed, as a sentence."))
    advice = fields.String(required=True, allow_none=True, **told("What can be done about it."))
    cause = fields.Integer(
        required=True,
        allow_none=True,
        **told("Of all that failed for the same reason, the same number."),
    )
    arguments = fields.Dict(
        required=True, keys=fields.String(), **told("What it works on: ids and small values.")
    )
    changeable = fields.List(
        fields.String(),
        required=True,
        **told("Which arguments may be said otherwise when it is asked for anew."),
    )
    attempts = fields.Integer(required=True, **told("How often a worker has begun it."))
    cancel_requested_at = fields.DateTime(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    started_at = fields.DateTime(required=True, allow_none=True)
    finished_at = fields.DateTime(required=True, allow_none=True)
    parent_id = fields.UUID(
        required=True, allow_none=True, **told("The task in whose run it was asked for.")
    )
    follows_id = fields.UUID(
        required=True, allow_none=True, **told("The task of which it is the changed retry.")
    )
    links = fields.Nested(Links, required=True)


class TaskList(Schema):
    """Some tasks, newest first."""

    tasks = fields.List(fields.Nested(Task), required=True)
    next = fields.String(
        required=True,
        allow_none=True,
        **told("The address of the older ones; null: there are none."),
    )


class Reason(Strict):
    """Why something is asked of a task."""

    reason: Any = line(
        LONGEST,
        **told(
            "Stands in the task's history. Needed where a stop would leave something half done."
        ),
    )


class Changed(Strict):
    """What a task is to work on instead."""

    arguments = fields.Dict(
        keys=Line(validate=validate.Length(1, 40)),
        values=fields.Raw(allow_none=True),
        required=True,
        **told(
            "Those that shall be other than before, of its `changeable` ones; null: left out.",
            example={"what": "cancelled"},
        ),
    )
    reason: Any = line(LONGEST, **told("Stands in the history of both. May be left out."))
