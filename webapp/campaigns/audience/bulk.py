"""Thousands of rows at a time: each database by its own fastest way, in the session's transaction."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, any_, literal
from sqlalchemy.orm import InstrumentedAttribute

from webapp.extensions import db

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def add(table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows; a dict or list in them is stored as JSON, and anything else as it is.

    Whatever stands already makes it fail, so look before.
    """
    plain = [tuple(_JSON(v) if isinstance(v, (dict, list)) else v for v in row) for row in rows]
    connection, names = db.session.connection(), ", ".join(f'"{name}"' for name in columns)
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(columns))
        line = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - names of ours
        connection.exec_driver_sql(line, plain)
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in plain:
            copy.write_row(row)


def among(column: InstrumentedAttribute[Any], wanted: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a column is one of thousands of texts, without a parameter for each."""
    if db.engine.dialect.name == "postgresql":
        return column == any_(literal(list(wanted), ARRAY(String)))
    return column.in_(wanted)
