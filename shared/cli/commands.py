"""All commands, and the programs that `python -m` starts."""

import click

from shared.cli.adopt import adopt
from shared.cli.common.exit_codes import OneLineErrors, OneLineErrorsGroup, errors_as_exit_codes
from shared.cli.crontab import crontab_command
from shared.cli.db import db
from shared.cli.demo.command import demo
from shared.cli.explain import explain_command
from shared.cli.fee import fee
from shared.cli.find import find_command
from shared.cli.health import health_command
from shared.cli.host import host_command, page_command, run_alone
from shared.cli.outbox import outbox
from shared.cli.preview import preview_command
from shared.cli.report import report_command
from shared.cli.run import run, run_and_show
from shared.cli.runs import runs_command
from shared.cli.tenants import tenants_command

CONTEXT = {"help_option_names": ["-h", "--help"]}


@click.group(cls=OneLineErrorsGroup, context_settings=CONTEXT)
def cli() -> None:
    """Background jobs of the pet-care platform.

    Exit codes: 0 done; 1 done with errors, or failed; 2 wrong usage, settings, or a database that is not ready;
    3 another run of the same job is at work.
    """


cli.add_command(run)
cli.add_command(demo)
cli.add_command(db)
db.add_command(adopt)
cli.add_command(explain_command)
cli.add_command(fee)
cli.add_command(find_command)
cli.add_command(crontab_command)
cli.add_command(health_command)
cli.add_command(host_command)
cli.add_command(page_command)
cli.add_command(outbox)
cli.add_command(preview_command)
cli.add_command(report_command)
cli.add_command(runs_command)
cli.add_command(tenants_command)


def main() -> None:
    """Run the command line; turn an expected error into one line on stderr and an exit code."""
    with errors_as_exit_codes():
        cli()


def main_of(*jobs: str) -> None:
    """Run jobs one after the other, for `python -m shared.tasks.…`, which takes no options and refuses any."""

    @click.command(
        cls=OneLineErrors,
        context_settings=CONTEXT,
        help=f"Run {' and '.join(jobs)}, now. For options: python -m shared run.",
    )
    def run_jobs() -> None:
        run_and_show(list(jobs))

    with errors_as_exit_codes():
        run_jobs()


def main_alone() -> None:
    """Run the scheduler without HTTP, for `python -m shared.schedulers.host`, which takes no options either."""

    @click.command(
        cls=OneLineErrors,
        context_settings=CONTEXT,
        help="Run every job on its schedule. With HTTP: python -m shared host.",
    )
    def alone() -> None:
        run_alone()

    with errors_as_exit_codes():
        alone()
