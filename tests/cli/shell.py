"""The command line as people type it: a program in a folder, with nothing in its environment but what is set."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import warm_start
from tests.cli.inside import run_inside

ROOT = Path(__file__).parent.parent.parent
JOB, JOB_2H = "AppointmentReminders24h", "AppointmentReminders2h"
SEEDED = "2026-03-04T15:20:00+00:00"
"""The time around which the sample of these tests lies."""
AT = "2026-03-04T17:00:00+00:00"
"""Soon after, noon in New York: there is plenty to remind of, and some of it waits for the morning elsewhere."""
CONSOLE = {"SMS_PROVIDER": "console", "PAYMENT_PROVIDER": "console"}


@dataclass(frozen=True, slots=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs commands in `folder`. Whatever they are asked, none may show a user a Python trace."""

    folder: Path
    settings: dict[str, str] = field(default_factory=lambda: dict(CONSOLE))

    @property
    def database(self) -> Path:
        return self.folder / "petcare.db"

    def __call__(self, *arguments: str, module: str = "shared", **settings: str | None) -> Done:
        """Run `python -m shared ARGUMENTS` with more settings, in this process; None takes a setting away."""
        done = Done(*run_inside(self.folder, self.environment(**settings), module, *arguments))
        assert "Traceback" not in done.out + done.err, done
        return done

    def process(self, *arguments: str, module: str = "shared", **settings: str | None) -> Done:
        """The same in a process of its own, from a warm start: for what the process itself has a part in."""
        return self.ended(self.start(*arguments, module=module, **settings))

    def cold(self, *arguments: str, module: str = "shared", **settings: str | None) -> Done:
        """The same from a cold start, as users have it."""
        return self.ended(self.start_cold(*arguments, module=module, **settings))

    @staticmethod
    def ended(process: "subprocess.Popen[str]") -> Done:
        """Wait for the end of a command."""
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in out + err, out + err
        return Done(process.returncode, out, err)

    def start(self, *arguments: str, module: str = "shared", **settings: str | None) -> "subprocess.Popen[str]":
        """Start a command, from a warm start."""
        return self._started(warm_start.command(module, *arguments), settings)

    def start_cold(self, *arguments: str, module: str = "shared", **settings: str | None) -> "subprocess.Popen[str]":
        """Start a command as users do; a signal reaches it at once."""
        return self._started([sys.executable, "-m", module, *arguments], settings)

    def _started(self, command: list[str], settings: dict[str, str | None]) -> "subprocess.Popen[str]":
        environment = self.environment(**settings)
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding=environment["PYTHONIOENCODING"],
        )

    def environment(self, **settings: str | None) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
        # As in an activated environment, where `python` is the Python that runs the command.
        inherited["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        ours = {"PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8", "HOME": str(self.folder)}
        chosen = self.settings | settings
        return inherited | ours | {name: value for name, value in chosen.items() if value is not None}

    def each(self, calls: Iterable[tuple[tuple[str, ...], dict[str, str | None]]]) -> list[Done]:
        """Run commands one after the other."""
        return [self(*arguments, **settings) for arguments, settings in calls]

    def sql(self, statement: str, *values: object) -> list[Any]:
        """Run one statement on the database and return its rows."""
        connection = sqlite3.connect(self.database)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def rows(self, *, without: Iterable[str] = ()) -> dict[str, list[Any]]:
        """Return the content of every table but those named."""
        names = [name for (name,) in self.sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: sorted(self.sql(f"SELECT * FROM {name}"), key=repr) for name in names if name not in without}
