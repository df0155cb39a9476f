"""`health`: whether each job can run and ran lately, and whether anything hangs."""

import sys
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from shared.application import open_application, open_database, payment_gateway, utc_now
from shared.cli.common.showing import echo_json, line, page
from shared.errors import ConfigurationError
from shared.operations.health import Health, examine
from shared.schedules.function_json import read_schedules
from shared.settings import JobSettings, load


@click.command(name="health")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, alone, on stdout.")
def health_command(as_json: bool) -> None:
    """Report what is wrong, since when, and which command to run next. Exit code 1 when anything is wrong."""
    found = _examined()
    if as_json:
        echo_json(found.as_object())
    else:
        show(found, page())
    sys.exit(0 if found.is_well else 1)


def _examined() -> Health:
    wrong: str | None = None
    zone, defaults = ZoneInfo("UTC"), None
    try:
        jobs = load(JobSettings)
        zone, defaults = jobs.task_timezone, jobs.policy()
        application = open_application()
        application.engine.dispose()
        payment_gateway(application)
    except ConfigurationError as error:
        wrong = str(error)
    engine, schedules = open_database(), read_schedules()
    return examine(engine, schedules, zone, utc_now(), defaults=defaults, wrong_setting=wrong)


def show(found: Health, console: Console) -> None:
    """Print a line for each check, failed checks first, each followed by the command to run next."""
    wrong = [each for each in found.checks if not each.is_well]
    line(console, "well" if found.is_well else f"NOT WELL: {len(wrong)} of {len(found.checks)} checks", "bold")
    width = max(len(each.name) for each in found.checks)
    for each in found.ordered:
        since = f" (since {each.since:%Y-%m-%d %H:%M} UTC)" if each.since else ""
        mark = "ok " if each.is_well else "BAD"
        line(console, f"{mark}  {each.name:{width}}  {each.words}{since}", "" if each.is_well else "red")
        if each.command:
            line(console, f"     {'':{width}}  run: {each.command}")
