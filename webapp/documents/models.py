"""An uploaded file."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import Model, db
from webapp.knowledge.models import Source, SourceKind, also_called


class Document(Model):
    """A file as it was uploaded; what is known of its text is its source's."""

    __tablename__ = "documents"

    source_id: Mapped[int] = mapped_column(
        ForeignKey("knowledge_sources.id", ondelete="CASCADE"), primary_key=True
    )
    #: The name that its owner gave it: shown and offered for download, never a path.
    filename: Mapped[str] = mapped_column(String(300))
    #: Of its bytes: the same bytes twice are one document.
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int]
    #: Where it lies in the storage: ``documents/ab/abcd…-0199…``, the hash and what makes it this upload's alone.
    path: Mapped[str] = mapped_column(String(200))
    #: The encoding of a text without a mark of its own, when somebody has chosen one.
    encoding: Mapped[str | None] = mapped_column(String(32))

    source: Mapped[Source] = relationship()


def _file_of(source: Source) -> tuple[str, ...]:
    document = db.session.get(Document, source.id)
    return () if document is None else (document.filename,)


also_called[SourceKind.DOCUMENT] = _file_of
