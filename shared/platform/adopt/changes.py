"""What a platform changed since its views were written."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, column, inspect, select, table

from shared.platform.adopt.adoption import Unserved
from shared.platform.adopt.reflecting import reflect
from shared.platform.adopt.structure import Structure
from shared.platform.adopt.writing import RECORD


def changes(connection: Connection, schema: str, into: str) -> list[str] | Unserved:
    """Return what changed, one line each; or that nothing was adopted."""
    inspector = inspect(connection)
    if not inspector.has_table(RECORD, into):
        return Unserved((f"there is no {into}.{RECORD}: run the file that db adopt writes first",))
    names = ("view_name", "table_name", "column_name", "type_name", "known")
    record = table(RECORD, *map(column, names), schema=into)
    rows = connection.execute(select(record)).all()
    views = set(inspector.get_view_names(into))
    gone = [
        f"the view {into}.{name} is gone; run the file again"
        for name in sorted({each.view_name for each in rows} - views)
    ]
    structure = reflect(connection, schema)
    return [*gone, *(line for each in rows for line in _of_column(structure, each))]


def _of_column(structure: Structure, row: Any) -> Iterator[str]:
    name = f"{row.table_name}.{row.column_name}"
    its_table = structure.table(row.table_name)
    found = its_table.column(row.column_name) if its_table else None
    if found is None:
        yield f"{name} is gone, which the view {row.view_name} reads"
    elif found.written != row.type_name:
        yield f"{name} is {found.written} and was {row.type_name}"
    elif new := _unknown(found.values, json.loads(row.known)):
        yield f"{name} has new values that the view {row.view_name} does not know: {', '.join(new)}"


def _unknown(values: tuple[str, ...], known: list[str]) -> list[str]:
    """Return the words that a view does not map. Nothing is known of a column that holds no words."""
    known_ = {each.lower() for each in known}
    return [each for each in values if known and each.lower() not in known_]
