"""Programs of the project as processes that need not import everything first: that takes longer than most of them run.

`command("shared", "runs")` starts what `[sys.executable, "-m", "shared", "runs"]` starts: a process of its own with
those arguments, its own environment, folder, streams and exit code. Only it is forked from one that has imported the
libraries and run each job once. Where that is not safe (anywhere but on Linux) it is a plain start.
"""

import atexit
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


def command(module: str, *arguments: str) -> list[str]:
    """Return a command line that runs a module, to be started as any other.

    Signals that ask it to end reach the program, and one that kills it kills the program with its children.
    """
    if sys.platform != "linux":
        return [sys.executable, "-m", module, *arguments]
    return [sys.executable, "-I", "-S", str(HERE / "client.py"), _server(), module, *arguments]


@cache
def _server() -> str:
    """Start what processes are forked from; it ends when this process does. Return the address of its socket."""
    folder = tempfile.TemporaryDirectory(prefix="petcare-warm-")
    address = f"{folder.name}/socket"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.warm_start.server", address],
        cwd=HERE.parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"

    def end() -> None:
        server.communicate(timeout=60)
        folder.cleanup()

    atexit.register(end)
    return address
