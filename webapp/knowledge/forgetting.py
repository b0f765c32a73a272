"""What knowledge keeps about people, and how it is forgotten."""

from collections.abc import Sequence

from sqlalchemy import delete, true

from webapp.extensions import db
from webapp.forgetting import Keeps, Kept, Steps
from webapp.knowledge.index_tables import Posting, Tally
from webapp.knowledge.models import Chunk, Part, Question, QuestionState, Reading, Source, Vector


def remove_questions(ids: Sequence[int], _size: int) -> Steps:
    """Remove questions with their answers."""
    db.session.execute(
        delete(Question)
        .where(Question.id.in_(ids), Question.state != QuestionState.WAITING)
        .execution_options(synchronize_session=False)
    )
    yield len(ids)


OLD = (
    Kept(
        name="questions",
        title="Questions asked of the knowledge",
        unit="questions",
        goes="The question, and the answer that a model wrote.",
        stays="The documents and websites from which it was answered.",
        key=Question.id,
        by=Question.created_at,
        at=Question.created_at,
        holds=true(),
        free=Question.state != QuestionState.WAITING,
        remove=remove_questions,
    ),
)
KEEPS = Keeps(
    sentences={Question: "text answer citations note"},
    published={
        Source: "name error advice",
        Reading: "place about carry",
        Part: "label text marks",
        Chunk: "text place",
        # Of the words of the passages; rebuilt with them.
        Posting: "term",
    },
    free={
        Question: "source_ids kind written_by",
        Reading: "made_with sha256 format",
        Chunk: "language sha256",
        Posting: "passages",
        Tally: "language",
        Vector: "model numbers",
    },
    old=OLD,
)
