"""What the drivers' errors are taken for: the texts are as the drivers write them."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.database.failures import is_duplicate, is_passing, watch

MICROSOFT = "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]"


class Error(Exception):
    """pyodbc's own, which cannot be imported where there is no unixODBC."""

    __module__ = "pyodbc"


class ProgrammingError(Error):
    __module__ = "pyodbc"


class OperationalError(Error):
    __module__ = "pyodbc"


class IntegrityFault(Error):
    __module__ = "pyodbc"


IntegrityFault.__name__ = "IntegrityError"
UNAVAILABLE = (
    f"[42000] {MICROSOFT}Database 'petcare' on server 'paws' is not currently available.  Please retry the connection "
    "later.  If the problem persists, contact customer support, and provide them the session tracing ID of "
    "'{2F4C3C4B-7C1C-4B8E-9A54-2C4B6E0F4D11}'. (40613) (SQLDriverConnect)"
)
PASSING = {
    40613: ProgrammingError("42000", UNAVAILABLE),
    40197: ProgrammingError(
        "42000",
        f"[42000] {MICROSOFT}The service has encountered an error processing your request. Please try again. "
        "Error code 4221. (40197) (SQLExecDirectW)",
    ),
    49918: ProgrammingError(
        "42000",
        f"[42000] {MICROSOFT}Cannot process request. Not enough resources to process request. Please retry your "
        "request later. (49918) (SQLExecDirectW)",
    ),
    4060: ProgrammingError(
        "42000",
        f'[42000] {MICROSOFT}Cannot open database "petcare" requested by the login. The login failed. (4060) '
        f'(SQLDriverConnect); [42000] {MICROSOFT}Cannot open database "petcare" requested by the login. (4060)',
    ),
    40501: Error(
        "HY000",
        f"[HY000] {MICROSOFT}The service is currently busy. Retry the request after 10 seconds. Incident ID: "
        "{0C2F}. Code: 245 (40501) (SQLExecDirectW)",
    ),
    10928: Error(
        "HY000",
        f"[HY000] {MICROSOFT}Resource ID : 1. The request limit for the database is 60 and has been reached. (10928) "
        "(SQLExecDirectW)",
    ),
    1205: Error(
        "40001",
        f"[40001] {MICROSOFT}Transaction (Process ID 52) was deadlocked on lock resources with another process and "
        "has been chosen as the deadlock victim. Rerun the transaction. (1205) (SQLExecDirectW)",
    ),
    1222: ProgrammingError(
        "42000", f"[42000] {MICROSOFT}Lock request time out period exceeded. (1222) (SQLExecDirectW)"
    ),
    3960: ProgrammingError(
        "42000",
        f"[42000] {MICROSOFT}Snapshot isolation transaction aborted due to update conflict. You cannot use snapshot "
        "isolation to access table 'dbo.owners' directly or indirectly in database 'petcare' to update, delete, or "
        "insert the row that has been modified or deleted by another transaction. (3960) (SQLExecDirectW)",
    ),
    10054: OperationalError(
        "08S01",
        "[08S01] [Microsoft][ODBC Driver 18 for SQL Server]TCP Provider: Error code 0x2746 (10054) (SQLExecDirectW)",
    ),
}
LASTING = {
    "a duplicate key that holds a transient number": IntegrityFault(
        "23000",
        f"[23000] {MICROSOFT}Violation of PRIMARY KEY constraint 'pk_commits'. Cannot insert duplicate key in object "
        "'dbo.commits'. The duplicate key value is (20). (2627) (SQLExecDirectW)",
    ),
    "no such table": ProgrammingError(
        "42S02", f"[42S02] {MICROSOFT}Invalid object name 'decisions'. (208) (SQLExecDirectW)"
    ),
    "a wrong password": Error(
        "28000", f"[28000] {MICROSOFT}Login failed for user 'petcare'. (18456) (SQLDriverConnect)"
    ),
}
CONFLICTS = {1205, 1222, 3960}


def driver(error: Exception) -> Any:
    """A pyodbc whose statements fail."""

    def fail(*_: Any) -> None:
        raise error

    def nothing(*_: Any, **__: Any) -> None:
        pass

    def cursor() -> Any:
        return SimpleNamespace(execute=fail, setinputsizes=nothing, close=nothing)

    methods = ("commit", "rollback", "close", "add_output_converter")
    connection = SimpleNamespace(cursor=cursor, **dict.fromkeys(methods, nothing))
    names = ("Error", "DatabaseError", "InterfaceError", "DataError", "InternalError", "NotSupportedError")
    errors = dict.fromkeys(names, Error) | {
        each.__name__: each for each in (ProgrammingError, OperationalError, IntegrityFault)
    }
    return SimpleNamespace(
        **errors,
        paramstyle="qmark",
        version="5.3.0",
        connect=lambda *_, **__: connection,
        Cursor=SimpleNamespace(nextset=None),
        SQL_WVARCHAR=0,
        SQL_DECIMAL=0,
    )


def failed(error: Exception) -> tuple[DBAPIError, bool]:
    """Run a statement on a server that fails; return what it raised, and whether other connections are kept."""
    engine = create_engine("mssql+pyodbc://server/petcare?driver=any", module=driver(error))
    engine.dialect.do_ping = lambda _: True  # type: ignore[method-assign]
    engine.dialect.initialize = lambda _: None  # type: ignore[method-assign]
    watch(engine)
    pool = engine.pool
    with pytest.raises(DBAPIError) as caught, engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    return caught.value, engine.pool is pool and pool._invalidate_time == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", PASSING)
def test_a_transient_fault_of_sql_server_is_taken_for_a_lost_connection(number: int) -> None:
    error, others_stay = failed(PASSING[number])
    assert error.connection_invalidated
    assert is_passing(error)
    assert others_stay == (number in CONFLICTS)


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_fault_of_sql_server_is_not_tried_again(name: str) -> None:
    error, others_stay = failed(LASTING[name])
    assert not is_passing(error)
    assert others_stay


def test_a_rollback_that_fails_does_not_hide_what_failed() -> None:
    hiding = LookupError("the rollback")
    hiding.__context__, _ = failed(PASSING[1205])
    assert is_passing(hiding)


def test_only_a_key_that_is_there_already_is_a_duplicate() -> None:
    duplicate = LASTING["a duplicate key that holds a transient number"]
    index = IntegrityFault(
        "23000",
        f"[23000] {MICROSOFT}Cannot insert duplicate key row in object 'dbo.notifications' with unique index "
        "'uq_notifications_provider_message_id'. The duplicate key value is (SM1). (2601) (SQLExecDirectW)",
    )
    foreign_key = IntegrityFault(
        "23000",
        f'[23000] {MICROSOFT}The INSERT statement conflicted with the FOREIGN KEY constraint "fk_pets_owner_id". The '
        'conflict occurred in database "petcare", table "dbo.owners", column \'id\'. (547) (SQLExecDirectW)',
    )
    assert is_duplicate(IntegrityError("INSERT", {}, duplicate))
    assert is_duplicate(IntegrityError("INSERT", {}, index))
    assert not is_duplicate(IntegrityError("INSERT", {}, foreign_key))
