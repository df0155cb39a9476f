"""The schema that holds the tables. tables.py names none: statements are given it when they are executed."""

from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.sql import ClauseElement


def put_in_schema(engine: Engine, schema: str) -> None:
    """Let all statements of an engine name the tables of a schema. Its connections keep their search path."""
    engine.update_execution_options(schema_translate_map={None: schema})


def schema_of(connection: Connection) -> str | None:
    """Return the schema that holds the tables; None for the server's default."""
    schemas: dict[str | None, str] = connection.get_execution_options().get("schema_translate_map", {})
    return schemas.get(None)


def qualified(connection: Connection, name: str) -> str:
    """Return a table's name as SQL that is not built of tables must write it."""
    quote, schema = connection.dialect.identifier_preparer.quote, schema_of(connection)
    return ".".join(map(quote, filter(None, (schema, name))))


def written(connection: Connection, element: ClauseElement) -> str:
    """Return a statement that defines something, as it would be executed."""
    schemas: Any = connection.get_execution_options().get("schema_translate_map")
    options = {"schema_translate_map": schemas, "render_schema_translate": True} if schemas else {}
    return str(element.compile(dialect=connection.dialect, **options))
