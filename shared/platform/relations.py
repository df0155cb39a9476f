"""The tables or views of a database that have the names of our tables."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Inspector, Table, inspect
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql import ClauseElement

from shared.database.rows.promises import OF_PLATFORM
from shared.database.schema import qualified, schema_of, written
from shared.database.tables import payments

SEEN: Final = tuple(table for table in OF_PLATFORM if table is not payments)
"""What a platform shows us, as tables or as views."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or a view that stands for one of our tables. `columns`: as an Inspector describes them, by name."""

    connection: Connection
    inspector: Inspector
    table: Table
    is_view: bool
    columns: Mapping[str, Any]

    @property
    def schema(self) -> str | None:
        return schema_of(self.connection)

    @property
    def dialect(self) -> str:
        return self.connection.dialect.name

    @property
    def full_name(self) -> str:
        """Its name as SQL has to write it."""
        return qualified(self.connection, self.table.name)

    @property
    def is_inserted_into(self) -> bool:
        """Whether the jobs insert rows, which they never do into what a platform shows us."""
        return self.table not in SEEN


def relations(connection: Connection, tables: Iterable[Table]) -> Iterator[Relation | Table]:
    """Yield, for each of our tables, what stands for it in the database, or the table itself where nothing does."""
    inspector, schema = inspect(connection), schema_of(connection)
    views = {*inspector.get_view_names(schema)}
    there = {*inspector.get_table_names(schema), *views}
    for table in tables:
        if table.name not in there:
            yield table
        else:
            columns = {each["name"]: each for each in inspector.get_columns(table.name, schema)}
            yield Relation(connection, inspector, table, table.name in views, columns)


def statement(connection: Connection, element: ClauseElement) -> str:
    """Return a statement on one line; one that makes an index lets others write meanwhile, where it can."""
    line = " ".join(written(connection, element).split())
    is_index = isinstance(element, CreateIndex) and connection.dialect.name == "postgresql"
    return line.replace(" INDEX ", " INDEX CONCURRENTLY ", 1) if is_index else line
