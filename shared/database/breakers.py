"""The circuit breakers as all processes know them: one row for each provider whose breaker ever opened.

Every update repeats the state it expects, so of two processes that want to probe one wins.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from shared.database.dialects.writing import insert_absent
from shared.database.tables import breakers
from shared.domain.breaker import Breaker, BreakerState

_KNOWN = [column for column in breakers.c if column is not breakers.c.holder]
_NAMED = select(*_KNOWN).where(breakers.c.name == bindparam("its_name"))


def read(connection: Connection, name: str) -> Breaker:
    """Return a breaker; one that never opened is closed. Index: primary key."""
    row = connection.execute(_NAMED, {"its_name": name}).one_or_none()
    return _breaker(row) if row else Breaker(name)


def all_of_them(connection: Connection) -> list[Breaker]:
    """Return the breakers that ever opened, by name. (A scan: there is one for each provider.)"""
    return [_breaker(row) for row in connection.execute(select(*_KNOWN).order_by(breakers.c.name))]


def open_(connection: Connection, breaker: Breaker, code: str, wall: datetime) -> None:
    """Open a closed breaker; change nothing where another process has opened it."""
    opened = _row(breaker.opened(code, wall), None)
    if not insert_absent(connection, breakers, [opened], "name"):
        _change(connection, breakers.c.state == BreakerState.CLOSED, opened)


def take_probe(connection: Connection, breaker: Breaker, holder: str, wall: datetime) -> bool:
    """Take the one probe; return whether `holder` has it. A lost probe is taken over."""
    is_free = (breakers.c.state != BreakerState.CLOSED) & (breakers.c.until <= wall)
    return _change(connection, is_free, _row(breaker.half_opened(wall), holder))


def give_probe_back(connection: Connection, breaker: Breaker, holder: str, wall: datetime) -> None:
    """Let another process probe at once: there was nothing to ask."""
    _change(connection, _is_probing(holder), _row(breaker, None) | {"state": BreakerState.OPEN, "until": wall})


def reopen(connection: Connection, breaker: Breaker, holder: str, code: str, wall: datetime) -> None:
    """Open a breaker whose probe failed, for longer than before."""
    _change(connection, _is_probing(holder), _row(breaker.opened(code, wall), None))


def close(connection: Connection, breaker: Breaker, holder: str, wall: datetime) -> None:
    """Close a breaker whose probe was answered."""
    _change(connection, _is_probing(holder), _row(Breaker(breaker.name, since=wall), None))


def _is_probing(holder: str) -> ColumnElement[bool]:
    return (breakers.c.state == BreakerState.HALF_OPEN) & (breakers.c.holder == holder)


def _change(connection: Connection, expected: ColumnElement[bool], row: dict[str, Any]) -> bool:
    statement = update(breakers).where(breakers.c.name == row["name"], expected).values(row)
    return connection.execute(statement).rowcount == 1


def _row(breaker: Breaker, holder: str | None) -> dict[str, Any]:
    return {
        "name": breaker.name,
        "state": breaker.state,
        "holder": holder,
        "since": breaker.since,
        "until": breaker.until,
        "openings": breaker.openings,
        "code": breaker.code,
    }


def _breaker(row: Any) -> Breaker:
    return Breaker(row.name, BreakerState(row.state), row.since, row.until, row.openings, row.code)
