"""`tenants`: the businesses, and whether their settings are sound."""

import sys
from collections.abc import Collection, Iterator

import click
from rich.console import Console

from shared.application import open_database, utc_now
from shared.cli.common.showing import echo, line, page
from shared.database.engine import ensure_ready, reading
from shared.database.tenants import ids_of
from shared.operations.tenants import Business, Defaults, businesses
from shared.settings import JobSettings, load, policy_variables

WIDEST = 80
"""Characters of a value that are shown."""


@click.group("tenants", invoke_without_command=True)
@click.pass_context
def tenants_command(context: click.Context) -> None:
    """List the businesses: whether they are served, if not why, and their texts of the last 30 days."""
    if context.invoked_subcommand:
        return
    found = _found((), are_all=True)
    console = page()
    width = max((len(each.subdomain) for each in found), default=0)
    for each in found:
        texts = f"{each.sent} text{'' if each.sent == 1 else 's'} in 30 days"
        more = f"; run: python -m shared tenants check {each.subdomain}" if each.faults else ""
        line(console, f"{each.subdomain:{width}}  {texts:>24}  {_standing(each)}{more}", "red" if more else "")
    served = sum(each.not_served is None for each in found)
    echo(f"{served} of {len(found)} are served." if found else "there is no tenant")


@tenants_command.command()
@click.argument("subdomain", required=False)
def check(subdomain: str | None) -> None:
    """Show the settings of a business that are in force and where each comes from, and all that is wrong with them.

    Without SUBDOMAIN: what is wrong with any. Exit code 1 when anything is.
    """
    found = _found((subdomain,) if subdomain else ())
    console = page()
    for each in found:
        if subdomain or each.faults:
            _show(each, console)
    wrong = sum(bool(each.faults) for each in found)
    if not subdomain:
        line(console, f"{wrong} of {len(found)} have something wrong" if wrong else f"all {len(found)} are sound")
    sys.exit(1 if wrong else 0)


def _found(only: Collection[str], *, are_all: bool = False) -> list[Business]:
    jobs, engine = load(JobSettings), open_database()
    ensure_ready(engine)
    with reading(engine) as connection:
        ids_of(connection, only)
        defaults = Defaults(jobs.policy(), jobs.task_timezone, policy_variables())
        return businesses(connection, defaults, utc_now(), only, are_all=are_all)


def _standing(each: Business) -> str:
    if each.not_served is None:
        return "served, with something wrong" if each.faults else "served"
    since = f", since {each.since:%Y-%m-%d %H:%M} UTC" if each.since else ""
    return f"NOT served: {each.not_served}{since}"


def _show(each: Business, console: Console) -> None:
    line(console, f"{each.name} ({each.subdomain}): {_standing(each)}", "red" if each.not_served else "bold")
    for fault in each.faults:
        line(console, f"  wrong: {fault}", "red")
    for words in _in_force(each):
        line(console, f"  {words}")


def _in_force(each: Business) -> Iterator[str]:
    values = [one.value if len(one.value) <= WIDEST else f"{one.value[: WIDEST - 1]}…" for one in each.settings]
    widths = [max(map(len, column), default=0) for column in ([one.key for one in each.settings], values)]
    for one, value in zip(each.settings, values, strict=True):
        yield f"{one.key:{widths[0]}}  {value:{widths[1]}}  {one.source}"
