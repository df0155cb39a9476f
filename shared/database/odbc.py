"""Addresses of SQL Server and Azure SQL: which ODBC driver, and signing in without a password."""

import re
from collections.abc import Sequence
from typing import Final

from sqlalchemy.engine import URL

_DRIVER: Final = re.compile(r"ODBC Driver (1[7-9]|[2-9]\d) for SQL Server")
"""Microsoft's drivers. Older ones than 17 cannot sign in by a managed identity."""


class NoDriver(Exception):
    """No ODBC driver for SQL Server is installed. The message says what to do."""


def completed(url: URL) -> URL:
    """Return an address that SQLAlchemy can use: with the newest driver of this machine where it names none.

    Other addresses than those of pyodbc are returned as they are. Raise NoDriver; ImportError without unixODBC.
    """
    if url.get_backend_name() != "mssql" or url.get_driver_name() != "pyodbc":
        return url
    url = _spelled(url)
    if {"driver", "odbc_connect", "dsn"} & url.query.keys():
        return url
    import pyodbc

    return url.update_query_dict({"driver": newest(pyodbc.drivers())})


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
    """Write the two names that SQLAlchemy looks for as it does: it overlooks `Authentication`, and then asks for a
    Windows login besides.
    """
    looked_for = {"authentication", "driver"}
    query = {(key.lower() if key.lower() in looked_for else key): value for key, value in url.query.items()}
    return url.set(query=query)
