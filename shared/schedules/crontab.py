"""The schedules as crontab lines. A schedule that cron cannot express is refused, not approximated."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.safe_text import written_out
from shared.schedules.function_json import Schedule
from shared.schedules.ncrontab import Ncrontab

_FULL: Final = (60, 24, 31, 12, 7)
"""The numbers of minutes, hours, days of the month, months and days of the week."""


class NotForCron(Exception):
    """A schedule that cron cannot express. The message names the job and says why."""


def crontab(schedules: Mapping[str, Schedule], zone: ZoneInfo, *, python: Path, folder: Path, log: Path) -> str:
    """Return a line for each job. Raise NotForCron for a schedule or a path that cron cannot express.

    `python`: the interpreter; `folder`: the application, with its settings; `log`: the file for all output.
    """
    lines = [f"{_fields(each)} {_command(job, python, folder, log)}" for job, each in schedules.items()]
    return "\n".join(
        [
            "# One run of a job at a time: the lease in the database sees to it, on all machines together; no flock.",
            f"# Cron passes no settings on: they are read from .env or local.settings.json in {folder}",
            f"# The schedules are meant in {zone.key}. cronie (Red Hat, Fedora, Arch) obeys CRON_TZ. The cron of",
            f"# Debian and Ubuntu does not: there the machine has to be in {zone.key} (timedatectl set-timezone).",
            f"CRON_TZ={zone.key}",
            "SHELL=/bin/sh",
            *lines,
            "",
        ]
    )


def _fields(schedule: Schedule) -> str:
    ncrontab = schedule.ncrontab
    reason = _reason(ncrontab)
    if reason:
        raise NotForCron(
            f"{schedule.job}: cron cannot express {ncrontab.text!r}: {reason}; change function.json, or use "
            "`python -m shared host`"
        )
    values = (ncrontab.minutes, ncrontab.hours, ncrontab.days, ncrontab.months, ncrontab.weekdays)
    return " ".join(_field(each, full) for each, full in zip(values, _FULL, strict=True))


def _reason(ncrontab: Ncrontab) -> str | None:
    if ncrontab.seconds != (0,):
        return "it has no seconds, every line runs at second 0"
    if len(ncrontab.days) < 31 and len(ncrontab.weekdays) < 7:
        return "of a day of the month and a day of the week it takes either, NCRONTAB both"
    return None


def _field(values: Sequence[int], full: int) -> str:
    """Return the values in crontab notation: `*`, or a list with ranges."""
    if len(values) == full:
        return "*"
    starts = [value for value in values if value - 1 not in values]
    ends = [value for value in values if value + 1 not in values]
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


def _command(job: str, python: Path, folder: Path, log: Path) -> str:
    command = f"cd {quote(str(folder))} && {quote(str(python))} -m shared run {job} >> {quote(str(log))} 2>&1"
    if command != written_out(command):
        raise NotForCron("cron has no way to write a path with a line break or another control character in it")
    return command.replace("%", r"\%")  # cron turns a bare % into a line break, even inside quotes
