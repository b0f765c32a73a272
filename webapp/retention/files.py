"""Files that have somebody in them: those to download, and lists of recipients that were not read to their end."""

import codecs

from sqlalchemy import select

from webapp import storage
from webapp.campaigns.models import Source, SourceState
from webapp.exports import forgetting as exports
from webapp.exports.models import Export
from webapp.extensions import db
from webapp.forgetting import Steps
from webapp.jobs.running import Impossible
from webapp.retention.words import Words

#: So much of the end of a part is looked at again with the next: longer than any name or address.
OVERLAP = 600
#: A list in these is read no further unless somebody asks for it.
GIVEN_UP = (SourceState.FAILED, SourceState.STOPPED)


def remove_naming(words: Words) -> Steps:
    """Remove each file that has one of the words. Commits. Raises storage.Away.

    Raises Impossible for a list of recipients that is about to be read.
    """
    query = select(Export.id, Export.path).where(Export.path.is_not(None)).order_by(Export.id)
    found = db.session.execute(query).all()
    db.session.commit()  # a file is as long as it is
    for export_id, path in found:
        yield exports.remove(export_id) if names(path, words) else 0
    lists = select(Source.id, Source.path, Source.encoding).where(Source.path.is_not(None))
    sources = db.session.execute(lists).all()
    db.session.commit()
    for source_id, path, encoding in sources:
        yield _remove_list(source_id, path) if names(path, words, encoding) else 0


def _remove_list(source_id: int, path: str | None) -> int:
    source = db.session.get(Source, source_id)
    if source is None or path is None or source.path != path:
        return 0
    if source.state not in GIVEN_UP:
        raise Impossible(
            f"The list “{source.filename}” of the campaign “{source.campaign.name}” names this "
            "customer and has not been read yet.",
            "Let it be read, or remove it. Then try again.",
        )
    source.path = None
    db.session.commit()
    storage.delete(path)
    return 1


def names(path: str | None, words: Words, encoding: str | None = None) -> bool:
    """Say whether a text file has one of the words; one that is gone has none."""
    decoder = codecs.getincrementaldecoder(encoding or "utf-8")("replace")
    tail = ""
    if path is None:
        return False
    try:
        for part in storage.read(path):
            text = tail + decoder.decode(part)
            if words.stand_inside(text, by_name=True):
                return True
            tail = text[-OVERLAP:]
    except FileNotFoundError:
        return False
    return False
