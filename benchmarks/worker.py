"""A process that delivers what is planned: `python -m benchmarks.worker DATABASE TWILIO CONCURRENCY`.

It says "ready", waits for a line, and says in the end how many texts were sent and the most memory it took.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.due import application_on
from benchmarks.stand_in import ROOT, gateway
from shared.database.engine import open_engine
from shared.runtime import run_without_lease
from shared.stages import requested


@dataclass(frozen=True, slots=True)
class Work:
    """What one process did. `peak`: the most memory it took, in MB."""

    sent: int
    peak: float


@contextmanager
def ready(database: str, url: str, many: int, concurrency: int = 64) -> Iterator[Sequence["subprocess.Popen[str]"]]:
    """So many processes, started and waiting for their line."""
    command = [sys.executable, "-m", "benchmarks.worker", database, url, str(concurrency)]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(many)
    ]
    try:
        for each in processes:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        yield processes
    finally:
        for each in processes:
            each.kill()
            each.wait()


def work(processes: Sequence["subprocess.Popen[str]"]) -> list[Work]:
    """Let processes that are ready deliver until nothing is due."""
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    return [Work(**json.loads(each.communicate()[0])) for each in processes]


def main(database: str, url: str, concurrency: str) -> None:
    """Deliver whoever else does."""
    application = application_on(open_engine(database))
    application = replace(application, sms=gateway(url, int(concurrency)), concurrency=int(concurrency))
    print("ready", flush=True)
    sys.stdin.readline()
    result = run_without_lease(application, requested(application, "AppointmentReminders2h"))
    print(json.dumps({"sent": sum(result["delivery"]["sent"].values()), "peak": _peak()}))


def _peak() -> float:
    """Return the most memory that this process took, in MB: Linux's own count.

    What `getrusage` tells includes the memory of the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (kilobytes,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(kilobytes) / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
