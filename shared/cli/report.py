"""`report`: write the report as an HTML file, and its figures as CSV files."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import click

from shared.application import open_database, utc_now
from shared.cli.common.extras import installed
from shared.cli.common.showing import echo
from shared.database.engine import ensure_ready, reading
from shared.errors import UsageError
from shared.operations.report.figures import Report
from shared.operations.report.gathering import MOST_DAYS, report
from shared.operations.report.spreadsheets import spreadsheets
from shared.settings import JobSettings, load

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command(name="report")
@click.option("--out", required=True, type=_FILE, metavar="FILE.html", help="The file to write.")
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), default=30, show_default=True, help="So many whole local days."
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last of them. By default the last that is over.")
@click.option("--tenant", metavar="SUBDOMAIN", help="Only this tenant's figures.")
@click.option("--csv", "folder", type=_FOLDER, metavar="DIR", help="Write the figures as CSV files too.")
def report_command(out: Path, days: int, until: datetime | None, tenant: str | None, folder: Path | None) -> None:
    """Write a report for a business: texts, no-shows, fees, opt-outs, vaccinations, reputation.

    Each figure stands beside that of the period before, which is as long. The file is complete in itself: it can be
    mailed, printed, and read on a phone.
    """
    with installed("the report"):
        from shared.operations.report.page import render
    found = _computed(days, until.date() if until else None, tenant)
    files = {folder / name: text for name, text in spreadsheets(found).items()} if folder else {}
    _written(lambda: _write({out: render(found), **files}, folder))
    echo(out, *files)


def _computed(days: int, until: date | None, tenant: str | None) -> Report:
    default = load(JobSettings).task_timezone
    engine = open_database()
    ensure_ready(engine)
    with reading(engine) as connection:
        return report(connection, days=days, now=utc_now(), default=default, subdomain=tenant, until=until)


def _write(files: dict[Path, str], folder: Path | None) -> None:
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8", newline="")


def _written(write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be written: {error.strerror}") from error
