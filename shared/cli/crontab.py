"""`crontab`: lines for cron, from the schedules in the function.json files."""

import sys
from pathlib import Path

import click

from shared.cli.common.showing import echo
from shared.errors import UsageError
from shared.schedules.crontab import NotForCron, crontab
from shared.schedules.function_json import ROOT, read_schedules
from shared.settings import JobSettings, load


@click.command(name="crontab")
@click.option(
    "--log",
    type=click.Path(path_type=Path, dir_okay=False),
    default=ROOT / "petcare-cron.log",
    help="The file for the jobs' output. Default: petcare-cron.log beside the application.",
)
def crontab_command(log: Path) -> None:
    """Print a crontab line for each job. To add them to your crontab:

    (crontab -l; python -m shared crontab) | crontab -
    """
    python = Path(sys.executable).absolute()  # not resolved: a virtual environment's interpreter is a symlink
    try:
        lines = crontab(
            read_schedules(), load(JobSettings).task_timezone, python=python, folder=ROOT, log=log.absolute()
        )
    except NotForCron as error:
        raise UsageError(str(error)) from None
    echo(*lines.splitlines())
