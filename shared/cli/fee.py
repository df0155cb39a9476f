"""`fee`: staff actions on no-show fees."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import click
from sqlalchemy import Engine

from shared import logs
from shared.application import open_application, open_database, utc_now
from shared.cli.common.showing import echo, echo_json, line, page
from shared.database.engine import ensure_ready, reading
from shared.database.tables import PAYMENT_STATUSES
from shared.database.tenants import ids_of
from shared.domain.fees import fee_code_words
from shared.domain.ids import FeeId, RunId
from shared.errors import RunFailed, UsageError
from shared.fees import staff_requests
from shared.fees.collecting import Collection
from shared.fees.listing import ListedFee, listed
from shared.fees.staff_actions import Staff
from shared.fees.staff_requests import Done
from shared.messages.wording import fee_words
from shared.operations.ids import resolved, shortened
from shared.settings import LogSettings, load
from shared.stages import collection_for_staff

ID = click.argument("typed_id", metavar="ID")


def _short_enough(_: click.Context, parameter: click.Parameter, text: str) -> str:
    if fault := staff_requests.fault_of(str(parameter.name), text):
        raise click.BadParameter(fault)
    return text


def by_staff(command: Callable[..., None]) -> Callable[..., None]:
    """Add --who and --why: every staff action on a fee is recorded with both."""
    for name, metavar, words in (("why", "TEXT", "Why."), ("who", "NAME", "Who does it.")):
        command = click.option(f"--{name}", required=True, metavar=metavar, callback=_short_enough, help=words)(command)
    return command


@click.group()
def fee() -> None:
    """List no-show fees, charge one now, waive some, or refund one."""


@fee.command("list")
@click.option("--status", "statuses", type=click.Choice(PAYMENT_STATUSES), multiple=True, help="Only these.")
@click.option("--tenant", "tenants", multiple=True, metavar="SUBDOMAIN", help="Only this tenant's. May be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON, alone, on stdout.")
def list_fees(statuses: tuple[str, ...], tenants: tuple[str, ...], as_json: bool) -> None:
    """Every no-show fee, the oldest visit first."""
    with reading(_engine()) as connection:
        found = listed(connection, statuses, tenants=ids_of(connection, tenants))
    if as_json:
        echo_json([as_object(each) for each in found])
        return
    if found:
        _show_fees(found)
    else:
        echo("there is no such fee" if statuses or tenants else "there are no fees")


@fee.command()
@ID
@click.option("--now", is_flag=True, help="Needed: the card is charged at once, whatever the fee's hold and age.")
@by_staff
def charge(typed_id: str, now: bool, who: str, why: str) -> None:
    """Charge a fee to the owner's card now. A declined charge is not retried."""
    if not now:
        raise UsageError("this charges the card at once, whatever the fee's hold and age: add --now if that is meant")
    logs.configure(load(LogSettings))
    application = open_application(texts=False)
    ensure_ready(application.engine)
    (fee_id,) = _fee_ids(application.engine, [typed_id])
    _show(staff_requests.charge(collection_for_staff(application), fee_id, Staff(who, why)))


@fee.command()
@click.argument("typed_ids", metavar="[ID]...", nargs=-1)
@click.option("--run", "typed_run", metavar="ID", help="All fees that this run of NoShowDetector made.")
@by_staff
def waive(typed_ids: tuple[str, ...], typed_run: str | None, who: str, why: str) -> None:
    """Waive fees that are not paid yet. The next run of NoShowDetector takes the missed visits off the record too."""
    if bool(typed_ids) == bool(typed_run):
        raise UsageError("name fees, or a run with --run")
    engine = _engine()
    chosen = _of_run(engine, typed_run) if typed_run else None
    found = chosen or staff_requests.uncollected(engine, _fee_ids(engine, typed_ids))
    _show(staff_requests.waive(engine, _collection, found, Staff(who, why), utc_now()))


def _collection() -> Collection:
    return collection_for_staff(open_application(texts=False))


def _of_run(engine: Engine, typed: str) -> list[ListedFee]:
    with reading(engine) as connection:
        run_id = RunId(resolved(connection, "run", typed))
        found = listed(connection, run_id=run_id)
    if not found:
        raise UsageError(f"no fee was made by a run {run_id}")
    return found


@fee.command()
@ID
@click.option("--amount", metavar="AMOUNT", help="A part, in major units: 12.50. Default: all that is left.")
@by_staff
def refund(typed_id: str, amount: str | None, who: str, why: str) -> None:
    """Refund a collected fee, in full or in part. Repeating the same command refunds only once.

    For a second refund of the same amount give another --why.
    """
    logs.configure(load(LogSettings))
    application = open_application(texts=False)
    ensure_ready(application.engine)
    (fee_id,) = _fee_ids(application.engine, [typed_id])
    done, asked = staff_requests.refund(collection_for_staff(application), fee_id, amount, Staff(who, why))
    _show(done)
    if asked.is_repeated:
        echo("the same refund was asked for before; it is given back once")


def _show(done: Done) -> None:
    """Print the fees as they are now. Raise RunFailed with what was not done."""
    _show_fees(done.fees)
    if done.trouble:
        raise RunFailed(done.trouble)


def _show_fees(found: Sequence[ListedFee]) -> None:
    """Print fees as columns with headings."""
    rows = [_HEADINGS, *map(_cells, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    console = page()
    for row in rows:
        columns = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line(console, "  ".join(columns).rstrip(), "bold" if row is _HEADINGS else "")


_HEADINGS = ("fee", "business", "visit", "owner", "pets", "amount", "state", "note")


def _cells(each: ListedFee) -> tuple[str, ...]:
    amount = fee_words(each.amount_cents, each.refunded_cents, each.currency)
    state = ": ".join(filter(None, (each.status.replace("_", " "), fee_code_words(each.failure_code))))
    names = each.owner or "-", ", ".join(each.pets) or "-"
    return shortened(each.id), each.tenant, str(each.visit_on), *names, amount, state, each.description or ""


def as_object(each: ListedFee) -> dict[str, Any]:
    """Return a fee for machines: times in UTC, amounts in minor units."""
    plain = (int, tuple, type(None))
    return {name: value if isinstance(value, plain) else str(value) for name, value in asdict(each).items()}


def _engine() -> Engine:
    engine = open_database()
    ensure_ready(engine)
    return engine


def _fee_ids(engine: Engine, typed: Sequence[str]) -> list[FeeId]:
    with reading(engine) as connection:
        return [FeeId(resolved(connection, "no-show fee", each)) for each in typed]
