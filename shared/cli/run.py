"""`run JOB`: run one job, now or as of another time."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from shared import errors, logs, runtime
from shared.application import open_application
from shared.cli.common.exit_codes import print_error
from shared.cli.common.parameters import Instant, Surge
from shared.cli.common.previews import show_pages
from shared.cli.common.showing import echo_json, line, page, plain
from shared.domain.safe_text import written_out
from shared.domain.tally import Progress as Report
from shared.domain.tally import held_words
from shared.errors import LeaseHeld
from shared.jobs import JOBS
from shared.operations.forecast.dry_run import dry_run_pages
from shared.operations.forecast.preview import Page
from shared.settings import LogSettings, load

AMOUNTS = ("fee_cents_applied", "fee_cents_collected")
"""Results that are amounts in minor units, by currency."""


JOB = click.Choice(list(JOBS))


@click.command(help=f"Run JOB once, now or as of a time.\n\nJobs: {', '.join(JOBS)}.")
@click.argument("job", type=JOB, metavar="JOB")
@click.option("--at", type=Instant(), help="Run as of this time, for example 2026-03-01T06:30:00Z. Default: now.")
@click.option("--tenant", "only", multiple=True, metavar="SUBDOMAIN", help="Only this tenant. May be repeated.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Decide and render everything; send and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, alone, on stdout.")
@click.option(
    "--accept-surge",
    type=Surge(),
    multiple=True,
    help="NoShowDetector: accept the missed appointments of a held day. May be repeated.",
)
def run(
    job: str,
    at: datetime | None,
    only: tuple[str, ...],
    is_dry: bool,
    as_json: bool,
    accept_surge: tuple[tuple[str, date], ...],
) -> None:
    run_and_show([job], at=at, only=only, is_dry=is_dry, as_json=as_json, accept_surge=accept_surge)


def run_and_show(
    jobs: list[str],
    *,
    at: datetime | None = None,
    only: tuple[str, ...] = (),
    is_dry: bool = False,
    as_json: bool = False,
    accept_surge: tuple[tuple[str, date], ...] = (),
) -> None:
    """Run jobs in order, print each result, and exit: 1 if any had errors or failed, else 3 if a lease was held.

    A job that fails, or whose lease another run holds, does not keep the next one from running.
    """
    logs.configure(load(LogSettings))
    application = open_application(texts=not is_dry, charges=not is_dry)
    codes = set()
    for job in jobs:
        try:
            with _progress(job) as progress:
                result = runtime.run(
                    application, job, at=at, only=only, is_dry=is_dry, progress=progress, accept_surge=accept_surge
                )
        except (LeaseHeld, errors.RunFailed) as error:
            codes.add(print_error(error))
            continue
        codes.add(1 if result["total_errors"] else 0)
        if as_json:
            echo_json(result)
        else:
            show(result, page(), dry_run_pages(application, result) if is_dry else ())
    sys.exit(min(codes - {0}, default=0))


@contextmanager
def _progress(job: str) -> Iterator[Report | None]:
    """Show a progress bar on stderr if that is a terminal."""
    console = page(stderr=True)
    if not console.is_terminal:
        yield None
        return
    counts: Counter[str] = Counter()
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(job, total=None)

        def report(key: str, count: int) -> None:
            counts[key] += count
            words = ", ".join(f"{name} {n}" for name, n in counts.items())
            bar.update(task, description=written_out(f"{job}: {words}"))

        yield report


def show(result: dict[str, Any], console: Console, would: Sequence[Page] = ()) -> None:
    """Print a result for people: totals, tenants, held days, what a dry run `would` do, errors."""
    is_dry = "would" in result
    note = " (dry run: nothing was sent or written)" if is_dry else ""
    line(console, f"{result['task']} as of {result['now']}{note}", "bold")
    line(console, _totals(result))
    if delivered := _delivered(result["delivery"]):
        line(console, f"delivery: {delivered}")
    if result["stopped_early"]:
        line(console, "stopped early: what is left is the next run's", "yellow")
    if result["tenant_results"]:
        console.print(_tenants(result["tenant_results"]))
    for held in result.get("held", ()):
        line(console, _held_line(held), "yellow")
    show_pages(would, console)
    for error in result["errors"]:
        line(console, f"error: {error['tenant']}: {error['subject']}: {error['reason']}", "red")
    if (more := result["total_errors"] - len(result["errors"])) > 0:
        line(console, f"and {more} more errors", "red")


def _totals(result: dict[str, Any]) -> str:
    shown = [f"{key.replace('_', ' ')} {value}" for key, value in result.items() if type(value) is int]
    shown += [f"{key.replace('_', ' ')} {_cell(result[key])}" for key in AMOUNTS if result.get(key)]
    skipped = _cell(result.get("skipped", {}))
    return ", ".join(shown) + (f"; skipped: {skipped}" if skipped else "")


def _held_line(held: dict[str, Any]) -> str:
    accept = f"--accept-surge {held['tenant']}:{held['date']}"
    what = f"{held_words(held)}; nothing was marked"
    return f"held: {held['tenant']}, {held['date']}: {what}. If it is right, run again with {accept}"


def _delivered(delivery: dict[str, dict[str, int]]) -> str:
    return "; ".join(f"{outcome} {_cell(kinds)}" for outcome, kinds in delivery.items() if kinds)


def _tenants(results: dict[str, dict[str, Any]]) -> Table:
    table = Table("tenant", box=None, pad_edge=False)
    keys = sorted({key for counts in results.values() for key in counts})
    for key in keys:
        table.add_column(key.replace("_", " "), justify="right")
    for tenant, counts in results.items():
        table.add_row(plain(tenant), *(_cell(counts.get(key, 0)) for key in keys))
    return table


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {n}" for key, n in value.items())
    return str(value)
