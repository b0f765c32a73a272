"""One statement for many rows: as one on PostgreSQL, as a list of them on SQLite, compiled once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, Connection, Executable, bindparam, column, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Values = Mapping[str, ColumnElement[Any]]
Build = Callable[[Values], Any]
#: An UPDATE keeps the names of its columns to itself.
PREFIX = "each_"


class Many:
    """An UPDATE or INSERT that is run for each of many rows.

    ``build`` makes the statement from what stands for each row's values; whatever else it binds is
    the same for all rows and given by name. PostgreSQL gets all rows as arrays, in one round trip
    and one plan; SQLite has no round trip, and so runs the statement for each.
    """

    def __init__(self, types: Mapping[str, TypeEngine[Any]], build: Build) -> None:
        self.types = types
        self.build = build
        self._made: dict[str, Any] = {}

    def __call__(self, connection: Connection, rows: Sequence[Sequence[Any]], **same: Any) -> None:
        """Run it for rows of values, in the order in which their types were given."""
        if not rows:
            return
        if connection.dialect.name == "postgresql":
            columns = (list(values) for values in zip(*rows, strict=True))
            arrays = zip(self.types, columns, strict=True)
            values = {f"{PREFIX}{name}": array for name, array in arrays}
            connection.execute(self._for_arrays(), {**values, **same})
        else:
            text, order = self._for_each(connection)
            names = {f"{PREFIX}{name}": place for place, name in enumerate(self.types)}
            fixed = [None if name in names else process(same.get(name, value))
                     for name, process, value in order]  # fmt: skip
            places = [(names.get(name), process) for name, process, _value in order]
            connection.exec_driver_sql(text, [_bound(row, places, fixed) for row in rows])

    def _for_arrays(self) -> Executable:
        if "arrays" not in self._made:
            arrays = [_bind(name, ARRAY(kind)) for name, kind in self.types.items()]
            columns = [column(name, kind) for name, kind in self.types.items()]
            each = func.unnest(*arrays).table_valued(*columns).render_derived(name="each")
            self._made["arrays"] = self.build({name: each.c[name] for name in self.types})
        return cast("Executable", self._made["arrays"])

    def _for_each(self, connection: Connection) -> Any:
        if "each" not in self._made:
            binds = {name: _bind(name, kind) for name, kind in self.types.items()}
            dialect = connection.dialect
            made = cast(
                "SQLCompiler",
                self.build(binds).compile(
                    dialect=dialect, compile_kwargs={"render_postcompile": True}
                ),
            )
            processors = {
                name: bind.type.dialect_impl(dialect).bind_processor(dialect)
                for name, bind in made.binds.items()
            }
            order = [
                (name, _unless_none(processors[name]), made.params.get(name))
                for name in made.positiontup or ()
            ]
            self._made["each"] = str(made), order
        return self._made["each"]


def _bind(name: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
    return bindparam(f"{PREFIX}{name}", type_=kind)


def _bound(row: Sequence[Any], places: Sequence[Any], fixed: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        [
            fixed[number] if place is None else process(row[place])
            for number, (place, process) in enumerate(places)
        ]
    )


def _unless_none(process: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    if process is None:
        return _same
    return lambda value: None if value is None else process(value)


def _same(value: Any) -> Any:
    return value
