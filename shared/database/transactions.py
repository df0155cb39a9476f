"""Work in one transaction, retried after transient failures of the server."""

import logging
import random
import time
from collections.abc import Callable
from typing import Final, TypeVar
from uuid import uuid4

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from shared.database import commits
from shared.database.engine import first_line, reading, writing
from shared.database.failures import is_passing
from shared.domain.back_off import jittered

T = TypeVar("T")
log = logging.getLogger(__name__)

PAUSES: Final = (0.1, 0.5, 2, 5, 10, 20)
"""Seconds before each retry, ±50 %: in total longer than a server takes to fail over."""


def in_transaction(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Do `work` in one transaction and return its result; retry after a transient failure of the server.

    `work` changes nothing but the database. If the connection breaks during the commit, nobody knows whether the server
    committed. The key that each transaction leaves in `commits` shows it: the retry finds its own key there. (SQLite
    has no connection that could break.)

    It takes a function, not a `with` block in a loop of attempts: a `return` inside such a block would leave the loop
    although the commit that follows it failed.
    """
    key, done, is_on_a_server = uuid4(), list[T](), engine.dialect.name != "sqlite"

    def once() -> T:
        with writing(engine) as connection:
            if is_on_a_server and not commits.leave(connection, key):
                return done[-1]  # the try of unknown outcome was committed
            done.append(work(connection))
        return done[-1]

    return _again(once)


def fetch(engine: Engine, query: Callable[[Connection], T]) -> T:
    """Return what `query` reads; retry after a transient failure of the server."""

    def once() -> T:
        with reading(engine) as connection:
            return query(connection)

    return _again(once)


def _again(once: Callable[[], T]) -> T:
    for pause in PAUSES:
        try:
            return once()
        except SQLAlchemyError as error:
            if not is_passing(error):
                raise
            log.warning("the database failed, it is tried again: %s", first_line(error))
        time.sleep(jittered(pause, random.random(), 0.5, 1.5))
    return once()
