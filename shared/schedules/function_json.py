"""When each job runs, read from the function.json files: the only place where schedules are written."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from shared.errors import ConfigurationError
from shared.schedules.ncrontab import Ncrontab, parse

ROOT: Final = Path(__file__).resolve().parents[2]
"""The folder that holds the function folders."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job runs. `binding`: the name of its timer. `is_monitored`: missed occurrences are made up for.

    `retries`: how often a failed run is retried, each time after `retry_delay`.
    """

    job: str
    ncrontab: Ncrontab
    binding: str
    run_on_startup: bool = False
    is_monitored: bool = True
    retries: int = 0
    retry_delay: timedelta = timedelta()


def read_schedules(root: Path = ROOT) -> dict[str, Schedule]:
    """Return the schedule of each job by its name. Raise ConfigurationError, naming the file, for a bad one."""
    return {path.parent.name: _read(path) for path in sorted(root.glob("*/function.json"))}


def _read(path: Path) -> Schedule:
    bad = partial(_error, f"{path.parent.name}/{path.name}")
    try:
        function = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise bad(f"not readable as JSON ({error})") from None
    timers = [each for each in _bindings(function) if each.get("type") == "timerTrigger"]
    if len(timers) != 1:
        raise bad(f"{len(timers)} bindings of type timerTrigger instead of one")
    (timer,) = timers
    try:
        ncrontab = parse(_schedule_text(timer.get("schedule")))
    except ValueError as error:
        raise bad(f"schedule: {error}") from None
    try:
        retries, delay = _retry(function.get("retry"))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise bad(
            'retry: write it like {"strategy": "fixedDelay", "maxRetryCount": 3, "delayInterval": "00:01:30"}'
        ) from None
    return Schedule(
        path.parent.name,
        ncrontab,
        binding=str(timer.get("name", "timer")),
        run_on_startup=timer.get("runOnStartup", False) is True,
        is_monitored=timer.get("useMonitor", True) is True,
        retries=retries,
        retry_delay=delay,
    )


def _bindings(function: Any) -> list[dict[str, Any]]:
    found = function.get("bindings") if isinstance(function, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _schedule_text(schedule: Any) -> str:
    """Return the schedule as text; refuse forms that the Functions host takes and the other schedulers do not."""
    if not isinstance(schedule, str):
        raise ValueError("missing")
    if "%" in schedule:
        raise ValueError(f"{schedule!r} names an app setting; write the schedule itself here, where all read it")
    if ":" in schedule:
        raise ValueError(f"{schedule!r} is a span of time; write it as NCRONTAB, for example 0 */5 * * * *")
    return schedule


def _retry(policy: Any) -> tuple[int, timedelta]:
    """Return how often, and after what delay, a failed run is retried. Only Azure's strategy `fixedDelay` is known."""
    if policy is None:
        return 0, timedelta()
    if policy["strategy"] != "fixedDelay":
        raise ValueError
    hours, minutes, seconds = map(int, policy["delayInterval"].split(":"))
    return max(int(policy["maxRetryCount"]), 0), timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _error(path: str, words: str) -> ConfigurationError:
    return ConfigurationError(f"{path}: {words}")
