"""What a document leaves behind when its source is removed: the file, and the row that names it."""

from sqlalchemy import delete, select

from webapp import storage
from webapp.documents.models import Document
from webapp.extensions import db
from webapp.knowledge.models import SourceKind
from webapp.knowledge.removing import leavings


def take_away(source_id: int) -> None:
    """Remove the file, then the row: until then nobody can upload the same bytes to that path. Commits.

    Raises ``storage.Away``.
    """
    path = db.session.scalar(select(Document.path).where(Document.source_id == source_id))
    db.session.commit()  # nothing is held while the storage works
    if path is not None:
        storage.delete(path)
        db.session.execute(delete(Document).where(Document.source_id == source_id))
        db.session.commit()


leavings[SourceKind.DOCUMENT] = take_away
