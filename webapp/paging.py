"""Lists in pages: by the key of the last row seen, so that page 900 costs what page 1 costs."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import request, url_for
from sqlalchemy import ColumnElement, Select

from webapp.extensions import db

SIZE = 50
LARGEST = 2**31 - 1  # of PostgreSQL's INTEGER, which every numeric key is


class Page(NamedTuple):
    """Some rows of a list, newest first, and the addresses of its neighbours."""

    rows: Sequence[Any]
    newer: str | None
    older: str | None


def page(query: Select[Any], key: Any, *, size: int = SIZE) -> Page:
    """Return the part of a list that the address asks for with ``before`` or ``after``.

    ``key`` is a unique column; rows come in its descending order. A value that cannot be one of
    its is taken for the beginning of the list. A query of nothing but the key gives the keys.
    """
    before, after = _wanted(key, "before"), _wanted(key, "after")
    if after is not None:
        rows = list(
            db.session.scalars(query.where(key > after).order_by(key.asc()).limit(size + 1))
        )
        more_newer, more_older = len(rows) > size, True
        rows = rows[:size][::-1]
    else:
        limit = query if before is None else query.where(key < before)
        rows = list(db.session.scalars(limit.order_by(key.desc()).limit(size + 1)))
        more_newer, more_older = before is not None, len(rows) > size
        rows = rows[:size]
    if not rows:
        return Page(rows, _here() if before or after else None, None)
    return Page(
        rows,
        _here(after=getattr(rows[0], key.key, rows[0])) if more_newer else None,
        _here(before=getattr(rows[-1], key.key, rows[-1])) if more_older else None,
    )


def _wanted(key: ColumnElement[Any], name: str) -> Any:
    text = request.args.get(name)
    if not text:
        return None
    try:
        wanted = key.type.python_type(text)
    except (TypeError, ValueError):
        return None
    return None if isinstance(wanted, int) and abs(wanted) > LARGEST else wanted


def _here(**changed: Any) -> str:
    kept = {name: value for name, value in request.args.items() if name not in {"before", "after"}}
    return url_for(str(request.endpoint), **{**(request.view_args or {}), **kept, **changed})
