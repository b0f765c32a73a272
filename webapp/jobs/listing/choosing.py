"""What the list of jobs lets somebody choose from, read by one statement."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, String, cast, literal, null, select, union_all

from webapp.accounts.models import User
from webapp.extensions import db
from webapp.jobs.known import Cause, SavedFilter
from webapp.jobs.listing import streams
from webapp.jobs.listing.filters import Filter
from webapp.jobs.listing.searching import numbers
from webapp.jobs.listing.sought import Size, Told, typed_words
from webapp.jobs.listing.streams import Facet


@dataclass(frozen=True)
class Choices:
    """What all jobs have in common, every cause, who works here, and what this person has saved."""

    facets: Sequence[Facet]
    causes: Sequence[Told]
    people: Mapping[str, str]
    saved: Sequence[tuple[int, str]]
    #: How many have each word that is looked for.
    sizes: Mapping[str, Size]

    @property
    def who(self) -> list[tuple[str, str]]:
        """Return those who have asked for jobs, by name."""
        asked = {facet.who for facet in self.facets}
        known = [(number, name) for number, name in self.people.items() if number in asked]
        return sorted(known, key=lambda one: one[1].casefold())

    @property
    def types(self) -> set[str]:
        """Return the types of things that jobs are about."""
        return {facet.about_type for facet in self.facets} - {""}


def choices(user_id: int | None, text: str = "") -> Choices:
    """Return what there is to choose from for a person, and what is known of a text that is looked for."""
    facets = streams.FACETS.subquery()
    number = cast(null(), Integer)
    sizes = (
        select(
            literal("size", String),
            literal(at),
            cast(subjects, String) + " " + cast(failures, String),
        )
        for at, (subjects, failures) in enumerate(numbers(text))
    )
    rows = db.session.execute(
        union_all(
            *sizes,
            select(literal("facet", String), number, facets.c.facet),
            select(literal("cause", String), Cause.id, cast(Cause.text, String)),
            select(literal("person", String), User.id, User.name),
            select(literal("saved", String), SavedFilter.id, SavedFilter.name).where(
                SavedFilter.user_id == user_id
            ),
        )
    ).all()
    of: dict[str, list[tuple[Any, Any]]] = defaultdict(list)
    for what, one, called in rows:
        of[what].append((one, called))
    of["size"].sort()
    counted = (Size(*map(int, pair.split())) for _, pair in of["size"])
    return Choices(
        [streams.facet(word) for _, word in of["facet"]],
        [Told(*one) for one in of["cause"]],
        {str(one): name for one, name in of["person"]},
        sorted(of["saved"], key=lambda one: str(one[1]).casefold()),
        dict(zip(typed_words(text), counted, strict=True)),
    )


def chips(wanted: Filter, known: Choices) -> list[tuple[str, str]]:
    """Return what narrows the list and has no field of its own: the argument, and how it is told."""
    told = []
    if wanted.cause is not None:
        text = next((cause.text for cause in known.causes if cause.id == wanted.cause), "gone")
        told.append(("cause", f"Cause: {text}"))
    if wanted.about:
        told.append(("about", f"About {wanted.about_words()}"))
    return told
