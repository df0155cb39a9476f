"""A process that gets ready, works once it is let go, and may be killed on its way."""

import signal
import subprocess
from collections.abc import Collection
from pathlib import Path

from tests import warm_start

ROOT = Path(__file__).parents[2]


class Life:
    """One such process: it runs a module, which says "ready" and then waits for a line."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            warm_start.command(module, *arguments),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()[1]

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> int:
        """Wait for its end, and return its exit code: of a good end, or of a kill."""
        _, errors = self.process.communicate(timeout=300)
        assert self.process.returncode in (0, -signal.SIGKILL), errors
        return self.process.returncode

    def live(self) -> int:
        """Let it go once it is ready, and return its exit code."""
        self.wait_until_ready()
        self.go()
        return self.end()


def live_together(lives: Collection[Life]) -> None:
    """Let all go at the same moment, and to a good end."""
    for each in lives:
        each.wait_until_ready()
    for each in lives:
        each.go()
    assert {each.end() for each in lives} == {0}
