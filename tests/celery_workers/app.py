"""Celery as the tests run it: the real app, impatient, and living at the time that a file tells.

`celery -A tests.celery_workers.app worker`, with the name of the file in SIMULATED_NOW. While it is empty, tasks wait.
"""

import os
import time
from pathlib import Path
from typing import Any

import time_machine
from celery.signals import task_postrun, task_prerun

from shared.schedulers.celery_app import STAGES, STARTS, app

__all__ = ["app"]

# What a killed worker held is given to another after seconds instead of minutes.
app.conf.broker_transport_options = {
    "visibility_timeout": 3,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
}
for task in (*STARTS.values(), *STAGES.values()):
    task.default_retry_delay = 0
_travels: list[time_machine.travel] = []


def depart(**_: Any) -> None:
    """Let a task live at the simulated time."""
    while not (now := Path(os.environ["SIMULATED_NOW"]).read_text()):
        time.sleep(0.05)
    _travels.append(time_machine.travel(now, tick=False))
    _travels[-1].start()


def come_back(**_: Any) -> None:
    """Celery itself lives in the present."""
    _travels.pop().stop()


task_prerun.connect(depart)
task_postrun.connect(come_back)
