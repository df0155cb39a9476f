"""`fee`: no-show fees by hand."""

import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

import click
from sqlalchemy import Engine

from shared import logs, runtime
from shared.application import open_application, utc_now
from shared.cli.showing import line, page
from shared.database import fees
from shared.database.engine import ensure_ready, open_engine, reading, writing
from shared.database.fee_list import ListedFee, listed
from shared.database.tables import PAYMENT_STATUSES
from shared.fees import UNCOLLECTED, FeeStatus
from shared.messages.wording import money_words
from shared.runtime import UsageError
from shared.settings import LogSettings, database_url, load

ID = click.argument("fee_id", type=click.UUID, metavar="ID")
LONGEST = 500  # characters that a payment's description holds


@click.group()
def fee() -> None:
    """Look at no-show fees, charge one now, or forgive it."""


@fee.command("list")
@click.option("--status", "statuses", type=click.Choice(PAYMENT_STATUSES), multiple=True, help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON, alone, on stdout.")
def list_fees(statuses: tuple[str, ...], as_json: bool) -> None:
    """Every no-show fee, the oldest visit first."""
    with reading(_engine()) as connection:
        found = listed(connection, statuses)
    if as_json:
        click.echo(json.dumps([as_object(each) for each in found], indent=2))
        return
    for each in found:
        line(page(), as_line(each))
    if not found:
        click.echo("there is no such fee")


@fee.command()
@ID
def charge(fee_id: UUID) -> None:
    """Charge a fee to the owner's card now, whatever its hold and age. A declined one is not tried again."""
    logs.configure(load(LogSettings))
    application = open_application(texts=False)
    ensure_ready(application.engine)
    _open_fee(application.engine, fee_id)
    runtime.charge_fee(application, fee_id)
    after = _one(application.engine, fee_id)
    click.echo(as_line(after))
    if after.status != FeeStatus.SUCCEEDED:
        raise runtime.RunFailed(f"the fee was not collected ({after.failure_code or after.status})")


@fee.command()
@ID
@click.option("--who", required=True, metavar="NAME", help="Who forgives it.")
@click.option("--why", required=True, metavar="TEXT", help="Why.")
def waive(fee_id: UUID, who: str, why: str) -> None:
    """Forgive a fee that nobody paid yet. The next run of NoShowDetector takes the missed visit off the record too."""
    engine = _engine()
    before = _open_fee(engine, fee_id)
    words = f"{before.description or 'No-show fee'}; waived by {who}: {why}"
    if len(words) > LONGEST:
        raise UsageError(f"--why is too long by {len(words) - LONGEST} characters")
    with writing(engine) as connection:
        is_waived = fees.waive(connection, fee_id, UNCOLLECTED, words, utc_now())
    if not is_waived:
        raise UsageError(f"the fee {fee_id} changed at the same moment; look at it again")
    click.echo(as_line(_one(engine, fee_id)))


def as_line(each: ListedFee) -> str:
    """Return a fee in one line."""
    amount = money_words(each.amount_cents, each.currency, language="en", region="US")
    code = f" ({each.failure_code})" if each.failure_code else ""
    return (
        f"{each.id}  {each.tenant}  {each.visit_on}  {amount}  {each.status}{code}  {each.description or ''}".rstrip()
    )


def as_object(each: ListedFee) -> dict[str, Any]:
    """Return a fee for machines: times in UTC, amounts in minor units."""
    return {
        name: value if value is None or isinstance(value, int) else str(value) for name, value in asdict(each).items()
    }


def _engine() -> Engine:
    engine = open_engine(database_url())
    ensure_ready(engine)
    return engine


def _one(engine: Engine, fee_id: UUID) -> ListedFee:
    with reading(engine) as connection:
        found = listed(connection, id_=fee_id)
    if not found:
        raise UsageError(f"there is no no-show fee {fee_id}")
    return found[0]


def _open_fee(engine: Engine, fee_id: UUID) -> ListedFee:
    """Return a fee that nobody paid. Raise UsageError for another."""
    found = _one(engine, fee_id)
    if found.status not in UNCOLLECTED:
        raise UsageError(f"the fee {fee_id} is {found.status}; it would have to be {', '.join(UNCOLLECTED)}")
    return found
