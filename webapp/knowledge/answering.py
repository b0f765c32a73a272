"""Answers to questions, out of what is known: sentences that are quoted, each with its place."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from webapp.extensions import db
from webapp.knowledge import model, quoting, vectors, writing
from webapp.knowledge.models import Chunk, SourceKind
from webapp.knowledge.searching import Found, Hit, search

QUOTED = "quoted"
#: Passages that an answer comes with.
PASSAGES = 10
IN_ITS_PLACE = "So this is quoted, not written."
BY_WORDS = "So passages were sought by their words alone, not by what they mean."
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
    question: str,
    *,
    source_ids: Sequence[int] | None = None,
    kind: SourceKind | None = None,
    before_model: Callable[[], object] = lambda: None,
) -> Answer:
    """Answer a question, in any language, from what can be found now. Any text is a question.

    With a model configured it writes the answer, which may take a minute: only in a job, which
    commits in ``before_model``. When the model is away, or does not say where its answer stands,
    the quoted answer is given, with a note.
    """
    found = passages(question, source_ids=source_ids, kind=kind)
    written_by = model.name()
    if written_by is None or not found.hits:
        return quoted(question, found)
    note = ""
    if model.embeddings_name():
        found, note = _by_meaning(question, source_ids, kind, before_model)
    plain = quoted(question, found)._replace(note=note)
    asked = writing.prompt(question, found.hits)
    _let_go(found.hits)
    before_model()
    try:
        written = writing.believed(model.chat(asked), found.hits)
    except writing.DoesNotKnow:
        return plain._replace(text=UNKNOWN, citations=[], known=False, written_by=written_by)
    except (writing.Unfounded, model.Away) as error:
        return plain._replace(note=f"{error} {IN_ITS_PLACE}")
    citations = [Citation(*one) for one in written.cited]
    return Answer(
        written.text,
        citations,
        found.hits,
        known=True,
        written_by=written_by,
        more=found.more,
        note=note,
    )


def _by_meaning(
    question: str,
    source_ids: Sequence[int] | None,
    kind: SourceKind | None,
    before_model: Callable[[], object],
) -> tuple[Found, str]:
    """Return the passages ranked by words and meaning, and a note if it was by words alone."""
    found = search(question, source_ids=source_ids, kind=kind, limit=vectors.COMPARED)
    known, note, hits = vectors.of(found.hits), "", found.hits
    _let_go(hits)
    before_model()
    try:
        hits = vectors.ranked(question, hits, known)
    except model.Away as error:
        note = f"{error} {BY_WORDS}"
    return Found(hits[:PASSAGES], more=found.more or len(hits) > PASSAGES), note


def _let_go(hits: Sequence[Hit]) -> None:
    """Keep passages as they are now, even if a document is read anew while the model writes."""
    chunks = [hit.chunk for hit in hits]
    rows = [row for one in chunks for row in (one.reading.source, one.source, one.reading, one)]
    for row in rows:
        if row in db.session:
            db.session.expunge(row)


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
