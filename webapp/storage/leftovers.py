"""Files that no row names: what is left when a process dies between storing one and saying so."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import select

from webapp import storage
from webapp.clock import now
from webapp.extensions import db

#: An upload that goes on is younger.
OLD = timedelta(days=1)
AT_ONCE = 500


def remove_unknown(folder: str, column: Any) -> Iterator[int]:
    """Remove the files under a folder that no row names in its column, if they are a day old.

    Gives after some hundred how many of them went. Commits. Raises storage.Away.
    """
    old = (path for path, moment in storage.paths(folder) if moment < now() - OLD)
    while some := list(islice(old, AT_ONCE)):
        known = set(db.session.scalars(select(column).where(column.in_(some))))
        db.session.commit()
        unknown = [path for path in some if path not in known]
        for path in unknown:
            storage.delete(path)
        yield len(unknown)
