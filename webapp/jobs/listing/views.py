"""The list of all jobs, found by whatever a person knows of them."""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.accounts.polls import polled
from webapp.jobs import pausing
from webapp.jobs.kinds import POLICIES, JobKind, Queue
from webapp.jobs.listing import finding
from webapp.jobs.listing.choosing import Choices, chips, choices
from webapp.jobs.listing.filters import SHOWN, TYPES, BadFilter, Filter, Routine
from webapp.jobs.listing.rows import Found
from webapp.jobs.models import NOBODY
from webapp.jobs.page.views import bp as bp
from webapp.pages import interval, nothing_new, render, unchanged

#: What no field of the form can say: an address that says it wrongly leads nowhere.
NO_FIELDS = {"show", "state", "about", "cause"}
ROUTINES = {
    Routine.WITHOUT: "Left out, unless searched",
    Routine.WITH: "Shown too",
    Routine.ONLY: "Nothing else",
}
NAMES = (
    "q",
    "show",
    "state",
    "queue",
    "kind",
    "who",
    "type",
    "about",
    "cause",
    "from",
    "to",
    "routine",
)
#: What is folded away until it is used.
MORE = ("queue", "who", "type", "from", "to", "routine")
FASTEST_MS = 2_000


@bp.get("/jobs")
@needs(Role.VIEWER)
@polled(None, shared=True)
def index() -> ResponseReturnValue:
    """List the jobs, newest first."""
    try:
        wanted = Filter.from_args(request.args)
    except BadFilter as problem:
        if problem.field in NO_FIELDS:
            abort(404)
        return _page(Filter(), choices(current_user.id), None, problem=problem)
    known = choices(current_user.id, wanted.text)
    found = finding.look(
        wanted,
        before=_id("before"),
        after=_id("after"),
        known=known,
    )
    version = _version(found)
    if unchanged(version):
        return nothing_new()
    return _page(wanted, known, found, version=version)


def _page(
    wanted: Filter,
    known: Choices,
    found: Found | None,
    *,
    version: str = "none",
    problem: BadFilter | None = None,
) -> ResponseReturnValue:
    moving = [row.job.created_at for row in found.rows if not row.job.finished] if found else []
    if "tick" in request.args:  # without a script: what reloads itself would lose the ticks
        moving = []
    args = _typed() if problem else wanted.to_args()
    return render(
        "jobs/index.html",
        block="list",
        status=422 if problem else 200,
        found=found,
        wanted=wanted,
        args=args,
        typed=request.args,
        problem=problem,
        chips=[(told, _address(_without(args, name))) for name, told in chips(wanted, known)],
        tabs=_tabs(args),
        choose=_choose(wanted, known),
        more=any(request.args.get(name) for name in MORE),
        saved=known.saved,
        place=_address(args, before=_id("before"), after=_id("after")),
        newer=_beside(args, after=found.newer) if found else None,
        older=_beside(args, before=found.older) if found else None,
        version=version,
        interval_ms=max(interval(min(moving)), FASTEST_MS) if moving else None,
    )


def _tabs(args: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """Return the states that can be chosen: word, address, and whether it is the one."""
    rest = _without(args, "show", "state")
    shown = args.get("show", "" if "state" not in args else "several")
    return [
        (word, _address(rest, show=show or None), show == shown)
        for show, (word, _) in SHOWN.items()
    ]


def _choose(wanted: Filter, known: Choices) -> dict[str, list[tuple[str, str]]]:
    """Return the choices of each field: value and word."""
    types = known.types | ({wanted.about_type} if wanted.about_type else set())
    who = [*known.who, (NOBODY, "A customer, or the clock")]
    if wanted.who and wanted.who not in dict(who):
        who.append((wanted.who, known.people.get(wanted.who, f"Number {wanted.who}")))
    return {
        "kind": sorted(
            ((kind.value, POLICIES[kind].title) for kind in JobKind), key=lambda one: one[1]
        ),
        "queue": [(queue.value, pausing.NAMES[queue]) for queue in Queue],
        "who": who,
        "type": sorted((kind, TYPES.get(kind, kind.capitalize())) for kind in types),
        "routine": [(routine.value, word) for routine, word in ROUTINES.items()],
    }


def _address(args: Mapping[str, str], **more: Any) -> str:
    return url_for(".index", **{**args, **more})


def _typed() -> dict[str, str]:
    """Return what the address says, as it stands there."""
    return {name: request.args[name] for name in NAMES if request.args.get(name)}


def _without(args: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in args.items() if name not in names}


def _beside(args: Mapping[str, str], **side: uuid.UUID | None) -> str | None:
    return None if None in side.values() else _address(args, **side)


def _id(name: str) -> uuid.UUID | None:
    """Return the id beside which a page begins; what is none is taken for the beginning of the list."""
    try:
        return uuid.UUID(request.args.get(name, ""))
    except ValueError:
        return None


def _version(found: Found) -> str:
    seen: list[Any] = [f"{row.job.id}:{row.job.version}" for row in found.rows]
    return hashlib.sha256(" ".join([*seen, str(found.count)]).encode()).hexdigest()[:16]
