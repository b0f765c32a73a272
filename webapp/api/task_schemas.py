"""What programs see of a job, and how they look for some."""

from typing import Any

from marshmallow import Schema, fields, validate

from webapp.api.fields import Line, Moment, Strict, line, told
from webapp.jobs.kinds import JobKind, Queue
from webapp.jobs.models import JobState

MOST = 200
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
    attempts = fields.Integer(required=True, **told("How often a worker has begun it."))
    cancel_requested_at = fields.DateTime(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    started_at = fields.DateTime(required=True, allow_none=True)
    finished_at = fields.DateTime(required=True, allow_none=True)
    parent_id = fields.UUID(
        required=True, allow_none=True, **told("The task in whose run it was asked for.")
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


class TaskQuery(Strict):
    """Which tasks; what is given must all be true."""

    state = fields.String(
        validate=validate.OneOf(STATES), **told("Where it stands, in Celery's words.")
    )
    queue = fields.String(validate=validate.OneOf(QUEUES))
    kind = fields.String(validate=validate.OneOf(KINDS))
    about = Line(
        validate=validate.Regexp(
            r"^[a-z_]{1,32}:[\w.:@+-]{1,40}$", error="Write type and id, such as booking:12."
        ),
        **told("The thing it is about, as type:id.", example="booking:12"),
    )
    since = Moment(**told("Asked for at this moment or later."))
    until = Moment(**told("Asked for before this moment."))
    routine = fields.Boolean(**told("true: only what the clock asks for; false: only the rest."))
    cursor = fields.UUID(**told("Older than this task; `next` carries it."))
    limit = fields.Integer(
        load_default=50, strict=False, validate=validate.Range(1, MOST), **told("How many at most.")
    )


class Reason(Strict):
    """Why something is asked of a task."""

    reason: Any = line(300, **told("Stands in the task's history. May be left out."))
