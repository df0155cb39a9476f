"""Programs of the project as processes that need not import everything first: that takes longer than most of them run.

`command("shared", "runs")` starts what `[sys.executable, "-m", "shared", "runs"]` starts: a process of its own with
those arguments, its own environment, folder, streams and exit code. Only it is forked from one that has imported the
libraries and run each job once. Where that is not safe (anywhere but on Linux) it is a plain start.
"""

import atexit
import os
import socket
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
SHARED = "PETCARE_WARM_START"
"""The environment variable with the address of a server that was started for several processes."""
PATIENCE = 120
"""Seconds, only before a server is given up."""


def command(module: str, *arguments: str) -> list[str]:
    """Return a command line that runs a module, to be started as any other.

    Signals that ask it to end reach the program, and one that kills it kills the program with its children.
    """
    if sys.platform != "linux":
        return [sys.executable, "-m", module, *arguments]
    return [sys.executable, "-I", "-S", str(HERE / "client.py"), _server(), module, *arguments]


def share() -> None:
    """Let the processes that this one starts fork from one server. It is not waited for."""
    if sys.platform == "linux":
        os.environ[SHARED] = _start()


@cache
def _server() -> str:
    """Return the address of what processes are forked from, once it answers there."""
    address = os.environ.get(SHARED) or _start()
    deadline = time.monotonic() + PATIENCE
    while not _answers(address):
        assert time.monotonic() < deadline, "the server of warm starts did not start"
        time.sleep(0.05)
    return address


def _start() -> str:
    """Start a server that ends when this process does; return the address of its socket."""
    folder = tempfile.TemporaryDirectory(prefix="petcare-warm-")
    address = f"{folder.name}/socket"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.warm_start.server", address],
        cwd=HERE.parent.parent,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )

    def end() -> None:
        server.communicate(timeout=60)
        folder.cleanup()

    atexit.register(end)
    return address


def _answers(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(address) == 0
