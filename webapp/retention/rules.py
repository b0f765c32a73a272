"""How long each kind of data is kept: as somebody has chosen, else as the house has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Uuid, func, literal, select, union_all

from webapp.accounts.acting import record
from webapp.clock import first_id, now
from webapp.extensions import UtcDateTime, db
from webapp.forgetting import DEFAULT_DAYS, Kept
from webapp.retention.models import Rule
from webapp.retention.parts import kinds

#: Nobody counts further for a page.
MOST = 10_000
FOR_EVER = "for ever"


class TooShort(Exception):
    """So few days nobody can choose for this kind; the text says how many it takes."""


@dataclass(frozen=True)
class Term:
    """For how long a kind of data is kept."""

    kept: Kept
    rule: Rule | None
    #: None: for ever.
    days: int | None

    @property
    def words(self) -> str:
        """The term, as people say it."""
        return (
            FOR_EVER if self.days is None else f"{self.days:,} day{'' if self.days == 1 else 's'}"
        )

    @property
    def before(self) -> datetime | None:
        """What is older than this goes; None: nothing does."""
        return None if self.days is None else now() - timedelta(days=self.days)


class Due(NamedTuple):
    """How much of a kind is old enough at this moment, counted up to ``MOST``; and the oldest of all."""

    many: int
    oldest: datetime | None

    @property
    def words(self) -> str:
        """The count, as people say it."""
        return f"more than {MOST:,}" if self.many > MOST else f"{self.many:,}"


def terms(days: int | None = None) -> dict[str, Term]:
    """Return the term of every kind. ``days`` takes the place of the 90 that the house has for most."""
    rules = {rule.name: rule for rule in db.session.scalars(select(Rule))}
    return {name: _term(kept, rules.get(name), days) for name, kept in kinds().items()}


def term_of(name: str) -> Term | None:
    """Return the term of a kind; None when there is no such kind."""
    kept = kinds().get(name)
    return None if kept is None else _term(kept, db.session.get(Rule, name), None)


def _term(kept: Kept, rule: Rule | None, days: int | None) -> Term:
    if rule is not None and rule.chosen:
        return Term(kept, rule, rule.days)
    if days is not None and kept.days == DEFAULT_DAYS:
        return Term(kept, rule, max(days, kept.least))
    return Term(kept, rule, kept.days)


def choose(term: Term, days: int | None) -> Term:
    """Keep a kind for so many days, None for ever. Raises TooShort. Nothing goes before the next clean-up."""
    kept = term.kept
    if days is not None and days < kept.least:
        raise TooShort(
            f"These are kept for at least {kept.least} day{'' if kept.least == 1 else 's'}."
        )
    rule = rule_of(kept)
    if term.days == days:
        return term
    rule.chosen, rule.days, rule.version = True, days, rule.version + 1
    after = Term(kept, rule, days)
    record(
        "retention.changed",
        f"“{kept.title}” are kept {_span(after)}, not {_span(term)}",
        kind=kept.name,
        days=days,
        before=term.days,
    )
    return after


def _span(term: Term) -> str:
    return term.words if term.days is None else f"for {term.words}"


def rule_of(kept: Kept) -> Rule:
    """Return the row of a kind, made when there is none."""
    rule = db.session.get(Rule, kept.name)
    if rule is None:
        rule = Rule(name=kept.name)
        db.session.add(rule)
        db.session.flush()
    return rule


def due(wanted: Mapping[str, Term]) -> dict[str, Due]:
    """Say of each kind how much would go now, in one statement that looks at no more than it must."""
    parts = [_counted(term) for term in wanted.values()]
    rows = db.session.execute(union_all(*parts)).all() if parts else []
    return {row.name: Due(row.many, row.oldest) for row in rows}


def _counted(term: Term) -> Select[Any, Any, Any]:
    kept = term.kept
    first = (
        select(kept.at.label("at"))
        .where(kept.holds, kept.at.is_not(None), *since(term))
        .order_by(kept.by)
        .limit(1)
        .scalar_subquery()
    )
    return select(
        literal(kept.name).label("name"), _many(term).label("many"), first.label("oldest")
    )


def _many(term: Term) -> ColumnElement[int]:
    if term.before is None:
        return literal(0)
    some = select(literal(1)).where(*goes(term, term.before), *since(term)).limit(MOST + 1)
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


def goes(term: Term, before: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions under which a row is old enough and nothing needs it."""
    kept = term.kept
    found = [kept.holds, kept.free, kept.at < before]
    if isinstance(kept.by.type, Uuid):
        found.append(kept.by < first_id(before))
    return found


def since(term: Term) -> Sequence[ColumnElement[bool]]:
    """Return the condition that leaves out what was seen to hold nothing any more."""
    reached = term.rule.reached if term.rule else None
    return [] if reached is None else [term.kept.by >= read_mark(term.kept, reached)]


def read_mark(kept: Kept, text: str) -> Any:
    """Return how far a clean-up came, as a value of ``Kept.by``."""
    if isinstance(kept.by.type, UtcDateTime):
        return datetime.fromisoformat(text)
    return kept.by.type.python_type(text)


def write_mark(value: Any) -> str:
    """Return it as it is stored."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
