"""Where a notice leads: the page of what it is about."""

from collections.abc import Callable
from typing import NamedTuple

from flask import current_app
from werkzeug.routing import BuildError


class Place(NamedTuple):
    """The page of one kind of thing, and how one of them is called."""

    endpoint: str
    argument: str
    called: Callable[[str], str | None] | None


_places: dict[str, Place] = {}


def register(
    subject_type: str,
    endpoint: str,
    argument: str,
    *,
    called: Callable[[str], str | None] | None = None,
) -> None:
    """Say which page shows a thing: ``register("campaign", "campaigns.show", "campaign_id")``.

    ``subject_type`` is a job's. ``called`` returns the name of a thing by its id, as people know it.
    """
    _places[subject_type] = Place(endpoint, argument, called)


def page_of(subject_type: str | None, subject_id: str | None) -> str | None:
    """Return the path of the page of a thing; None when it has none. Needs no request."""
    place = _places.get(subject_type or "")
    return None if place is None else path_of(place.endpoint, **{place.argument: subject_id})


def name_of(subject_type: str | None, subject_id: str | None) -> str | None:
    """Return how people call a thing; None when it has no name."""
    place = _places.get(subject_type or "")
    if place is None or place.called is None or subject_id is None:
        return None
    return place.called(subject_id)


def path_of(endpoint: str, **values: object) -> str | None:
    """Return the path of a page, also outside of a request; None when there is no such page."""
    try:
        return current_app.url_map.bind("").build(endpoint, values)
    except (BuildError, ValueError):  # ValueError: a number that is none
        return None
