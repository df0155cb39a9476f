"""`find`: businesses, owners, pets, visits, vaccinations, fees and texts by name, phone or id."""

import click

from shared.application import open_database
from shared.cli.common.showing import echo, echo_json, line, page
from shared.database.engine import ensure_ready, reading
from shared.database.tenants import ids_of
from shared.operations.find import Finding, Found, find
from shared.settings import JobSettings, load

WIDEST = 60
"""Characters of a name or a state that a column shows."""


@click.command("find")
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@click.option("--tenant", "tenants", multiple=True, metavar="SUBDOMAIN", help="Only this tenant's. May be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, alone, on stdout.")
def find_command(words: tuple[str, ...], tenants: tuple[str, ...], as_json: bool) -> None:
    """Find what fits all WORDS, the latest first: the beginning of a name of a pet, an owner or a business, a phone
    number in any form, an id or its beginning (alone).

    Each line ends with the command that explains it. At most 20 lines.
    """
    zone, engine = load(JobSettings).task_timezone, open_database()
    ensure_ready(engine)
    with reading(engine) as connection:
        finding = find(connection, words, ids_of(connection, tenants), zone)
    if as_json:
        echo_json([_as_object(each) for each in finding.found])
    else:
        _show(finding)


def _show(finding: Finding) -> None:
    if not finding.found:
        echo("nothing fits; searched: names and phones of businesses and owners, names of pets, and ids")
        return
    rows = [(each.what, _cut(each.whose), each.when, _cut(each.state)) for each in finding.found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    console = page()
    for row, each in zip(rows, finding.found, strict=True):
        columns = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line(console, f"{columns}  python -m shared {each.command}")
    if finding.are_more:
        line(console, "more: add a word")


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _as_object(each: Found) -> dict[str, str]:
    return {
        "what": each.what,
        "id": str(each.id),
        "whose": each.whose,
        "at": each.at.isoformat(),
        "when": each.when,
        "state": each.state,
        "command": f"python -m shared {each.command}",
    }
