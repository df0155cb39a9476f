"""What stands below the file as comments: indexes for the platform's own migrations, and grants for two roles."""

from collections.abc import Iterator

from sqlalchemy import Table

from shared.database import tables
from shared.platform.adopt.expressions import in_comment, quoted
from shared.platform.adopt.mapping import STANDINGS, Adoption, View
from shared.platform.adopt.triggers import WRITES

_OURS = {each.name: each for each in tables.metadata.sorted_tables}


def indexes(adoption: Adoption) -> Iterator[str]:
    """Yield the indexes that the queries of the jobs need and the platform's tables lack."""
    missing = [line for its in adoption.views for line in _missing(adoption, its, _OURS[its.name])]
    if missing:
        yield "-- Without these the jobs read whole tables. They belong into the platform's own migrations:"
        yield from missing


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
    """Yield what two roles need, and no more: one that runs this file and `db upgrade`, one that runs the jobs."""
    dialect, schema = adoption.structure.dialect, quoted(adoption.structure.dialect, adoption.structure.schema)
    into = quoted(dialect, adoption.into)
    yield "-- Two roles: petcare_owner runs this file and `db upgrade`; petcare_jobs runs the jobs."
    if dialect == "postgresql":
        yield f"-- GRANT USAGE ON SCHEMA {schema}, {into} TO petcare_owner, petcare_jobs;"
    for its in adoption.views:
        table = quoted(dialect, adoption.structure.schema, its.table.name)
        view = quoted(dialect, adoption.into, its.name)
        yield in_comment(f"-- GRANT SELECT ON {table} TO petcare_owner;")
        yield f"-- GRANT SELECT{', UPDATE' if its.name in WRITES else ''} ON {view} TO petcare_jobs;"
        if its.name in WRITES and (written := _written(adoption, its)):
            yield in_comment(f"-- GRANT UPDATE ({', '.join(written)}) ON {table} TO petcare_owner, petcare_jobs;")
            yield in_comment(
                f"-- GRANT SELECT ({quoted(dialect, 'id')}, {', '.join(written)}) ON {table} TO petcare_jobs;"
            )
        if its.kept:
            ours = quoted(dialect, adoption.into, STANDINGS[its.name][0])
            yield f"-- GRANT SELECT, INSERT, UPDATE ON {ours} TO petcare_jobs;"
    if adoption.pets:
        yield f"-- GRANT SELECT ON {quoted(dialect, adoption.into, 'appointment_pets')} TO petcare_jobs;"
    yield "-- And, once `db upgrade` has run, for each table that it made:"
    yield "-- GRANT SELECT, INSERT, UPDATE, DELETE ON … TO petcare_jobs;"


def _written(adoption: Adoption, its: View) -> list[str]:
    names = [name for write in WRITES[its.name] for name in write.columns]
    columns = [its.column(name) for name in (*names, "updated_at")]
    return [quoted(adoption.structure.dialect, each.theirs.name) for each in columns if each.theirs]
