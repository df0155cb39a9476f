"""The SQL of the triggers that carry the jobs' few writes from a view to the platform's row, or to a table of ours.

A trigger locks the platform's row first, and then looks whether the view still shows the state that the jobs saw: so
whoever changed the row at the same moment wins, and what a person writes into the view holds here, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

from shared.platform.adopt import expressions, vocabulary
from shared.platform.adopt.adoption import STANDINGS, Adoption, MappedColumn, View
from shared.platform.adopt.expressions import is_other, is_same, quoted
from shared.platform.adopt.structure import TheirColumn, Type
from shared.platform.adopt.synonyms import Holds

_VISIT: Final = ("status", "scheduled_start", "scheduled_end", "arrived_at", "actual_start", "deleted_at")


@dataclass(frozen=True, slots=True)
class Write:
    """Columns that the jobs write together. `guard`: the columns that must still be as they were."""

    columns: tuple[str, ...]
    guard: tuple[str, ...]


WRITES: Final = {
    "owners": (
        Write(("sms_opted_in",), ("sms_opted_in",)),
        Write(("no_show_count",), ("no_show_count",)),
        Write(("reputation_score", "last_reputation_update"), ("reputation_score",)),
    ),
    "pets": (
        Write(("vaccination_status", "vaccination_expires_at"), ("vaccination_status", "vaccination_expires_at")),
    ),
    "appointments": (Write(("status",), _VISIT), Write(("no_show_fee_charged",), ("no_show_fee_charged",))),
    "vaccination_records": (Write(("status",), ("status",)),),
}
"""What the jobs write, by view."""


def trigger(adoption: Adoption, its: View) -> list[str]:
    """Return the lines of a view's trigger."""
    return (_on_postgresql if adoption.structure.dialect == "postgresql" else _on_mssql)(adoption, its)


def _on_postgresql(adoption: Adoption, its: View) -> list[str]:
    name = quoted("postgresql", adoption.into, f"write_{its.name}")
    blocks = [line for each in WRITES[its.name] for line in _write_on_postgresql(adoption, its, each)]
    body = [
        f"    PERFORM FROM {_source(adoption, its)} AS t WHERE {its.column('id').sql} = OLD.id FOR NO KEY UPDATE;",
        *blocks,
        "    RETURN NEW;",
    ]
    tag = _tag("".join(body))
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS {tag}",
        "BEGIN",
        *body,
        f"END {tag};",
        f"CREATE TRIGGER write_{its.name} INSTEAD OF UPDATE ON {quoted('postgresql', adoption.into, its.name)}",
        f"    FOR EACH ROW EXECUTE FUNCTION {name}();",
    ]


def _tag(body: str) -> str:
    """Return a dollar quote that the body, with the platform's names in it, does not hold."""
    return next(tag for number in count() if (tag := f"$petcare{number or ''}$") not in body)


def _on_mssql(adoption: Adoption, its: View) -> list[str]:
    view = quoted("mssql", adoption.into, its.name)
    name = quoted("mssql", adoption.into, f"write_{its.name}")
    return [
        f"CREATE OR ALTER TRIGGER {name} ON {view} INSTEAD OF UPDATE AS",
        "BEGIN",
        "    SET NOCOUNT ON;",
        "    DECLARE @locked int;",
        f"    SELECT @locked = COUNT(*) FROM {_source(adoption, its)} AS t WITH (UPDLOCK, ROWLOCK)",
        f"    JOIN deleted AS o ON o.id = {its.column('id').sql};",
        *(line for each in WRITES[its.name] for line in _write_on_mssql(adoption, its, each)),
        "END;",
    ]


def _write_on_postgresql(adoption: Adoption, its: View, write: Write) -> Iterator[str]:
    """Yield the lines that write some columns, each where it is kept, if the row is still as the jobs saw it."""
    names, view = write.columns, quoted("postgresql", adoption.into, its.name)
    yield f"    IF {_any_other('postgresql', names, 'NEW', 'OLD')} THEN"
    yield f"        IF NOT EXISTS (SELECT FROM {view} AS v WHERE v.id = OLD.id"
    for name in write.guard:
        yield f"            AND {is_same('postgresql', f'v.{name}', f'OLD.{name}')}"
    yield "        ) THEN"
    yield "            RETURN NULL;  -- somebody else was first"
    yield "        END IF;"
    theirs, ours = _halves(its, write)
    if theirs:
        yield f"        UPDATE {_source(adoption, its)} AS t"
        yield f"        SET {_assigned(adoption, its, theirs, 'NEW')}"
        yield f"        WHERE {its.column('id').sql} = OLD.id;"
    if ours:
        table, key = STANDINGS[its.name]
        yield f"        INSERT INTO {quoted('postgresql', adoption.into, table)} ({key}, {_listed('', ours)})"
        yield f"        VALUES (OLD.id, {_listed('NEW.', ours)})"
        yield f"        ON CONFLICT ({key}) DO UPDATE SET {_set('EXCLUDED', ours)};"
    yield "    END IF;"


def _write_on_mssql(adoption: Adoption, its: View, write: Write) -> Iterator[str]:
    """Yield the same for the rows of a statement."""
    theirs, ours = _halves(its, write)
    if theirs:
        yield "    UPDATE t"
        yield f"    SET {_assigned(adoption, its, theirs, 'n')}"
        yield f"    FROM {_source(adoption, its)} AS t JOIN inserted AS n ON n.id = {its.column('id').sql}"
        yield from _unchanged_on_mssql(adoption, its, write)
        yield "    ;"
    if ours:
        table, key = STANDINGS[its.name]
        yield f"    MERGE {quoted('mssql', adoption.into, table)} WITH (HOLDLOCK) AS s"
        yield f"    USING (SELECT n.id, {_listed('n.', ours)} FROM inserted AS n"
        yield from _unchanged_on_mssql(adoption, its, write)
        yield f"    ) AS n ON s.{key} = n.id"
        yield f"    WHEN MATCHED THEN UPDATE SET {_set('n', ours)}"
        yield f"    WHEN NOT MATCHED THEN INSERT ({key}, {_listed('', ours)}) VALUES (n.id, {_listed('n.', ours)});"


def _unchanged_on_mssql(adoption: Adoption, its: View, write: Write) -> Iterator[str]:
    yield "    JOIN deleted AS o ON o.id = n.id"
    yield f"    JOIN {quoted('mssql', adoption.into, its.name)} AS v ON v.id = n.id"
    yield f"    WHERE ({_any_other('mssql', write.columns, 'n', 'o')})"
    for name in write.guard:
        yield f"        AND {is_same('mssql', f'v.{name}', f'o.{name}')}"


def _halves(its: View, write: Write) -> tuple[list[MappedColumn], list[MappedColumn]]:
    """Return the columns that the platform keeps, and those that we keep."""
    columns = [its.column(name) for name in write.columns]
    return [each for each in columns if each.theirs], [each for each in columns if each.is_kept]


def _listed(before: str, columns: list[MappedColumn]) -> str:
    return ", ".join(f"{before}{each.wanted.name}" for each in columns)


def _set(source: str, columns: list[MappedColumn]) -> str:
    return ", ".join(f"{each.wanted.name} = {source}.{each.wanted.name}" for each in columns)


def _source(adoption: Adoption, its: View) -> str:
    return quoted(adoption.structure.dialect, adoption.structure.schema, its.table.name)


def _any_other(dialect: str, names: tuple[str, ...], new: str, old: str) -> str:
    return " OR ".join(is_other(dialect, f"{new}.{name}", f"{old}.{name}") for name in names)


def _assigned(adoption: Adoption, its: View, columns: list[MappedColumn], new: str) -> str:
    """Return the assignments to the platform's columns, and to the one that says when the row changed."""
    stamp = its.column("updated_at")
    all_ = [*columns, *([stamp] if stamp.theirs and stamp.theirs.type is not Type.DATE else [])]
    dialect = adoption.structure.dialect
    return ", ".join(
        f"{quoted(dialect, each.theirs.name)} = {_back(adoption, its, each, each.theirs, f'{new}.{each.wanted.name}')}"
        for each in all_
        if each.theirs
    )


def _back(adoption: Adoption, its: View, column: MappedColumn, theirs: TheirColumn, value: str) -> str:
    """Return a value of ours as the platform stores it."""
    dialect, holds = adoption.structure.dialect, column.wanted.holds
    if holds is Holds.WORD:
        return vocabulary.as_written(dialect, its.name, column.wanted.name, theirs, value).replace("\n", "\n        ")
    if holds is Holds.FLAG:
        return _flag_back(dialect, theirs, value, is_opposite=column.is_opposite)
    if holds is Holds.MONEY and theirs.type is Type.DECIMAL:
        return f"{value} / 100.0"
    if holds is Holds.INSTANT:
        return expressions.as_theirs(dialect, adoption.into, theirs, value)
    return value


def _flag_back(dialect: str, theirs: TheirColumn, value: str, *, is_opposite: bool) -> str:
    if theirs.type is Type.BOOLEAN and dialect == "postgresql":
        return f"NOT {value}" if is_opposite else value
    is_set = f"{value} = 1" if dialect == "mssql" else value
    return f"CASE WHEN {is_set} THEN {int(not is_opposite)} ELSE {int(is_opposite)} END"
