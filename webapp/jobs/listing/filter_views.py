"""Filters of the list of jobs that a person keeps."""

from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.extensions import db
from webapp.jobs.known import SavedFilter
from webapp.jobs.listing import saved
from webapp.jobs.listing.choosing import choices
from webapp.jobs.listing.filters import BadFilter, Filter, one_line
from webapp.pages import goes_to, render, say

bp = Blueprint("filters", __name__, url_prefix="/jobs/filters")


@bp.get("")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show the form that saves the filter of the address, and the filters that are saved."""
    return _form(_wanted())


@bp.post("")
@needs(Role.VIEWER)
def save() -> ResponseReturnValue:
    """Save a filter."""
    wanted, name = _wanted(), one_line(request.form.get("name"))
    try:
        saved.save(current_user.id, name, wanted)
    except saved.NotSaved as problem:
        db.session.rollback()
        return _form(wanted, name=name, problem=str(problem), status=422)
    db.session.commit()
    say(f"Saved as “{name}”.")
    return goes_to(_list_of(wanted))


@bp.get("/<int:filter_id>")
@needs(Role.VIEWER)
def show(filter_id: int) -> ResponseReturnValue:
    """Show the jobs that a saved filter finds."""
    return goes_to(_list_of(Filter.from_json(_find(filter_id).args)))


@bp.post("/<int:filter_id>/delete")
@needs(Role.VIEWER)
def remove(filter_id: int) -> ResponseReturnValue:
    """Delete a saved filter."""
    kept = _find(filter_id)
    saved.remove(kept)
    db.session.commit()
    say(f"Deleted the filter “{kept.name}”.")
    return goes_to(url_for(".index"))


def _list_of(wanted: Filter) -> str:
    args: dict[str, Any] = {**wanted.to_args()}
    return url_for("jobs.index", **args)


def _form(
    wanted: Filter, *, name: str = "", problem: str | None = None, status: int = 200
) -> ResponseReturnValue:
    return render(
        "jobs/filters.html",
        wanted=wanted,
        args=wanted.to_args(),
        name=name,
        problem=problem,
        kept=choices(current_user.id).saved,
        longest=saved.LENGTH,
        status=status,
    )


def _wanted() -> Filter:
    try:
        return Filter.from_args(request.args)
    except BadFilter:
        abort(404)


def _find(filter_id: int) -> SavedFilter:
    kept = saved.find(current_user.id, filter_id)
    if kept is None:
        abort(404)
    return kept
