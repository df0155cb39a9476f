"""Addresses of SQL Server and Azure SQL: which ODBC driver, and signing in without a password."""

import logging
import re
import struct
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

_DRIVER: Final = re.compile(r"ODBC Driver (1[7-9]|[2-9]\d) for SQL Server")
"""Microsoft's drivers. Older ones than 17 cannot sign in by a managed identity."""

_ACCESS_TOKEN: Final = 1256  # SQL_COPT_SS_ACCESS_TOKEN, of Microsoft's msodbcsql.h
_AUDIENCE: Final = "https://database.windows.net/.default"


class NoDriver(Exception):
    """No ODBC driver for SQL Server is installed. The message says what to do."""


def completed(url: URL) -> URL:
    """Return an address that SQLAlchemy can use, with this machine's newest driver if the address names none.

    Addresses that are not for pyodbc are returned unchanged. Raise NoDriver; ImportError without unixODBC.
    """
    if url.get_backend_name() != "mssql" or url.get_driver_name() != "pyodbc":
        return url
    url = _spelled(url)
    if {"driver", "odbc_connect", "dsn"} & url.query.keys():
        return url
    import pyodbc

    return url.update_query_dict({"driver": newest(pyodbc.drivers())})


def signs_in_as_whoever_is_here(url: URL) -> bool:
    """Whether the address asks for `Authentication=ActiveDirectoryDefault`: the identity found here, as by `az login`.

    The driver does not know that value: `give_token` implements it.
    """
    return _spelled(url).query.get("authentication", "") == "ActiveDirectoryDefault"


def give_token(engine: Engine) -> None:
    """Make each new connection of the engine sign in with a token of the Azure identity found here."""
    from azure.core.exceptions import ClientAuthenticationError
    from azure.identity import DefaultAzureCredential

    logging.getLogger("azure").setLevel(logging.ERROR)  # it logs at length each credential that failed
    credential = DefaultAzureCredential()

    def sign_in(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        # The driver refuses a token beside any other way to sign in, and SQLAlchemy has written one or two.
        arguments[0] = re.sub(r";(authentication|trusted_connection)=\w+", "", arguments[0], flags=re.IGNORECASE)
        try:
            token = credential.get_token(_AUDIENCE).token.encode("utf-16-le")
        except ClientAuthenticationError as error:
            raise SQLAlchemyError("nobody is signed in to Azure here; run: az login") from error
        options["attrs_before"] = {_ACCESS_TOKEN: struct.pack(f"<I{len(token)}s", len(token), token)}

    event.listen(engine, "do_connect", sign_in)


def newest(installed: Sequence[str]) -> str:
    """Return the newest of Microsoft's drivers among those installed."""
    versions = {int(found[1]): name for name in installed if (found := _DRIVER.fullmatch(name))}
    if not versions:
        raise NoDriver(
            "no Microsoft ODBC driver for SQL Server (17 or newer) is installed; install msodbcsql18, "
            "or name the driver: ?driver=..."
        )
    return versions[max(versions)]


def _spelled(url: URL) -> URL:
    """Spell two options as SQLAlchemy does: it overlooks `Authentication`, and then adds a Windows login."""
    looked_for = {"authentication", "driver"}
    query = {(key.lower() if key.lower() in looked_for else key): value for key, value in url.query.items()}
    return url.set(query=query)
