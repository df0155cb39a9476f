"""The lease of a job: one run at a time. Leases keep runs out of each other's way; exactness never depends on them."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection, Engine, or_, update
from sqlalchemy.exc import SQLAlchemyError

from shared.database.dialects.writing import insert_absent
from shared.database.engine import first_line
from shared.database.tables import leases
from shared.database.transactions import in_transaction
from shared.errors import LeaseHeld

log = logging.getLogger(__name__)

HOLD: Final = timedelta(seconds=60)
RENEW_SECONDS = 20


@contextmanager
def held(engine: Engine, name: str, clock: Callable[[], datetime]) -> Iterator[None]:
    """Hold the lease `name` during the block, renewed by a thread.

    Raise LeaseHeld when another run holds the lease. `clock`: the wall clock.
    """
    holder, stop = str(uuid4()), threading.Event()
    if not _renewed(engine, name, holder, clock):
        raise LeaseHeld(f"{name}: another run of it is at work")
    its_lines_name_the_run = copy_context().run
    renewer = threading.Thread(
        target=its_lines_name_the_run, args=(_renew, engine, name, holder, clock, stop), daemon=True
    )
    renewer.start()
    try:
        yield
    finally:
        stop.set()
        renewer.join()
        _give_back(engine, name, holder)


def take(connection: Connection, name: str, holder: str, wall: datetime, hold: timedelta = HOLD) -> bool:
    """Take or renew the lease `name`, or take it over once it expired; return whether `holder` has it now."""
    row = {"name": name, "holder": holder, "expires_at": wall + hold}
    if insert_absent(connection, leases, [row], "name"):
        return True
    statement = (
        update(leases)
        .where(leases.c.name == name, or_(leases.c.expires_at <= wall, leases.c.holder == holder))
        .values(holder=holder, expires_at=wall + hold)
    )
    return connection.execute(statement).rowcount == 1


def release(connection: Connection, name: str, holder: str) -> None:
    """Give the lease back if `holder` still has it."""
    connection.execute(leases.delete().where(leases.c.name == name, leases.c.holder == holder))


def _give_back(engine: Engine, name: str, holder: str) -> None:
    try:
        in_transaction(engine, lambda connection: release(connection, name, holder))
    except SQLAlchemyError as error:  # the run's own outcome counts
        log.warning("%s: the lease cannot be given back, it is left to run out: %s", name, first_line(error))


def _renewed(engine: Engine, name: str, holder: str, clock: Callable[[], datetime]) -> bool:
    return in_transaction(engine, lambda connection: take(connection, name, holder, clock()))


def _renew(engine: Engine, name: str, holder: str, clock: Callable[[], datetime], stop: threading.Event) -> None:
    while not stop.wait(RENEW_SECONDS):
        try:
            _renewed(engine, name, holder, clock)
        except SQLAlchemyError as error:  # the run goes on: the ledger keeps it exact without the lease
            log.warning("%s: the lease cannot be renewed: %s", name, first_line(error))
