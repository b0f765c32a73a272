"""A stand-in until the list's own search is there."""

from sqlalchemy import ColumnElement

from webapp.jobs.filters import Filter
from webapp.jobs.models import Job


def conditions(found: Filter) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter."""
    said: list[ColumnElement[bool]] = []
    if found.states:
        said.append(Job.state.in_(found.states))
    if found.kind:
        said.append(Job.kind == found.kind)
    return said
