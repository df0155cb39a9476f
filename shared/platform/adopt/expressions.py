"""The words of SQL, for PostgreSQL and for SQL Server. `t` is the platform's row."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy.dialects import mssql, postgresql

from shared.platform.adopt.structure import TheirColumn, Type
from shared.platform.adopt.synonyms import Holds

_TYPES: Final = {
    "postgresql": {
        Holds.ID: "uuid",
        Holds.TEXT: "text",
        Holds.WORD: "text",
        Holds.SETTINGS: "text",
        Holds.FLAG: "boolean",
        Holds.PRESENCE: "boolean",
        Holds.COUNT: "integer",
        Holds.MONEY: "integer",
        Holds.INSTANT: "timestamp with time zone",
        Holds.DAY: "date",
    },
    "mssql": {
        Holds.ID: "uniqueidentifier",
        Holds.TEXT: "nvarchar(4000)",
        Holds.WORD: "varchar(20)",
        Holds.SETTINGS: "nvarchar(max)",
        Holds.FLAG: "bit",
        Holds.PRESENCE: "bit",
        Holds.COUNT: "int",
        Holds.MONEY: "int",
        Holds.INSTANT: "datetimeoffset",
        Holds.DAY: "date",
    },
}
_PREPARERS: Final = {
    # A paramstyle that leaves % alone: no parameters are bound in a file.
    "postgresql": postgresql.dialect(paramstyle="named").identifier_preparer,  # type: ignore[no-untyped-call]
    "mssql": mssql.dialect(paramstyle="named").identifier_preparer,  # type: ignore[no-untyped-call]
}
_MINOR: Final = ("cents", "minor", "pence")


def quoted(dialect: str, *names: str) -> str:
    """Return a name that may hold anything, qualified by those before it; quoted only where it has to be."""
    return ".".join(map(_PREPARERS[dialect].quote, names))


def literal(dialect: str, value: str) -> str:
    """Return a text as a literal."""
    written = "'{}'".format(value.replace("'", "''"))
    return f"N{written}" if dialect == "mssql" and not value.isascii() else written


def in_comment(words: str) -> str:
    """Return words that cannot end the comment they stand in, whatever a platform calls its tables."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in words)


def type_of(dialect: str, holds: Holds) -> str:
    """Return the type of a column of a view or of a table of ours."""
    return _TYPES[dialect][holds]


def constant(dialect: str, holds: Holds, value: str | None) -> str:
    """Return a constant of a column's type. `value`: None for NULL, else a text, a number, `true` or `false`."""
    if value is None:
        return f"CAST(NULL AS {type_of(dialect, holds)})"
    if holds in (Holds.FLAG, Holds.PRESENCE):
        return value if dialect == "postgresql" else f"CAST({int(value == 'true')} AS bit)"
    if holds is Holds.COUNT:
        return value
    return f"CAST({literal(dialect, value)} AS {type_of(dialect, holds)})"


def flag(dialect: str, condition: str) -> str:
    """Return a condition as a column: SQL Server has no booleans."""
    return f"({condition})" if dialect == "postgresql" else f"CAST(CASE WHEN {condition} THEN 1 ELSE 0 END AS bit)"


def is_same(dialect: str, one: str, other: str) -> str:
    """Return the condition that two values are equal, or both NULL."""
    return (
        f"{one} IS NOT DISTINCT FROM {other}"
        if dialect == "postgresql"
        else f"EXISTS (SELECT {one} INTERSECT SELECT {other})"
    )


def is_other(dialect: str, one: str, other: str) -> str:
    """Return the condition that two values differ."""
    return f"{one} IS DISTINCT FROM {other}" if dialect == "postgresql" else f"NOT {is_same(dialect, one, other)}"


def case(dialect: str, of: str, words: Iterable[tuple[str, str]], otherwise: str) -> str:
    """Return a CASE that maps texts to texts, one a line. `otherwise`: SQL."""
    lines = (f"WHEN {literal(dialect, one)} THEN {literal(dialect, other)}" for one, other in words)
    return "\n        ".join([f"CASE {of}", *lines, f"ELSE {otherwise}"]) + "\n    END"


def zone(dialect: str, into: str) -> str:
    """Return the zone of timestamps without one: a function of ours, so that it is decided in one place."""
    return f"{quoted(dialect, into, 'platform_zone')}()"


def instant(dialect: str, into: str, column: TheirColumn) -> str:
    """Return a moment of the platform's as an instant. A boolean (`is_deleted`) is a moment long ago, or none."""
    its = f"t.{quoted(dialect, column.name)}"
    if column.type is Type.INSTANT:
        return its
    if column.type is Type.BOOLEAN:
        of_true = its if dialect == "postgresql" else f"{its} = 1"
        return f"CASE WHEN {of_true} THEN {constant(dialect, Holds.INSTANT, '2000-01-01 00:00:00+00:00')} END"
    wall = its if column.type is Type.NAIVE else f"CAST({its} AS {_naive(dialect)})"
    return f"({wall} AT TIME ZONE {zone(dialect, into)})"


def day(dialect: str, into: str, column: TheirColumn) -> str:
    """Return a day of the platform's as a date."""
    its = f"t.{quoted(dialect, column.name)}"
    if column.type is Type.DATE:
        return its
    local = its if column.type is Type.NAIVE else f"({its} AT TIME ZONE {zone(dialect, into)})"
    return f"CAST({local} AS date)"


def as_theirs(dialect: str, into: str, column: TheirColumn, value: str) -> str:
    """Return an instant of ours as the platform stores it."""
    if column.type is Type.NAIVE:
        return f"CAST({value} AT TIME ZONE {zone(dialect, into)} AS {_naive(dialect)})"
    return value


def text(dialect: str, column: TheirColumn) -> str:
    """Return what a column holds as text."""
    its = f"t.{quoted(dialect, column.name)}"
    return its if column.type is Type.TEXT else f"CAST({its} AS {type_of(dialect, Holds.TEXT)})"


def first_name(dialect: str, column: TheirColumn) -> str:
    """Return the first word of a whole name."""
    its = f"t.{quoted(dialect, column.name)}"
    if dialect == "postgresql":
        return f"split_part({its}, ' ', 1)"
    return f"LEFT({its}, CHARINDEX(' ', {its} + ' ') - 1)"


def last_name(dialect: str, column: TheirColumn) -> str:
    """Return a whole name without its first word."""
    its = f"t.{quoted(dialect, column.name)}"
    if dialect == "postgresql":
        return f"substr({its}, strpos({its} || ' ', ' ') + 1)"
    return f"SUBSTRING({its}, CHARINDEX(' ', {its} + ' ') + 1, 4000)"


def truth(dialect: str, column: TheirColumn, otherwise: str | None, *, is_opposite: bool = False) -> str:
    """Return a column that says yes or no. `otherwise`: what NULL means."""
    its = f"t.{quoted(dialect, column.name)}"
    if column.type not in (Type.BOOLEAN, Type.INTEGER):
        return flag(dialect, f"{its} IS NOT NULL")
    null = str(int((otherwise == "true") is not is_opposite))
    if column.type is Type.BOOLEAN and dialect == "postgresql":
        known = f"coalesce({its}, {'true' if null == '1' else 'false'})"
        return f"(NOT {known})" if is_opposite else known
    return flag(dialect, f"coalesce({its}, {null}) {'=' if is_opposite else '<>'} 0")


def minor_units(dialect: str, column: TheirColumn, *, is_major: bool = False) -> str:
    """Return an amount of money in the minor unit. A decimal one is in the major unit, a whole number if `is_major`."""
    its = f"t.{quoted(dialect, column.name)}"
    if column.type is Type.INTEGER:
        return f"{its} * 100" if is_major else its
    exact = f"CAST({its} AS numeric)" if dialect == "postgresql" else its
    return f"CAST(round({exact} * 100, 0) AS {type_of(dialect, Holds.MONEY)})"


def is_minor(column: TheirColumn) -> bool:
    """Whether a column's name says that it holds minor units."""
    return any(each in column.name.lower() for each in _MINOR)


def settings(dialect: str, column: TheirColumn) -> str:
    """Return the jobs' settings of a business: of JSON what stands under the key `petcare`, and a text as it is."""
    its = f"t.{quoted(dialect, column.name)}"
    if column.type is Type.TEXT:
        return its
    if dialect == "postgresql":
        return f"CAST(CAST({its} AS jsonb) -> 'petcare' AS text)"
    return f"JSON_QUERY({its}, '$.petcare')"


def _naive(dialect: str) -> str:
    return "timestamp" if dialect == "postgresql" else "datetime2"
