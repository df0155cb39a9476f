"""Find the platform's tables and columns by their names, their synonyms, and what refers to what."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.platform.adopt.structure import Structure, TheirColumn, TheirTable, Type
from shared.platform.adopt.synonyms import COLUMNS, TABLES, Holds, Wanted, is_called, plain

_MOMENTS = {Type.INSTANT, Type.NAIVE, Type.DATE}
_FLAGS = {Type.BOOLEAN, Type.INTEGER}
SUITED: Mapping[Holds, set[Type]] = {
    Holds.ID: {Type.UUID},
    Holds.TEXT: {Type.TEXT, Type.ENUM, Type.UUID, Type.INTEGER},
    Holds.FLAG: _FLAGS,
    Holds.PRESENCE: {*_FLAGS, *_MOMENTS, Type.TEXT, Type.UUID},
    Holds.COUNT: {Type.INTEGER},
    Holds.MONEY: {Type.INTEGER, Type.DECIMAL},
    Holds.INSTANT: _MOMENTS,
    Holds.DAY: _MOMENTS,
    Holds.WORD: {Type.TEXT, Type.ENUM},
    Holds.SETTINGS: {Type.TEXT, Type.JSON},
}
"""The types in which a platform may keep what a column of ours holds."""


@dataclass(frozen=True, slots=True)
class FoundTable:
    """`others`: the names of the tables that it could be as well."""

    table: TheirTable
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """`others`: the columns that it could be as well; `unsuited`: those of a type that cannot serve."""

    column: TheirColumn | None
    others: tuple[TheirColumn, ...] = ()
    unsuited: tuple[TheirColumn, ...] = ()
    is_opposite: bool = False
    is_exact: bool = False


def tables_in(structure: Structure) -> dict[str, FoundTable]:
    """Return the platform's tables by our names, as far as there are any.

    Of several that could be one of ours, the one that appointments refer to, else the one with most of its columns.
    """
    named = {ours: [each for each in structure.tables if _is_named(each, ours)] for ours in TABLES}
    booked = {column.refers_to for table in named["appointments"] for column in table.columns}
    found = {}
    for ours, candidates in named.items():
        ranked = sorted(
            candidates, key=lambda each: (plain(each.name) == plain(ours), each.name in booked, _has(each, ours))
        )
        if ranked:
            others = tuple(each.name for each in reversed(ranked[:-1]))
            found[ours] = FoundTable(ranked[-1], others)
    return found


def column_in(table: TheirTable, wanted: Wanted, tables: Mapping[str, FoundTable]) -> FoundColumn:
    """Return the column of a table for one of ours, if it has any."""
    named = [column for name in (wanted.name, *wanted.names.split()) for column in _called(table, name)]
    if wanted.refers_to in tables:
        target = tables[wanted.refers_to].table.name
        named += [each for each in table.columns if each.refers_to == target and each not in named]
        named.sort(key=lambda each: each.refers_to != target)  # what refers to it before what only sounds so
    contrary = [column for name in wanted.opposites.split() for column in _called(table, name)]
    all_ = list(dict.fromkeys([*named, *contrary]))  # each once: `timezone` and `time_zone` are the same
    suited = [each for each in all_ if is_suited(each, wanted)]
    if not suited:
        return FoundColumn(None, unsuited=tuple(all_))
    first, *others = suited
    return FoundColumn(
        first, tuple(others), is_opposite=first in contrary, is_exact=plain(first.name) == plain(wanted.name)
    )


def is_suited(column: TheirColumn, wanted: Wanted) -> bool:
    """Whether the type of a column can serve. A deletion may be a flag, and a canceller a user."""
    if wanted.name == "deleted_at" and column.type is Type.BOOLEAN:
        return True
    if wanted.name == "cancelled_by" and column.type is Type.UUID:
        return True
    if wanted.name in ("scheduled_start", "scheduled_end") and column.type is Type.DATE:
        return False
    return column.type in SUITED[wanted.holds]


def _is_named(table: TheirTable, ours: str) -> bool:
    return any(is_called(table.name, synonym) for synonym in TABLES[ours].split())


def _has(table: TheirTable, ours: str) -> int:
    """How many of the columns that we want of it a table has."""
    return sum(bool(_called(table, name)) for wanted in COLUMNS[ours] for name in (wanted.name, *wanted.names.split()))


def _called(table: TheirTable, name: str) -> list[TheirColumn]:
    return [each for each in table.columns if plain(each.name) == plain(name)]
