"""How PostgreSQL turns the values of a column into those of another type, and what is lost on the way."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Boolean, Date, DateTime, Enum, Integer, Numeric, String, Uuid
from sqlalchemy.types import TypeEngine

Kind = type[TypeEngine[Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """An expression for a column's values in another type. `warning`: what it assumes, or loses."""

    cast: str
    warning: str = ""


def change(
    name: str,
    wanted: Kind | None,
    found: Kind | None,
    *,
    values: Collection[str],
    known: Collection[str],
    is_money: bool,
) -> Change | None:
    """Return how the column `name` gets the wanted type; None where a person has to know.

    `values`: those of its enum, `known`: those that the jobs know; `is_money`: whether it holds amounts.
    """
    if found is Enum:
        return _of_enum(name, values, known)
    if is_money and found is Numeric:
        return Change(f"round({name} * 100)::integer", "that takes its currency to have two decimals, as USD has")
    changes: dict[tuple[Kind | None, Kind | None], Change] = {
        (Uuid, String): Change(f"{name}::uuid"),
        (JSON, String): Change(f"{name}::json"),
        (Boolean, Integer): Change(f"{name} <> 0"),
        (Boolean, String): Change(f"{name}::boolean"),
        (Integer, String): Change(f"{name}::integer"),
        (Integer, Numeric): Change(f"round({name})::integer", "fractions are lost"),
        (Date, DateTime): Change(f"{name}::date", "the time of day is lost"),
        (Date, String): Change(f"{name}::date"),
        (DateTime, DateTime): Change(f"{name} AT TIME ZONE 'UTC'", "write the zone that its times are in for 'UTC'"),
        (DateTime, Date): Change(f"{name}::timestamp AT TIME ZONE 'UTC'", "it has no time of day: midnight is taken"),
        (DateTime, String): Change(f"{name}::timestamptz", "times without an offset are taken in the session's zone"),
    }
    return changes.get((wanted, found)) or (Change(f"{name}::text") if wanted is String else None)


def _of_enum(name: str, values: Collection[str], known: Collection[str]) -> Change:
    lowered = {each.lower() for each in values}
    if known and lowered <= set(known):
        return Change(f"lower({name}::text)")
    unknown = sorted(lowered - set(known))
    return Change(f"{name}::text", f"say which of the known values each of these is: {', '.join(unknown)}")
