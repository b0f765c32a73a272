"""Answers to questions, out of what is known: sentences that are quoted, each with its place."""

from collections.abc import Sequence
from typing import NamedTuple

from webapp.knowledge import quoting
from webapp.knowledge.models import Chunk, SourceKind
from webapp.knowledge.searching import Found, Hit, search

QUOTED = "quoted"
#: Passages that an answer comes with.
PASSAGES = 10
UNKNOWN = "Nothing in your documents answers this."


class Citation(NamedTuple):
    """What a part of an answer stands on."""

    #: The passage, as it is numbered in the answer's text and among its ``hits``, from 1 on.
    number: int
    chunk: Chunk
    #: Where the sentence stands in ``chunk.text``.
    span: tuple[int, int]

    @property
    def text(self) -> str:
        """The sentence, on one line."""
        return quoting.one_line(self.chunk.text[slice(*self.span)])


class Answer(NamedTuple):
    """What is known about a question."""

    #: Sentences with their citations, such as "Breakfast is from seven to ten. [1]".
    text: str
    citations: list[Citation]
    #: The passages that were found, the best first, whether they answer or not.
    hits: list[Hit]
    known: bool
    #: "quoted", or the name of the model.
    written_by: str = QUOTED
    #: There are more passages than ``hits``.
    more: bool = False
    #: What the reader should know of how it came about, such as that the model was away.
    note: str = ""


def answer(
    question: str, *, source_ids: Sequence[int] | None = None, kind: SourceKind | None = None
) -> Answer:
    """Answer a question, in any language, from what can be found now. Any text is a question."""
    return quoted(question, passages(question, source_ids=source_ids, kind=kind))


def quoted(question: str, found: Found) -> Answer:
    """Answer by sentences of passages that were found, as they stand there."""
    chosen = quoting.quotes(question, found.hits)
    if not chosen:
        return Answer(UNKNOWN, [], found.hits, known=False, more=found.more)
    citations = [Citation(one.number, one.chunk, one.span) for one in chosen]
    text = " ".join(f"{one.text} [{one.number}]" for one in citations)
    return Answer(text, citations, found.hits, known=True, more=found.more)


def passages(
    question: str,
    *,
    source_ids: Sequence[int] | None = None,
    kind: SourceKind | None = None,
    offset: int = 0,
    typing: bool = False,
) -> Found:
    """Return ten passages, the best first; ``typing``: the last word may be unfinished."""
    return search(
        question, source_ids=source_ids, kind=kind, limit=PASSAGES, offset=offset, prefix=typing
    )
