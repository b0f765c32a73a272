"""What files to download keep about people, and how it is forgotten."""

from sqlalchemy import or_, select, tuple_

from webapp import storage
from webapp.accounts.acting import record
from webapp.exports.models import Export
from webapp.extensions import db
from webapp.forgetting import Keeps, Person, Steps


def forget(person: Person) -> Steps:
    """Remove the files that were made about a person. Those that name them are found by what is in them."""
    about = tuple_(Export.subject_type, Export.subject_id)
    mine = select(Export.id).where(or_(*(about == tuple_(*one) for one in person.subjects)))
    for export_id in db.session.scalars(mine).all():
        yield remove(export_id)


def remove(export_id: int) -> int:
    """Remove a file and what is written down of it; return 1, or 0 when it is gone already. Commits."""
    path = db.session.scalar(select(Export.path).where(Export.id == export_id))
    db.session.commit()
    if path:
        storage.delete(path)
    export = db.session.get(Export, export_id)
    if export is None:
        return 0
    record("export.removed", f"Removed the file {export.id} with somebody’s data", about=export)
    db.session.delete(export)
    return 1


KEEPS = Keeps(
    sentences={Export: "args filename"},
    free={Export: "what subject_type subject_id path"},
    forget=forget,
)
