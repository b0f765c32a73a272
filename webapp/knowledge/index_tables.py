"""The tables of the index: full-text search of SQLite itself; on PostgreSQL postings of our own."""

from typing import Any

from sqlalchemy import ARRAY, DDL, BigInteger, ForeignKey, Index, String, event
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.types import JSON

from webapp.extensions import Model
from webapp.knowledge.models import Chunk

#: Never split by the tokenizer: what terms are made of besides letters and digits. All other
#: characters of ASCII part terms, all of the rest of Unicode belong to them, and case is ours already.
OURS = ".:@+_-"
#: A virtual table, its list of terms, and what keeps both clean however a passage goes.
SQLITE = (
    f"CREATE VIRTUAL TABLE knowledge_index USING fts5(terms, tokenize=\"ascii tokenchars '{OURS}'\")",
    "CREATE VIRTUAL TABLE knowledge_index_terms USING fts5vocab(knowledge_index, row)",
    """CREATE TRIGGER knowledge_index_follows AFTER DELETE ON knowledge_chunks
    BEGIN DELETE FROM knowledge_index WHERE rowid = old.id; END""",
)
SQLITE_AWAY = (
    "DROP TRIGGER IF EXISTS knowledge_index_follows",
    "DROP TABLE IF EXISTS knowledge_index_terms",
    "DROP TABLE IF EXISTS knowledge_index",
)
NUMBERS = JSON().with_variant(ARRAY(BigInteger), "postgresql")


class Posting(Model):
    """In which passages of a reading a term stands, some hundred passages a row. PostgreSQL only."""

    __tablename__ = "knowledge_postings"
    # A search reads this index alone: in it, what belongs to a term stands together.
    __table_args__ = (
        Index(
            "ix_knowledge_postings_term",
            "term",
            postgresql_include=["reading_id", "size", "passages"],
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reading_id: Mapped[int] = mapped_column(
        ForeignKey("knowledge_readings.id", ondelete="CASCADE"), index=True
    )
    term: Mapped[str] = mapped_column(String(64, collation="C").with_variant(String(64), "sqlite"))
    #: How many passages.
    size: Mapped[int]
    #: Of each passage in one number: its id, how often it has the term (8 bits), its length in terms
    #: (16 bits).
    passages: Mapped[list[Any]] = mapped_column(NUMBERS)


class Tally(Model):
    """How many passages of a language the index holds of a reading, and their terms together."""

    __tablename__ = "knowledge_tallies"

    reading_id: Mapped[int] = mapped_column(
        ForeignKey("knowledge_readings.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    chunks: Mapped[int]
    terms: Mapped[int]


for moment, lines in (("after_create", SQLITE), ("before_drop", SQLITE_AWAY)):
    for line in lines:
        ddl: ExecutableDDLElement = DDL(line)  # type: ignore[no-untyped-call]  # so in SQLAlchemy
        event.listen(Chunk.__table__, moment, ddl.execute_if(dialect="sqlite"))
