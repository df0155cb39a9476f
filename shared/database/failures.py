"""What a database's error means: a duplicate key, or a transient failure."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.domain.safe_text import masked

_CONFLICTS: Final = frozenset({1205, 1222, 3960})
"""SQL Server: deadlock victim, lock time-out, update conflict in a snapshot."""
_SQL_SERVER: Final = _CONFLICTS | {
    *(49918, 49919, 49920, 49977, 49983, 49802),  # too many operations, or the database is being moved
    *(40613, 40501, 40197, 40143, 40540, 10928, 10929),  # not available just now, or busy
    *(10053, 10054, 10060, 233, 121, 64, 20),  # the connection broke
    *(4060, 4221, 615, 926),  # not open yet after a failover
}
"""Error numbers after which a retry may succeed: those of Microsoft's transient faults that apply here."""
_POSTGRES: Final = frozenset({"40001", "40P01", "55P03", "57014", "25006", "53300", "57P01", "57P02", "57P03", "25P03"})
"""PostgreSQL's SQLSTATEs for these, besides all of class 08. 25006: the server became a replica."""
_POSTGRES_CONFLICTS: Final = frozenset({"40001", "40P01", "55P03", "57014"})
_DUPLICATES: Final = frozenset({2627, 2601})
_NUMBER: Final = re.compile(r"\((\d+)\)(?= *(?:\(SQL\w+\)|;|[\"')]*$))")
"""Where the driver writes SQL Server's number. A value in the text may be in brackets too: "(20). (2627) (SQL…)"."""


def watch(engine: Engine) -> None:
    """Make the engine treat every transient failure as a lost connection, so that the next use opens a new one.

    Hide user and password in every failure, because its text reaches people, logs and traces.
    """
    event.listen(engine, "handle_error", partial(_hide, _secrets(engine.url)))
    event.listen(engine, "handle_error", _take_for_lost)


def is_passing(error: BaseException) -> bool:
    """Whether a retry may succeed. A failing rollback hides the first failure, so the causes count too."""
    return any(isinstance(each, DBAPIError) and each.connection_invalidated for each in _chain(error))


def is_duplicate(error: IntegrityError) -> bool:
    """Whether the row's key exists already; any other IntegrityError is a bug."""
    if numbers := _numbers(error.orig):
        return bool(numbers & _DUPLICATES)
    return _sqlstate(error.orig) == "23505" or "UNIQUE constraint failed" in str(error.orig)


def _secrets(url: URL) -> list[str]:
    """Return user and password, unless one is also the name of the host or the database, which are shown."""
    named = [value for key, value in url.query.items() if key.lower() in ("user", "password", "uid", "pwd")]
    return [str(each) for each in (url.password, url.username, *named) if each not in (None, url.host, url.database)]


def _hide(secrets: Sequence[str], context: ExceptionContext) -> None:
    for error in (context.sqlalchemy_exception, *_chain(context.original_exception)):
        if error is not None:
            error.args = tuple(masked(each, *secrets) if isinstance(each, str) else each for each in error.args)


def _take_for_lost(context: ExceptionContext) -> None:
    passing = [each for each in _chain(context.original_exception) if _passes(each)]
    if passing and not context.is_disconnect:
        context.is_disconnect = True
        # After a conflict the server is healthy: the other connections stay.
        context.invalidate_pool_on_disconnect = not all(map(_is_conflict, passing))


def _passes(error: BaseException) -> bool:
    state, name = _sqlstate(error), type(error).__name__
    if state:
        return state in _POSTGRES or state.startswith("08")
    if type(error).__module__.startswith("psycopg"):
        kinds = {each.__name__ for each in type(error).__mro__}  # ConnectionTimeout is one, too
        return "OperationalError" in kinds  # no answer, or an incomplete one
    return bool(_numbers(error) & _SQL_SERVER) or (name == "OperationalError" and "is locked" in str(error))


def _is_conflict(error: BaseException) -> bool:
    numbers = _numbers(error) & _SQL_SERVER
    return _sqlstate(error) in _POSTGRES_CONFLICTS or (bool(numbers) and numbers <= _CONFLICTS)


def _sqlstate(error: Any) -> str | None:
    """Return PostgreSQL's code for an error."""
    state: str | None = getattr(error, "sqlstate", None)
    return state


def _numbers(error: Any) -> set[int]:
    """Return SQL Server's numbers in the text of an error."""
    return {int(number) for number in _NUMBER.findall(str(error))} if type(error).__module__ == "pyodbc" else set()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it was raised from or while handling."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
