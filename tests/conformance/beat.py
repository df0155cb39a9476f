"""Celery's own beat, told the time: each line of stdin is an instant, the answer how many tasks it has sent so far."""

import sys

import time_machine
from celery.beat import Scheduler

from shared.schedulers.celery_app import app


def main() -> None:
    """The first instant is when beat starts."""
    with time_machine.travel(sys.stdin.readline().strip(), tick=False):
        beat = Scheduler(app)
    for line in sys.stdin:
        with time_machine.travel(line.strip(), tick=False):
            while beat.tick() == 0:
                pass
        print(sum(each.total_run_count for each in beat.schedule.values()), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
