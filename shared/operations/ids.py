"""Ids as people type them: whole, or shortened to a beginning that no other id of the same kind has."""

import re
from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Select, select

from shared.database.dialects.ids import begins_with
from shared.database.tables import appointments, notifications, owners, payments, runs
from shared.database.tables import vaccination_records as vaccinations
from shared.errors import UsageError

_SHOWN: Final = 8
"""Digits of a shortened id: among a million ids one in 4,000 begins like another."""
_MOST: Final = 5
"""The most candidates that are listed."""
_BEGINNING: Final = re.compile(r"[0-9a-f]{4,32}")
_IDS: Final[Mapping[str, Select[UUID]]] = {
    "owner": select(owners.c.id),
    "appointment": select(appointments.c.id),
    "vaccination": select(vaccinations.c.id),
    "payment": select(payments.c.id),
    "no-show fee": select(payments.c.id).where(payments.c.type == "no_show_fee"),
    "text": select(notifications.c.id),
    "run": select(runs.c.id),
}


def shortened(id_: UUID) -> str:
    """Return the beginning of an id that people read and type."""
    return id_.hex[:_SHOWN]


def beginning(typed: str) -> str | None:
    """Return the hexadecimal digits of an id, or of its beginning, as typed; None if it can be neither."""
    digits = typed.strip().lower().replace("-", "")
    return digits if _BEGINNING.fullmatch(digits) else None


def resolved(connection: Connection, noun: str, typed: str) -> UUID:
    """Return the id of the only row that begins as typed. `noun`: what it is of, one of those in `_IDS`.

    A whole id is returned as it is, whether or not there is such a row. Raise UsageError if no row begins so; or if
    several do, with a list. Index: primary key (SQL Server: none, see `begins_with`).
    """
    digits = beginning(typed)
    if digits is None:
        raise UsageError(f"{typed!r} is no id; write it whole, or its first hexadecimal digits, at least 4")
    if len(digits) == len(UUID(int=0).hex):
        return UUID(digits)
    query = _IDS[noun]
    id_ = query.selected_columns[0]
    found = connection.execute(query.where(begins_with(id_, digits)).order_by(id_).limit(_MOST + 1)).scalars().all()
    if not found:
        raise UsageError(f"there is no {noun} {typed}")
    if len(found) > 1:
        raise UsageError(f"more than one {noun} begins with {typed}; write more of it:", *_candidates(found))
    return found[0]


def _candidates(found: Collection[UUID]) -> list[str]:
    listed = [str(each) for each in found][:_MOST]
    return [*listed, "and more"] if len(found) > _MOST else listed
