"""The most memory that one delivery takes: `python -m benchmarks.memory DATABASE-KIND URL MESSAGES` prints MB.

The sending is done by a process of its own, so that what prepares the database does not count.
"""

import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.due import application_on, prepared
from benchmarks.stand_in import gateway
from shared.database.engine import open_engine
from shared.runtime import run
from tests.databases import opened


def main(kind: str, url: str, many: str) -> None:
    """Prepare a database, and let another process deliver what is in it."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, opened(kind, Path(folder)) as databases:
        address = databases.empty()
        prepared(address, int(many)).dispose()
        subprocess.run([sys.executable, "-m", "benchmarks.memory", address, url], check=True)


def deliver(database: str, url: str) -> None:
    """Deliver all that is planned and print the most memory this process took, in MB."""
    run(replace(application_on(open_engine(database)), sms=gateway(url)), "AppointmentReminders2h")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) == 4 else deliver(*sys.argv[1:])
