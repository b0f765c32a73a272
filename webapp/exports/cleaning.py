"""Files that have been kept long enough."""

from sqlalchemy import select

from webapp import storage
from webapp.accounts.acting import record
from webapp.clock import now
from webapp.exports.models import KEPT_FOR, Export
from webapp.extensions import db

BATCH = 20


def remove_some(limit: int = BATCH) -> int:
    """Remove at most so many files, with what is written down about them; return how many. Commits."""
    query = select(Export.id, Export.path).where(Export.created_at <= now() - KEPT_FOR)
    old = db.session.execute(query.order_by(Export.id).limit(limit)).all()
    db.session.commit()
    for _, path in old:
        if path:
            storage.delete(path)
    over = db.session.scalars(select(Export).where(Export.id.in_([one.id for one in old]))).all()
    for export in over:
        record("export.removed", f"Removed the file “{export.filename}”", about=export)
        db.session.delete(export)
    return len(over)
