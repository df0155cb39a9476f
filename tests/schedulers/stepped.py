"""APScheduler by a clock that is told the time: it jumps from one thing that is due to the next."""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers import base

from tests.doubles import Clock


class Stepped(base.BaseScheduler):  # type: ignore[misc]
    """Runs what is due in the thread that asks; nothing waits and nothing wakes up by itself."""

    def _create_default_executor(self) -> DebugExecutor:
        return DebugExecutor()

    def wakeup(self) -> None:
        """Nobody sleeps."""

    def shutdown(self, wait: bool = True) -> None:
        """Stop."""
        super().shutdown(wait)

    def play(self, clock: Clock, until: datetime) -> None:
        """Do all that comes due before `until`, each at its time; then it is `until`."""
        while True:
            wait = self._process_jobs()
            if wait is None or clock.now + timedelta(seconds=wait) >= until:
                break
            clock.pass_(seconds=wait)
        clock.now = max(clock.now, until)


def stepped(monkeypatch: pytest.MonkeyPatch, clock: Callable[[], datetime]) -> Stepped:
    """Return an APScheduler that lives by `clock`."""

    class Told(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return clock().astimezone(tz)

    monkeypatch.setattr(base, "datetime", Told)
    return Stepped(timezone="UTC")
