"""What knowledge keeps about people, and how it is forgotten."""

from sqlalchemy import true

from webapp.forgetting import Keeps, Kept
from webapp.knowledge.index_tables import Posting, Tally
from webapp.knowledge.models import Chunk, Part, Question, QuestionState, Reading, Source, Vector

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
