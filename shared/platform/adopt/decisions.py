"""The lines of the file that a person decides: what is to be decided, what stands there, and what else could.

Each stands at what texts and charges nobody wrongly.
"""

from collections.abc import Iterable

from shared.platform.adopt.expressions import literal, quoted
from shared.platform.adopt.structure import Structure, TheirColumn, TheirTable
from shared.platform.adopt.words import UNKNOWN, WORDS

_SOME_ROLE = "WHEN '…' THEN 'owner'"
OWNERS = "owner customer client pet_owner pet_parent guardian user".split()


def other_columns(name: str, others: Iterable[TheirColumn]) -> list[str]:
    """Return the lines about a column that could be another."""
    return [f"DECIDE: {name} could be {_listed(each.name for each in others)} as well."]


def other_tables(ours: str, table: str, others: Iterable[str]) -> list[str]:
    """Return the lines about a table that could be another."""
    return [f"DECIDE: {ours} are read from {table}; {_listed(others)} could be meant as well."]


def unknown_words(ours: str, name: str, values: Iterable[str]) -> list[str]:
    """Return the lines about words of the platform that nobody knows."""
    choices = ", ".join(WORDS[ours, name])
    return [
        f"DECIDE: what {_listed(values)} means ({choices}).",
        f"It stands at {UNKNOWN[ours, name]}: nobody is texted or charged for it.",
    ]


def who_cancelled(structure: Structure, column: TheirColumn) -> list[str]:
    """Return the lines about appointments that were cancelled by a user's id."""
    lines = [
        f"DECIDE: who cancelled (owner, staff, system); {column.name} is an id.",
        "It stands at staff: a late cancellation counts against no owner.",
    ]
    users = structure.table(column.refers_to or "")
    role = (
        next((each for each in users.columns if "role" in each.name.lower() and each.values), None) if users else None
    )
    return [*lines, f"By the role: {_by_role(structure, users, role, column)}"] if users and role else lines


def arrival(*, is_known: bool) -> list[str]:
    """Return the lines about a platform that has no column for the arrival."""
    if is_known:
        return [
            "DECIDE: how an arrival is known. No column says when an owner arrived: a visit counts as missed while its",
            "status is pending or confirmed and it has not started. Where something else tells, write it here.",
        ]
    return [
        "DECIDE: how an arrival is known. Nothing says so: every visit counts as started, so that nobody is charged.",
        "Write what tells that the owner came; NULL, where whoever came is no longer pending or confirmed by the end.",
    ]


def money(name: str, column: TheirColumn) -> list[str]:
    """Return the lines about whole numbers that could be of the major or of the minor unit."""
    standing = "of the major unit" if name == "deposit_paid" else "of the minor unit (cents)"
    return [
        f"DECIDE: whether {column.name} is in the major or in the minor unit; it stands at numbers {standing},",
        "with which a fee is lower rather than higher." if name != "no_show_fee_charged" else "as fees are written.",
    ]


CONSENT = ["DECIDE: who agreed to be texted. No column says so: it stands at nobody."]
CARD = ["DECIDE: who has a saved card that may be charged. No column says so: it stands at nobody."]
CREATED = [
    "DECIDE: when it was booked. No column says so: it stands at the start, so that nobody is texted or charged.",
]


def _by_role(structure: Structure, users: TheirTable, role: TheirColumn, column: TheirColumn) -> str:
    dialect = structure.dialect
    named = [each for each in role.values if each.lower() in OWNERS]
    whens = " ".join(f"WHEN {literal(dialect, each)} THEN 'owner'" for each in named)
    table = quoted(dialect, structure.schema, users.name)
    its_id, its_role = quoted(dialect, "id"), quoted(dialect, role.name)
    ids = f"u.{its_id} = t.{quoted(dialect, column.name)}"
    role_words = f"CASE u.{its_role} {whens or _SOME_ROLE} ELSE 'staff' END"
    return f"(SELECT {role_words} FROM {table} AS u WHERE {ids})"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
