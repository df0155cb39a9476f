"""The SQL of a view."""

from collections.abc import Iterator, Sequence

from shared.platform.adopt.adoption import Adoption, MappedColumn, View
from shared.platform.adopt.expressions import constant, in_comment, is_minor, quoted
from shared.platform.adopt.structure import TheirColumn, Type
from shared.platform.adopt.synonyms import COLUMNS, UNREAD


def view(adoption: Adoption, its: View) -> list[str]:
    """Return the lines of one of our views."""
    columns = its.columns
    if its.name == "tenants" and adoption.gates:
        columns = tuple(_gated(adoption, each) if each.wanted.name == "is_active" else each for each in columns)
    return [
        *_commented(its.comments, ""),
        *_created(adoption, its.name),
        "SELECT",
        *_columns(adoption.structure.dialect, columns),
        f"FROM {_source(adoption, its.table.name)} AS t;",
    ]


def pets_of_appointments(adoption: Adoption, pets: TheirColumn) -> list[str]:
    """Return the lines of the view that names the pets of appointments, where the appointment's own row does."""
    dialect, appointments = adoption.structure.dialect, adoption.view("appointments")
    if appointments is None:
        return []
    source, column = _source(adoption, appointments.table.name), f"t.{quoted(dialect, pets.name)}"
    id_ = appointments.column("id").sql
    head = _created(adoption, "appointment_pets")
    if pets.type is Type.UUIDS:
        each = f"CROSS JOIN LATERAL (SELECT DISTINCT unnest({column})) AS p (pet_id)"
        return [
            *head,
            f"SELECT {id_} AS appointment_id, p.pet_id",
            f"FROM {source} AS t",
            each,
            "WHERE p.pet_id IS NOT NULL;",
        ]
    return [
        *head,
        f"SELECT {id_} AS appointment_id, {column} AS pet_id",
        f"FROM {source} AS t",
        f"WHERE {column} IS NOT NULL;",
    ]


def empty(adoption: Adoption, name: str) -> list[str]:
    """Return the lines of a view of nothing, for a table that a platform may do without."""
    dialect = adoption.structure.dialect
    columns = [f"    {constant(dialect, each.holds, None)} AS {each.name}" for each in (*COLUMNS[name], *UNREAD[name])]
    comment = f"-- DECIDE: no table holds {name}; where something does, write it here."
    return [comment, *_created(adoption, name), "SELECT", ",\n".join(columns), "WHERE 1 = 0;"]


def _created(adoption: Adoption, name: str) -> list[str]:
    ours = quoted(adoption.structure.dialect, adoption.into, name)
    if adoption.structure.dialect == "mssql":
        return [f"CREATE OR ALTER VIEW {ours} AS"]
    return [f"DROP VIEW IF EXISTS {ours};", f"CREATE VIEW {ours} AS"]


def _gated(adoption: Adoption, column: MappedColumn) -> MappedColumn:
    """Return the column that says whether a business is served, standing at no."""
    no = "false" if adoption.structure.dialect == "postgresql" else "CAST(0 AS bit)"
    comments = (
        "DECIDE: nobody is served yet, because one of these could text or charge people wrongly:",
        *(f"  {each}" for each in adoption.gates),
        f"Once they are decided, write: {column.sql} AS is_active,",
    )
    return MappedColumn(column.wanted, no, column.theirs, comments)


def _columns(dialect: str, columns: Sequence[MappedColumn]) -> Iterator[str]:
    for number, each in enumerate(columns, 1):
        yield from _commented(each.comments, "    ")
        end = "," if number < len(columns) else ""
        yield f"    {each.sql} AS {quoted(dialect, each.wanted.name)}{end}{_remark(each)}"


def _remark(column: MappedColumn) -> str:
    if column.theirs and column.theirs.type is Type.DECIMAL:
        return "  -- decimals of the major unit; of yen and the like, without the * 100"
    if column.theirs and is_minor(column.theirs):
        return "  -- minor units by its name"
    if column.theirs and column.theirs.type is Type.JSON:
        return "  -- the jobs' settings of a business stand under this key"
    return ""


def _commented(lines: Sequence[str], indent: str) -> list[str]:
    """Return comments. What follows a DECIDE is indented below it."""
    return [f"{indent}-- {'' if each.startswith('DECIDE') else '  '}{in_comment(each)}" for each in lines]


def _source(adoption: Adoption, table: str) -> str:
    return quoted(adoption.structure.dialect, adoption.structure.schema, table)
