"""Jobs found by what a person types: by the things and failures that have the words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Integer,
    Select,
    SelectBase,
    and_,
    false,
    func,
    literal,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from webapp.extensions import db
from webapp.jobs import words
from webapp.jobs.known import JobWord, SubjectWord
from webapp.jobs.listing.sought import Part, Sought, begins_one, some, typed_words
from webapp.jobs.listing.streams import Order, Where, each, first, for_each, of_causes
from webapp.jobs.models import Job, JobState
from webapp.states import stands

#: Words that more things, or more failures, have than that are no help to find jobs by.
RARE = 5_000
#: Where so many things have a word, the things of each word are gathered, instead of looking at each.
PROBED = 1_000
#: Of two words that more things have than that, it is not looked which have both.
COUNTED = 30_000


#: A query for the numbers of things.
Things = Select[Any] | CompoundSelect[Any]


class Size(NamedTuple):
    """How many things and failures have a word; COUNTED stands for more."""

    subjects: int
    failures: int


class Known(NamedTuple):
    """What the database knows of the words."""

    sizes: dict[str, Size]
    #: The things that have all of some words; None: too many to go by.
    things: dict[tuple[str, ...], list[int] | Things | None]

    def by_size(self, some: Iterable[str]) -> list[str]:
        """Return words, the rarest first."""
        return sorted(some, key=lambda word: (self.sizes[word], word))


class Wheres(NamedTuple):
    """What else must hold of a job, beside its words."""

    all: Where
    #: Without what its facet says.
    span: Where
    #: Whether it may have failed.
    failed: bool
    cause: int | None


def numbers(text: str) -> list[tuple[Any, Any]]:
    """Return, as parts of a SELECT, how many things and failures have each word of a text."""
    return [(_number(SubjectWord, word), _number(JobWord, word)) for word in typed_words(text)]


def known(wanted: Sought, sizes: Mapping[str, Size]) -> Known:
    """Return what is known of the words; the database is asked where many things have each of some."""
    found = Known(dict(sizes), {})
    asked: list[tuple[str, ...]] = []
    for part in wanted.parts():
        rarest = found.by_size(part.rest)[:1]
        for together in dict.fromkeys((part.rest, tuple(rarest))):
            size = min((sizes[word].subjects for word in together), default=0)
            if size <= RARE:
                found.things[together] = _things(found.by_size(together), sizes) if size else []
            elif len(together) == 1 or size >= COUNTED:
                found.things[together] = None
            else:
                asked.append(together)
    return _with_things(found, list(dict.fromkeys(asked)))


def _with_things(found: Known, asked: Sequence[tuple[str, ...]]) -> Known:
    if not asked:
        return found
    each_way = []
    for at, together in enumerate(asked):
        things = _things(found.by_size(together), found.sizes).limit(RARE + 1).subquery()
        each_way.append(select(literal(at), things.c.subject_id))
    rows = db.session.execute(union_all(*each_way) if len(asked) > 1 else each_way[0]).all()
    for at, together in enumerate(asked):
        ids = [number for way, number in rows if way == at]
        found.things[together] = None if len(ids) > RARE else ids
    return found


def _number(table: Any, word: str) -> Any:
    rows = select(table.word).where(begins(table.word, word)).limit(COUNTED).subquery()
    return select(func.count()).select_from(rows).scalar_subquery()


def candidates(
    wanted: Sought, known: Known, facets: Sequence[str], order: Order, where: Wheres
) -> Select[Any] | None:
    """Select the ids of the first jobs that are meant; None when only frequent words lead to them."""
    ways: list[Select[Any]] = []
    if wanted.numbers:
        of_number = select(Job.id).where(Job.id.between(*wanted.numbers), *where.all(Job))
        ways.append(first(of_number, order))
    for part in wanted.parts():
        if not part.rest:
            if where.failed:
                causes = [one for one in part.causes or [] if where.cause in (None, one)]
                ways.append(of_causes(facets, causes, order, where.span))
            continue
        found = _ways(wanted, known, part, order, where.all)
        if found is None:
            return None
        ways += found
    if not ways:
        return select(Job.id).where(false())
    apart = [select(way.subquery().c.id) for way in ways]
    every = apart[0].subquery() if len(apart) == 1 else union(*apart).subquery()
    return first(select(every.c.id), order, every.c.id)


def _ways(
    wanted: Sought, known: Known, part: Part, order: Order, where: Where
) -> list[Select[Any]] | None:
    """Return what leads to the jobs of a part: things with all words, and failures with some."""
    things, ways = known.things[part.rest], []
    if things is None:
        return None
    if not isinstance(things, list) or things:
        ways.append(_about(things, part.causes, order, where))
    failing = [word for word in part.rest if known.sizes[word].failures]
    if sum(known.sizes[word].failures for word in failing) <= RARE:
        return ways + [_own(wanted, part.reading, word, order, where) for word in failing]
    rarest = known.by_size(part.rest)[0]
    with_rarest = known.things.get((rarest,))
    if with_rarest is None or known.sizes[rarest].failures > RARE:
        return None

    def verified(job: Any) -> list[ColumnElement[bool]]:
        return [*where(job), *wanted.others(job, part.reading, rarest)]

    ways.append(_about(with_rarest, None, order, verified))
    return [*ways, _own(wanted, part.reading, rarest, order, where)]


def _things(words_of: Sequence[str], sizes: Mapping[str, Size]) -> Things:
    """Select the things that have all of some words, of which the first is the rarest."""
    one = aliased(SubjectWord)
    query = select(one.subject_id).where(begins(one.word, words_of[0])).distinct()
    if sizes[words_of[0]].subjects > PROBED:
        others = (
            select(SubjectWord.subject_id).where(begins(SubjectWord.word, word))
            for word in words_of[1:]
        )
        return query.intersect(*others) if len(words_of) > 1 else query
    for word in words_of[1:]:
        other = aliased(SubjectWord)
        mine = other.subject_id == one.subject_id
        query = query.where(
            some(select(other.word).where(mine, begins_one(other.word, word)), other)
        )
    return query


def _about(
    things: Sequence[int] | Things, causes: Sequence[int] | None, order: Order, where: Where
) -> Select[Any]:
    if isinstance(things, SelectBase):
        table: FromClause = things.subquery()
        thing: ColumnElement[Any] = table.c[0]
    else:
        table, thing = each(things, "t", Integer())

    def fits(job: Any) -> list[ColumnElement[bool]]:
        brought = (
            []
            if causes is None
            else [stands(job.state, JobState.FAILURE), job.cause_id.in_(causes)]
        )
        return [job.about_id == thing, *where(job), *brought]

    return for_each([table], order, fits)


def _own(
    wanted: Sought, reading: tuple[str, ...], word: str, order: Order, where: Where
) -> Select[Any]:
    query = select(Job.id).distinct().join(JobWord, JobWord.job_id == Job.id)
    failed = stands(Job.state, JobState.FAILURE)
    others = wanted.others(Job, reading, word)
    return first(query.where(begins(JobWord.word, word), failed, *where(Job), *others), order)


def begins(column: Any, word: str) -> ColumnElement[bool]:
    """Say in SQL that a column's words begin so, as a part of its index."""
    return and_(column >= word, column < word + words.LAST_SIGN)
