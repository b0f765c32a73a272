"""Which tasks a program means: what the list of jobs can be asked for, by the same words."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema
from webargs.fields import DelimitedList

from webapp.api.errors import refuse
from webapp.api.fields import Line, Moment, Strict, line, told
from webapp.api.task_schemas import KINDS, QUEUES, STATES
from webapp.jobs.acting.bulk import MOST_TICKED
from webapp.jobs.acting.reasons import LONGEST
from webapp.jobs.listing.filters import LARGEST, BadFilter, Filter, Routine
from webapp.jobs.models import NOBODY

MOST = 200
ROUTINES = {None: Routine.WITH, True: Routine.ONLY, False: Routine.WITHOUT}
#: What the filter of the page calls otherwise than this API.
NAMES = {"from": "since", "to": "until"}
EVERY = Filter(routine=Routine.WITH)
WHERE = "Where it stands, in Celery's words."


class OneOrMore(DelimitedList):
    """Some of a few words, with commas between them; a wrong one is told of the field as a whole."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> Any:
        try:
            if value == "":
                raise ValidationError("There is none.")
            return super()._deserialize(value, *rest, **more)  # type: ignore[no-untyped-call]  # so in webargs
        except ValidationError:
            raise ValidationError(f"Choose from: {', '.join(STATES)}.") from None


def a_state() -> fields.String:
    """Return a field for a state."""
    return fields.String(validate=validate.OneOf(STATES))


class Wanted(Strict):
    """Which tasks, beside their states; what is given must all be true."""

    q: Any = line(
        200,
        **told(
            "What is known of it: a customer's name or number, a file, a campaign, the text of an error."
        ),
    )
    queue = fields.String(validate=validate.OneOf(QUEUES))
    kind = fields.String(validate=validate.OneOf(KINDS))
    who: Any = line(
        10,
        **told(f"By whose number it was asked for; “{NOBODY}”: by a customer, or by the clock."),
    )
    type: Any = line(32, **told("The type of the thing it is about, such as “booking”."))
    about = Line(
        validate=validate.Regexp(
            r"^[^:]{1,32}:.{1,40}$", error="Write type and id, such as booking:12."
        ),
        **told("The thing it is about, as type:id.", example="booking:12"),
    )
    cause = fields.Integer(
        validate=validate.Range(1, LARGEST), **told("Why it failed, as a task's `cause` says.")
    )
    since = Moment(**told("Asked for at this moment or later."))
    until = Moment(**told("Asked for before this moment."))
    routine = fields.Boolean(
        **told(
            "true: only what the clock asks for; false: only the rest, unless something is "
            "searched for by `q`."
        )
    )


class TaskQuery(Wanted):
    """Which tasks are listed."""

    state = OneOrMore(a_state(), **told(WHERE))
    cursor = fields.UUID(**told("Older than this task; `next` carries it."))
    limit = fields.Integer(
        load_default=50, strict=False, validate=validate.Range(1, MOST), **told("How many at most.")
    )


class TaskFilter(Wanted):
    """Which tasks something is asked of."""

    state = fields.List(a_state(), **told(WHERE, example=["FAILURE"]))
    cause = fields.Integer(
        strict=True,
        validate=validate.Range(1, LARGEST),
        **told("Why they failed, as `cause` says."),
    )


class Many(Strict):
    """Of which tasks something is asked, and why."""

    filter = fields.Nested(
        TaskFilter,
        **told("All that fit, of those that are there now.", example={"state": ["FAILURE"]}),
    )
    ids = fields.List(
        fields.UUID(), validate=validate.Length(1, MOST_TICKED), **told("Or just these.")
    )
    reason: Any = line(
        LONGEST,
        **told("Stands in the history of each. Needed for many, and where a stop is dangerous."),
    )

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        """Raise ValidationError unless it says which tasks are meant, in one way."""
        if ("filter" in data) == ("ids" in data):
            raise ValidationError("Give either “filter” or “ids”.", "filter")


def filter_of(said: dict[str, Any], within: str = "") -> Filter:
    """Return the filter that a program means; what cannot be right is told of its field: 422."""
    same = ("q", "queue", "kind", "who", "type", "about", "cause")
    args: dict[str, str] = {name: str(said[name]) for name in same if name in said}
    args |= {name: said[ours].isoformat() for name, ours in NAMES.items() if ours in said}
    args["state"] = ",".join(said.get("state", ()))
    args["routine"] = ROUTINES[said.get("routine")].value
    try:
        return Filter.from_args(args)
    except BadFilter as problem:
        refuse(**{f"{within}{NAMES.get(problem.field, problem.field)}": str(problem)})
