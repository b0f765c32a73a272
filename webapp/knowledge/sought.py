"""What a database is asked for."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from webapp.knowledge.models import SourceKind

#: As in SQLite's ``bm25()``, and what a word is worth that most passages have.
K1, B, LEAST_WORTH = 1.2, 0.75, 1e-6


class SoughtWord(NamedTuple):
    """A word, by the terms that the index has for it."""

    terms: tuple[str, ...]
    #: See ``worth``; that of all its terms together, for they are one word.
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


def worth(passages: int, having: int) -> float:
    """Return what it says that a passage has a word which ``having`` of all have (idf)."""
    having = min(having, passages)  # which counts a passage with two forms of the word twice
    return max(LEAST_WORTH, math.log((passages - having + 0.5) / (having + 0.5)))


def weight(times: float, length: int, mean: float) -> float:
    """Return how much a word's standing so often in a passage of this length counts (0 to 2.2)."""
    return times * (K1 + 1) / (times + K1 * (1 - B + B * length / mean)) if times else 0.0
