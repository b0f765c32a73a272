"""Sources of knowledge in every state, for the pages that show them."""

from dataclasses import dataclass

from webapp.clock import now
from webapp.documents.models import Document
from webapp.extensions import db
from webapp.knowledge.models import (
    Chunk,
    Part,
    PartUnit,
    Question,
    QuestionState,
    Reading,
    Source,
    SourceKind,
    SourceState,
)
from webapp.websites.models import PageState, WebPage, Website

WORDS = "We open at nine. On Sundays the house is closed.\n\nA room costs 1,200 rupees a night."


@dataclass
class Knowledge:
    """What is known: a document in each state, and a website with a page in each state."""

    documents: dict[str, Source]
    website: Source
    pages: dict[str, WebPage]
    reading: Reading
    chunk: Chunk
    question: Question


def some_knowledge() -> Knowledge:
    """Store them."""
    documents = {state.value: a_document(number, state) for number, state in enumerate(SourceState)}
    website = Source(
        kind=SourceKind.WEBSITE, name="hotel.example", state=SourceState.READY, read_at=now(),
        parts=1, chunks=1, size=4_000,
    )  # fmt: skip
    db.session.add(website)
    db.session.flush()
    db.session.add(
        Website(source_id=website.id, url="https://hotel.example/", scope="https://hotel.example/",
                max_pages=500, crawl=1, crawl_began_at=now(), ended_because="Every page was read.")
    )  # fmt: skip
    pages = {
        state.value: WebPage(
            source_id=website.id, url=f"https://hotel.example/{state}", crawl=1, state=state,
            note="robots.txt asks not to read it." if state == PageState.SKIPPED else None,
        )
        for state in PageState
    }  # fmt: skip
    db.session.add_all(pages.values())
    reading, chunk = a_reading(documents["ready"])
    pages["read"].reading = a_reading(website, "https://hotel.example/read")[0]
    question = Question(
        text="When do you open?", state=QuestionState.ANSWERED, known=True, written_by="a-model",
        answer="We open at nine. [1]",
        citations=[{"number": 1, "chunk_id": chunk.id, "source": "Rules.txt", "place": "lines 1 to 3",
                    "text": "We open at nine."}],
    )  # fmt: skip
    db.session.add(question)
    db.session.commit()
    return Knowledge(documents, website, pages, reading, chunk, question)


def a_document(number: int, state: SourceState) -> Source:
    """Return a document in a state."""
    wrong = state == SourceState.FAILED
    source = Source(
        kind=SourceKind.DOCUMENT, name="A document with a rather long name, as some have.txt",
        state=state, size=2_000,
        error="This file is empty." if wrong else None,
        advice="Look at it, and upload it again." if wrong else None,
    )  # fmt: skip
    db.session.add(source)
    db.session.flush()
    sha256 = f"{number:064x}"
    db.session.add(
        Document(source_id=source.id, filename=source.name, sha256=sha256, size=2_000,
                 path=f"documents/00/{sha256}")
    )  # fmt: skip
    return source


def a_reading(source: Source, place: str = "") -> tuple[Reading, Chunk]:
    """Return what can be found of a source, and a passage of it."""
    reading = Reading(
        source_id=source.id, place=place, live=True, format="txt", total=1, parts=1, cut=1,
        chunks=1, whole=True,
    )  # fmt: skip
    db.session.add(reading)
    db.session.flush()
    db.session.add(Part(reading_id=reading.id, ordinal=1, unit=PartUnit.SECTION, text=WORDS))
    chunk = Chunk(
        source_id=source.id, reading_id=reading.id, ordinal=1, text=WORDS, part_from=1, part_to=1,
        start=0, end=len(WORDS), place={"lines": [1, 3]}, language="en", sha256="0" * 64,
    )  # fmt: skip
    db.session.add(chunk)
    source.read_at, source.parts, source.chunks = now(), 1, 1
    return reading, chunk
