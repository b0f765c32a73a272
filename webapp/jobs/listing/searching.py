"""Jobs found by what a person types: by the things and failures that have the words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Integer,
    Select,
    SelectBase,
    func,
    intersect,
    literal,
    select,
)
from sqlalchemy.orm import aliased

from webapp.jobs.known import JobWord, SubjectWord
from webapp.jobs.listing.sought import Part, Size, Sought, begins, begins_one, typed_words
from webapp.jobs.listing.streams import Order, Where, each, first, for_each, of_causes
from webapp.jobs.models import Job, JobState
from webapp.states import stands

#: Words that more things, or more failures, have than that are no help to find jobs by.
RARE = 5_000
#: Where so many things have a word, the things of each word are gathered, instead of looking at each.
PROBED = 1_000
#: So many things with one word are counted and gathered at most,
COUNTED = 50_000
#: and so many with all words that are typed together.
COUNTED_TOGETHER = 150_000


#: A query for the numbers of things.
Things = Select[Any] | CompoundSelect[Any]
#: What leads to jobs: selects the ids of the first of them, beside those of another page.
Way = Callable[[Order, Where], Select[Any]]


class Known(NamedTuple):
    """What the database knows of the words."""

    sizes: Mapping[str, Size]
    #: The things that have all of some words; None: too many to go by, as far as is known.
    things: dict[tuple[str, ...], list[int] | Things | None]
    #: Of these words it is not known yet whether few things have them all.
    asked: list[tuple[str, ...]]

    def by_size(self, some: Iterable[str]) -> list[str]:
        """Return words, the rarest first."""
        return sorted(some, key=lambda word: (self.sizes[word], word))


class Wheres(NamedTuple):
    """What else must hold of a job, beside its words."""

    all: Where
    #: Without what its facet says.
    span: Where
    facets: Sequence[str]
    #: Whether it may have failed.
    failed: bool
    cause: int | None


def numbers(text: str) -> list[tuple[Any, Any]]:
    """Return, as parts of a SELECT, how many things and failures have each word of a text."""
    typed = typed_words(text)
    most = _most(len(typed))
    return [(_number(SubjectWord, word, most), _number(JobWord, word, RARE + 1)) for word in typed]


def _most(typed: int) -> int:
    return min(COUNTED, COUNTED_TOGETHER // max(1, typed))


def _number(table: Any, word: str, most: int) -> Any:
    rows = select(table.word).where(begins(table.word, word)).limit(most).subquery()
    return select(func.count()).select_from(rows).scalar_subquery()


def known(wanted: Sought) -> Known:
    """Return what is known of the words by their numbers alone."""
    found = Known(wanted.sizes, {}, [])
    most = _most(len(wanted.sizes))
    for together in dict.fromkeys(part.rest for part in wanted.parts()):
        size = min((found.sizes[word].subjects for word in together), default=0)
        if size <= RARE:
            rarest = found.by_size(together)
            found.things[together] = _things(rarest, found.sizes) if size else []
            continue
        found.things[together] = None
        if len(together) > 1 and size < most:
            found.asked.append(together)
    return found


def questions(found: Known) -> list[Select[Any]]:
    """Return what the database is to be asked about words: the things with all of some, by the number of the words."""
    asked = []
    for at, together in enumerate(found.asked):
        things = _things(found.by_size(together), found.sizes).limit(RARE + 1).subquery()
        asked.append(select(literal(at), things.c[0]))
    return asked


def answered(found: Known, rows: Sequence[Any]) -> Known:
    """Return what is known after the answer: rows of the number of some words, and of a thing that has them."""
    things = dict(found.things)
    for at, together in enumerate(found.asked):
        ids = [number for way, number in rows if way == at]
        things[together] = None if len(ids) > RARE else ids
    return Known(found.sizes, things, [])


def ways(wanted: Sought, known: Known, where: Wheres) -> list[Way] | None:
    """Return what leads to the jobs that are meant; None when only frequent words do."""
    found: list[Way] = []
    own: dict[tuple[tuple[str, ...], str], Way] = {}
    if wanted.numbers:
        found.append(_numbered(wanted.numbers, where))
    for part in wanted.parts():
        if not part.rest:
            found += _caused(part, where)
            continue
        things = known.things[part.rest]
        if things is None:
            return None
        if not isinstance(things, list) or things:
            found.append(_about(things, part.causes, where.all))
        if where.failed and not _own(wanted, known, part, where, own):
            return None
    return [*found, *own.values()]


def kept(ids: Select[Any]) -> Way:
    """Return the way of a query that is run once, for a page and its count."""
    table = ids.cte()

    def way(order: Order, beside: Where) -> Select[Any]:
        return first(select(table.c.id).where(*beside(table.c)), order, table.c.id)

    return way


def _numbered(numbers: tuple[Any, Any], where: Wheres) -> Way:
    def way(order: Order, beside: Where) -> Select[Any]:
        meant = Job.id.between(*numbers)
        return first(select(Job.id).where(meant, *where.all(Job), *beside(Job)), order)

    return way


def _caused(part: Part, where: Wheres) -> list[Way]:
    causes = [one for one in part.causes or [] if where.cause in (None, one)]
    if not where.failed or not causes:
        return []

    def way(order: Order, beside: Where) -> Select[Any]:
        return of_causes(where.facets, causes, order, lambda job: [*where.span(job), *beside(job)])

    return [way]


def _own(
    wanted: Sought,
    known: Known,
    part: Part,
    where: Wheres,
    own: dict[tuple[tuple[str, ...], str], Way],
) -> bool:
    """Add the ways to failures of a part that have some words of their own; say whether there are any."""
    reading, failing = part.reading, [word for word in part.rest if known.sizes[word].failures]
    if sum(known.sizes[word].failures for word in failing) > RARE:
        # Whatever has all words has the rarest: by its own error, or by what it is about.
        failing = known.by_size(part.rest)[:1]
        size = known.sizes[failing[0]]
        if size.failures > RARE or size.subjects > PROBED:
            return False
        with_rarest = _things(failing, known.sizes)

        def verified(job: Any) -> list[ColumnElement[bool]]:
            return [*where.all(job), *wanted.others(job, reading, failing[0])]

        own.setdefault((reading, f"about {failing[0]}"), _about(with_rarest, None, verified))
    for word in failing:
        if (reading, word) not in own:
            own[reading, word] = _failed_with(wanted, reading, word, where.all)
    return True


def _failed_with(wanted: Sought, reading: tuple[str, ...], word: str, where: Where) -> Way:
    having = select(JobWord.job_id).where(begins(JobWord.word, word)).distinct().limit(RARE)
    table = having.subquery()

    def fits(job: Any) -> list[ColumnElement[bool]]:
        failed = stands(job.state, JobState.FAILURE)
        others = wanted.others(job, reading, word)
        return [job.id == table.c.job_id, failed, *where(job), *others]

    return kept(for_each([table], Order(RARE, any=True), fits))


def _things(words_of: Sequence[str], sizes: Mapping[str, Size]) -> Things:
    """Select the things that have all of some words, of which the first is the rarest."""
    gathered = 1
    if sizes[words_of[0]].subjects > PROBED:
        most = _most(len(sizes))
        gathered = max(1, sum(sizes[word].subjects < most for word in words_of))
    having = [
        select(one.subject_id).where(begins(one.word, word))
        for word, one in ((word, aliased(SubjectWord)) for word in words_of[:gathered])
    ]
    rest = words_of[gathered:]
    if not rest:
        return intersect(*having) if gathered > 1 else having[0].distinct()
    things = (intersect(*having) if gathered > 1 else having[0].distinct()).subquery()
    others = (aliased(SubjectWord) for _ in rest)
    probed = [
        begins_one(other, other.subject_id == things.c[0], word)
        for other, word in zip(others, rest, strict=True)
    ]
    return select(things.c[0]).where(*probed)


def _about(things: Sequence[int] | Things, causes: Sequence[int] | None, where: Where) -> Way:
    if isinstance(things, SelectBase):
        table: FromClause = things.subquery()
        thing: ColumnElement[Any] = table.c[0]
    else:
        table, thing = each(things, "t", Integer())

    def way(order: Order, beside: Where) -> Select[Any]:
        def fits(job: Any) -> list[ColumnElement[bool]]:
            found = [job.about_id == thing, *where(job), *beside(job)]
            if causes is not None:
                found += [stands(job.state, JobState.FAILURE), (job.cause_id + 0).in_(causes)]
            return found

        return for_each([table], order, fits)

    return way
