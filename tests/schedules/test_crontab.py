"""The schedules as lines for cron, checked by cron itself where there is one."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.schedules.crontab import NotForCron, crontab
from shared.schedules.function_json import Schedule, read_schedules
from shared.schedules.ncrontab import parse

UTC = ZoneInfo("UTC")
JOB = "NoShowDetector"
DAILY = Schedule(JOB, parse("0 30 6 * * *"), "timer")
ODD = Path("/srv/pet's 100% café")


def lines(text: str = "0 30 6 * * *", zone: ZoneInfo = UTC, folder: Path = Path("/srv/petcare")) -> list[str]:
    schedules = {JOB: replace(DAILY, ncrontab=parse(text))}
    written = crontab(schedules, zone, python=folder / ".venv/bin/python", folder=folder, log=folder / "cron.log")
    assert written.endswith("\n")  # cron ignores a last line without
    return written.splitlines()


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("0 30 6 * * *", "30 6 * * *"),
        ("0 0 0 * * 0", "0 0 * * 0"),
        ("5 * * * *", "5 * * * *"),
        ("0 5/15 * * * *", "5,20,35,50 * * * *"),
        ("0 0 22-4 * * *", "0 4-22 * * *"),
        ("0 0 8-12,14,16-18 1 jan-mar *", "0 8-12,14,16-18 1 1-3 *"),
        ("0 0 0 */1 * mon-fri", "0 0 * * 1-5"),
        ("0 0 0 13 * 0-6", "0 0 13 * *"),
    ],
)
def test_a_schedule_is_written_as_cron_means_it(text: str, fields: str) -> None:
    assert lines(text)[-1].startswith(f"{fields} cd /srv/petcare && ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("30 0 6 * * *", "it has no seconds"),
        ("*/20 * * * * *", "it has no seconds"),
        ("0 0 0 13 * 5", "of a day of the month and a day of the week it takes either, NCRONTAB both"),
    ],
)
def test_what_cron_cannot_express_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(NotForCron) as caught:
        lines(text)
    assert str(caught.value).startswith(f"{JOB}: cron cannot express {text!r}: {reason}")


def test_a_line_runs_the_job_and_keeps_what_it_says() -> None:
    assert lines()[-1] == (
        "30 6 * * * cd /srv/petcare && /srv/petcare/.venv/bin/python -m shared run NoShowDetector"
        " >> /srv/petcare/cron.log 2>&1"
    )


def test_the_zone_is_told_to_cron_and_to_the_reader() -> None:
    written = lines(zone=ZoneInfo("America/New_York"))
    assert "CRON_TZ=America/New_York" in written
    assert any("there the machine has to be in America/New_York" in line for line in written if line.startswith("#"))


def test_a_path_with_a_line_break_is_refused() -> None:
    with pytest.raises(NotForCron, match="line break"):
        lines(folder=Path("/srv/pet\ncare"))


def test_the_shell_gets_every_path_as_it_is(tmp_path: Path) -> None:
    """As cron does it: `\\%` becomes `%`, and the rest goes to /bin/sh."""
    folder = tmp_path / ODD.name
    (folder / ".venv/bin").mkdir(parents=True)
    python = folder / ".venv/bin/python"
    python.write_text('#!/bin/sh\necho "$PWD" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    command = lines(folder=folder)[-1].removeprefix("30 6 * * * ")
    assert "%" not in command.replace(r"\%", "")
    subprocess.run(["/bin/sh", "-c", command.replace(r"\%", "%")], check=True)
    assert (folder / "cron.log").read_text(encoding="utf-8") == f"{folder} -m shared run {JOB}\n"


@pytest.mark.parametrize("folder", [Path("/srv/petcare"), ODD])
def test_cron_itself_takes_the_lines(tmp_path: Path, folder: Path) -> None:
    program = shutil.which("crontab")
    if program is None:
        pytest.skip("NOT CHECKED: the syntax of crontab lines by cron itself (no crontab here: apt install cron)")
    file = tmp_path / "lines"
    file.write_text(
        crontab(read_schedules(), UTC, python=folder / "python", folder=folder, log=folder / "log"), encoding="utf-8"
    )
    assert check(program, file).returncode == 0
    file.write_text("61 * * * * true\n", encoding="utf-8")
    assert check(program, file).returncode != 0  # it does look


def check(program: str, file: Path) -> "subprocess.CompletedProcess[bytes]":
    """Check the syntax without installing: Debian's cron calls it -n, cronie -T."""
    tried = [subprocess.run([program, option, file], capture_output=True, check=False) for option in ("-n", "-T")]
    return min(tried, key=lambda each: each.returncode)
