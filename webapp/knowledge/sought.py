"""What a database is asked for."""

from collections.abc import Sequence
from typing import NamedTuple

from webapp.knowledge.models import SourceKind


class SoughtWord(NamedTuple):
    """A word, by the terms that the index has for it."""

    terms: tuple[str, ...]
    #: See ``index.worth``; that of all its terms together, for they are one word.
    worth: float
    #: So seldom that passages are looked for by it; the others only help to rank those.
    rare: bool
    #: Passages without it are not wanted: it is part of a phrase.
    needed: bool


class Sought(NamedTuple):
    """Words, and where."""

    words: tuple[SoughtWord, ...]
    #: Mean length of a passage, in terms.
    length: float
    source_ids: Sequence[int] | None = None
    kind: SourceKind | None = None
