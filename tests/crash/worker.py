"""One process that runs a job without the lease: `python -m tests.crash.worker DATABASE LOG NOW WALL JOB [MOMENT]`.

It says "ready", waits for a line, and shows each message it sends as a line of LOG. With a MOMENT like "statement:7"
or "message:120" it is killed there, before it executes that statement or after it sent that message.
"""

import logging
import os
import signal
import sys
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine, event

from shared.application import simulation
from shared.database.engine import open_engine
from shared.gateways.sms import Accepted, ConsoleSms, Sms
from shared.runtime import run_without_lease
from shared.stages import requested


class Countdown:
    """Kills this process when it reaches zero."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self) -> None:
        """Come one step closer."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class CountingSms(ConsoleSms):
    """The console, counting what it sent."""

    def __init__(self, countdown: Countdown) -> None:
        self.countdown = countdown

    async def send(self, sms: Sms) -> Accepted:
        """Show the message, and perhaps die of it."""
        sent = await super().send(sms)
        self.countdown.step()
        return sent


def doomed(engine: Engine, moment: str) -> ConsoleSms:
    """Return the console to use, with this process to be killed at the moment."""
    what, _, number = moment.partition(":")
    countdown = Countdown(int(number))
    if what == "message":
        return CountingSms(countdown)
    event.listen(engine, "before_cursor_execute", lambda *_: countdown.step())
    return ConsoleSms()


def main(database: str, log_file: str, now: str, wall: str, job: str, moment: str = "") -> None:
    """Run one job as of `now`, with a wall clock that stands at `wall`."""
    logging.basicConfig(level="INFO", format="%(message)s", handlers=[logging.FileHandler(log_file)])
    stands_at = datetime.fromisoformat(wall)
    engine = open_engine(database)
    sms = doomed(engine, moment) if moment else ConsoleSms()
    application = replace(simulation(engine, lambda: stands_at), sms=sms)
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    run_without_lease(application, requested(application, job, at=datetime.fromisoformat(now)))


if __name__ == "__main__":
    main(*sys.argv[1:])
