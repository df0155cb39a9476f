"""`db adopt`: the SQL that shows the jobs a platform's own tables."""

import re
import sys
from pathlib import Path
from typing import Final

import click
from sqlalchemy import Connection, Engine

from shared.application import open_database
from shared.cli.common.showing import echo
from shared.database.engine import reading, shown
from shared.errors import DatabaseUnusable, UsageError
from shared.platform.adopt.adoption import Adoption, Unserved
from shared.platform.adopt.changes import changes
from shared.platform.adopt.mapping import adopted
from shared.platform.adopt.reflecting import reflect
from shared.platform.adopt.writing import file

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@click.command()
@click.option("--from", "schema", required=True, metavar="SCHEMA", help="The schema with the platform's tables.")
@click.option("--into", default="petcare", metavar="SCHEMA", help="The schema for our views. Default: petcare.")
@click.option("--out", type=click.Path(path_type=Path), help="The file to write. Default: stdout.")
@click.option("--check", "is_check", is_flag=True, help="Name what changed since; write nothing.")
def adopt(schema: str, into: str, out: Path | None, is_check: bool) -> None:
    """Write the SQL that shows the jobs a platform's own tables. It changes nothing in the database."""
    if not _NAME.fullmatch(into) or into == schema:
        raise UsageError(f"--into {into!r}: name a schema of its own, in small letters, digits and _, like petcare")
    if out and out.exists():
        raise UsageError(f"{out} is there already, perhaps with what was decided in it; name another file")
    engine = open_database()
    if engine.dialect.name == "sqlite":
        raise UsageError("db adopt needs PostgreSQL or SQL Server: SQLite has no schemas")
    if is_check:
        _check(engine, schema, into)
    else:
        _write(engine, schema, into, out)


def _check(engine: Engine, schema: str, into: str) -> None:
    with reading(engine) as connection:
        found = changes(connection, schema, into)
    if isinstance(found, Unserved):
        raise DatabaseUnusable(*found.lines)
    echo(*found or ["nothing changed that the views read"])
    sys.exit(1 if found else 0)


def _write(engine: Engine, schema: str, into: str, out: Path | None) -> None:
    with reading(engine) as connection:
        adoption = _adopted(connection, schema, into)
    if isinstance(adoption, Unserved):
        lines = adoption.lines
        raise DatabaseUnusable(f"the tables of {schema} in {shown(engine.url)} cannot be served as they are:", *lines)
    written = file(adoption)
    if out is None:
        click.echo(written, nl=False)
        return
    try:
        out.write_text(written, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error
    decisions = written.count("-- DECIDE")
    echo(
        f"{out} shows {len(adoption.views)} tables of {schema} in the schema {into}; nothing was changed",
        f"{decisions} lines in it are to be decided: look for DECIDE",
        f"then run it, set DATABASE_SCHEMA={into}, and run: python -m shared db upgrade",
    )


def _adopted(connection: Connection, schema: str, into: str) -> Adoption | Unserved:
    structure = reflect(connection, schema)
    if not structure.tables:
        return Unserved((f"there are no tables in the schema {schema}",))
    return adopted(structure, into)
