"""What stands below the file as comments: indexes for the platform's own migrations, and grants for two roles."""

from collections.abc import Iterator

from sqlalchemy import Table

from shared.database import tables
from shared.platform.adopt.adoption import Adoption, View
from shared.platform.adopt.expressions import in_comment, quoted
from shared.platform.adopt.triggers import WRITES

_OURS = {each.name: each for each in tables.metadata.sorted_tables}


def indexes(adoption: Adoption) -> Iterator[str]:
    """Yield the indexes that the queries of the jobs need and the platform's tables lack."""
    missing = [line for its in adoption.views for line in _missing(adoption, its, _OURS[its.name])]
    if missing:
        yield "-- Without these the jobs read whole tables. They belong into the platform's own migrations:"
        yield from missing
        if any("'UTC'" in each for each in missing):
            yield "-- In the place of UTC stands the zone that platform_zone() returns."


def _missing(adoption: Adoption, its: View, ours: Table) -> Iterator[str]:
    dialect = adoption.structure.dialect
    for index in sorted(ours.indexes, key=lambda each: str(each.name)):
        columns = [its.column(each.name) for each in index.columns]
        names = tuple(each.theirs.name for each in columns if each.theirs)
        if not any(each[: len(names)] == names for each in its.table.indexes) or _is_computed(columns[-1].sql):
            table = quoted(dialect, adoption.structure.schema, its.table.name)
            keys = ", ".join(_key(adoption, each.sql) for each in columns)
            yield in_comment(
                f"-- CREATE INDEX ON {table} ({keys});" if dialect == "postgresql" else _named(table, index, keys)
            )


def _named(table: str, index: object, keys: str) -> str:
    return f"-- CREATE INDEX {getattr(index, 'name', '')} ON {table} ({keys});"


def _is_computed(sql: str) -> bool:
    return "platform_zone" in sql


def _key(adoption: Adoption, sql: str) -> str:
    """Return a key of an index: a timestamp without a zone is found by the instant that the view makes of it."""
    zone = f"{quoted(adoption.structure.dialect, adoption.into, 'platform_zone')}()"
    return sql.replace(zone, "'UTC'").removeprefix("t.").replace("(t.", "(")


def grants(adoption: Adoption) -> Iterator[str]:
    """Yield what two roles need, and no more: one that runs this file and `db upgrade`, one that runs the jobs.

    The views are read with their owner's rights, and their triggers write with those of whoever runs the jobs.
    """
    dialect, into = adoption.structure.dialect, quoted(adoption.structure.dialect, adoption.into)
    yield "-- Two roles are enough: petcare_owner runs this file and `db upgrade`, petcare_jobs runs the jobs."
    yield "-- Before, by whoever owns the platform's tables (and what its own triggers write, to petcare_jobs):"
    if dialect == "postgresql":
        yield f"-- CREATE SCHEMA {into} AUTHORIZATION petcare_owner;"
        yield in_comment(f"-- GRANT USAGE ON SCHEMA {_schema(adoption)} TO petcare_owner, petcare_jobs;")
    tables_ = {each.table.name: each for each in adoption.views}
    if (roles := _users(adoption)) and roles not in tables_:
        yield in_comment(f"-- GRANT SELECT ON {_full(adoption, roles)} TO petcare_owner;  -- for who cancelled")
    for its in adoption.views:
        yield from (in_comment(f"-- {line}") for line in _on_theirs(adoption, its))
    yield "-- After `db upgrade`, by petcare_owner:"
    where = f"ALL TABLES IN SCHEMA {into}" if dialect == "postgresql" else f"SCHEMA::{into}"
    if dialect == "postgresql":
        yield f"-- GRANT USAGE ON SCHEMA {into} TO petcare_jobs;"
    yield f"-- GRANT SELECT, INSERT, UPDATE, DELETE ON {where} TO petcare_jobs;"
    if dialect == "postgresql":  # the views are made anew each time the file is run
        rights = "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO petcare_jobs"
        yield f"-- ALTER DEFAULT PRIVILEGES IN SCHEMA {into} {rights};"


def _on_theirs(adoption: Adoption, its: View) -> Iterator[str]:
    """Yield the grants on one of the platform's tables."""
    table = _full(adoption, its.table.name)
    yield f"GRANT SELECT ON {table} TO petcare_owner;"
    if its.name in WRITES:
        id_, written = quoted(adoption.structure.dialect, "id"), ", ".join(_written(adoption, its)) or ""
        locked = written or id_  # to lock a row takes the right to change something of it
        yield f"GRANT UPDATE ({locked}) ON {table} TO petcare_owner, petcare_jobs;"
        yield f"GRANT SELECT ({', '.join(filter(None, (id_, written)))}) ON {table} TO petcare_jobs;"


def _users(adoption: Adoption) -> str | None:
    """Return the table of the users that cancel, if those are named by their ids."""
    its = adoption.view("appointments")
    column = its.column("cancelled_by").theirs if its else None
    return column.refers_to if column else None


def _full(adoption: Adoption, table: str) -> str:
    return quoted(adoption.structure.dialect, adoption.structure.schema, table)


def _schema(adoption: Adoption) -> str:
    return quoted(adoption.structure.dialect, adoption.structure.schema)


def _written(adoption: Adoption, its: View) -> list[str]:
    names = [name for write in WRITES[its.name] for name in write.columns]
    columns = [its.column(name) for name in (*names, "updated_at")]
    return [quoted(adoption.structure.dialect, each.theirs.name) for each in columns if each.theirs]
