"""Values that no column of a platform promises, by database and type, as SQL; and a schema that takes them."""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Final

from sqlalchemy import JSON, Boolean, Column, Date, Engine, Integer, String, Table, TypeDecorator, Uuid, inspect

from shared.database.tables import UtcDateTime, metadata

PLATFORM: Final = (
    "tenants owners pets services appointments appointment_pets vaccination_records payments"  # one word each
).split()
_LONG: Final = "x" * 5000
_DEEP: Final = "[" * 3000
_TEXTS: Final = ("''", "'   '", f"'{_LONG}'", "'%s $pets {} \x1b[2J'", "'2026'")
_NO_NUMBERS: Final = ("'eighty'", "''", "-5", "12.5", "1e300", "9223372036854775807", "x'00ff'")
_NO_TEXTS: Final = ("7", "1.5", "x'80ff'", "CAST(x'80ff41' AS TEXT)", "'a' || char(0) || 'b'")
NONSENSE: Final[Mapping[str, Mapping[type, Sequence[str]]]] = {
    "sqlite": {
        Uuid: ("'no id'", "7", "x'00ff'"),
        UtcDateTime: (
            "'2026-03-03 noon'",
            "'2026-03-04 noon'",
            "'2026-03-03 99:99:99'",
            "'2026-03-04 99:99:99'",
            "'2026-02-30 10:00:00'",
            "'tomorrow'",
            "''",
            "'0001-01-01 00:00:00'",
            "'9999-12-31 23:59:59'",
            "7",
            "1e300",
            "x'00ff'",
        ),
        Date: ("'2026-03-09 noon'", "'2026-02-30'", "'n/a'", "''", "'0001-01-01'", "'9999-12-31'", "7", "x'00ff'"),
        Boolean: ("7", "-1", "'maybe'", "''", "0.5", "x'00ff'"),
        Integer: _NO_NUMBERS,
        JSON: ("'no json'", f"'{_DEEP}'", "7", "x'00ff'", "''"),
        String: (*_TEXTS, *_NO_TEXTS, "'{'", "'[]'", f"'{_DEEP}'"),
    },
    "postgresql": {
        Uuid: ("'00000000-0000-0000-0000-000000000007'",),
        UtcDateTime: ("'infinity'", "'-infinity'", "'294276-12-31'", "'4713-01-01 BC'", "'0001-01-01'", "'9999-12-31'"),
        Date: ("'infinity'", "'-infinity'", "'5874897-12-31'", "'4713-01-01 BC'", "'0001-01-01'", "'9999-12-31'"),
        Boolean: (),
        Integer: ("-5", "32767", "-32768"),
        JSON: ("'7'", "'[]'", '\'{"grace_minutes": "\\ud800"}\''),
        String: (*_TEXTS, "'{'", "'[]'", f"'{_DEEP}'"),
    },
}
_WIDE: Final = ("2147483647", "-2147483648")
"""What an INTEGER of PostgreSQL holds besides, and a SMALLINT does not."""


def nonsense(engine: Engine, table: Table, *, one_in: int = 1) -> Iterator[tuple[Column[Any], str]]:
    """Yield each column of a table with values that nobody would expect in it, as SQL: NULL, and one in so many."""
    for number, column in enumerate(table.columns):
        yield column, "NULL"
        values = _of_type(engine.dialect.name, column)[number % one_in :: one_in]
        yield from ((column, value) for value in values)


def _of_type(dialect: str, column: Column[Any]) -> Sequence[str]:
    its = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    kind = UtcDateTime if isinstance(column.type, UtcDateTime) else None
    kind = kind or next(each for each in NONSENSE[dialect] if isinstance(its, each))
    is_wide = dialect == "postgresql" and kind is Integer and column.name != "reputation_score"
    return (*NONSENSE[dialect][kind], *(_WIDE if is_wide else ()))


def let_in(engine: Engine) -> None:
    """Make the tables of the platform take anything, as a platform's own may."""
    {"sqlite": _let_in_on_sqlite, "postgresql": _let_in_on_postgres}[engine.dialect.name](engine)


def _let_in_on_sqlite(engine: Engine) -> None:
    listed = ", ".join(f"'{name}'" for name in PLATFORM)
    engine.dispose()
    with _beside(engine) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        for name, sql in raw.execute(f"SELECT name, sql FROM sqlite_master WHERE name IN ({listed})").fetchall():
            loose = re.sub(r",\s*CONSTRAINT ck_\w+ CHECK \((?:[^()]|\([^()]*\))*\)", "", sql.replace(" NOT NULL", ""))
            raw.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (loose, name))


def _beside(engine: Engine) -> closing[sqlite3.Connection]:
    """Return a connection to a SQLite file that looks at no foreign keys, each statement in force at once."""
    return closing(sqlite3.connect(str(engine.url.database), isolation_level=None))


def _let_in_on_postgres(engine: Engine) -> None:
    found = inspect(engine)
    with engine.begin() as connection:
        for name in metadata.tables:
            keys = [each["name"] for each in found.get_foreign_keys(name)]
            checks = [each["name"] for each in found.get_check_constraints(name)] if name in PLATFORM else []
            for each in (*keys, *checks):
                connection.exec_driver_sql(f"ALTER TABLE {name} DROP CONSTRAINT {each}")
        for name in PLATFORM:
            table = metadata.tables[name]
            connection.exec_driver_sql(f"ALTER TABLE {name} DROP CONSTRAINT pk_{name}")
            for column in table.columns:
                connection.exec_driver_sql(f"ALTER TABLE {name} ALTER {column.name} DROP NOT NULL")
                if isinstance(column.type, String):
                    connection.exec_driver_sql(f"ALTER TABLE {name} ALTER {column.name} TYPE text")


def write(engine: Engine, column: Column[Any], value: str, tenant: str) -> None:
    """Write a value into the rows of a tenant; into one of them where no two may share it. `tenant`: its id as SQL."""
    table = column.table.name
    key = {"tenants": "id", "appointment_pets": "appointment_id"}.get(table, "tenant_id")
    its = f"{key} = {tenant}"
    if table == "appointment_pets":
        its = f"appointment_id IN (SELECT id FROM appointments WHERE tenant_id = {tenant})"
    if column.primary_key or column.unique:
        name = column.name if engine.dialect.name == "sqlite" else f"{column.name}::text"
        its = f"{name} = (SELECT min({name}) FROM {table} WHERE {its}) AND {its}"
    statement = f"UPDATE {table} SET {column.name} = {value} WHERE {its}"
    if engine.dialect.name == "sqlite":
        with _beside(engine) as raw:
            raw.execute(statement)
    else:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement.replace("%", "%%"))
