"""`fee`: staff actions on no-show fees."""

from collections.abc import Callable, Collection
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Any

import click
from sqlalchemy import Engine

from shared import logs
from shared.application import open_application, utc_now
from shared.cli.showing import echo, echo_json, line, page
from shared.database.engine import ensure_ready, open_engine, reading
from shared.database.tables import PAYMENT_STATUSES
from shared.database.tenants import ids_of
from shared.domain.fees import COLLECTED, UNCOLLECTED, FeeStatus
from shared.domain.ids import FeeId, RunId
from shared.errors import ConfigurationError, RunFailed, UsageError
from shared.fees import staff_actions, state_queries
from shared.fees.listing import ListedFee, listed
from shared.fees.staff_actions import Staff
from shared.messages.wording import cents_of, fee_words
from shared.operations.ids import resolved
from shared.settings import LogSettings, database_url, load
from shared.stages import collection_for_staff

LONGEST = {"who": 200, "why": 500}  # characters that the columns of fee_actions hold
ID = click.argument("typed_id", metavar="ID")


def _short_enough(_: click.Context, parameter: click.Parameter, text: str) -> str:
    most = LONGEST[str(parameter.name)]
    if not text.strip():
        raise click.BadParameter("it is empty")
    if len(text) > most:
        raise click.BadParameter(f"it is too long by {len(text) - most} characters")
    return text


def by_staff(command: Callable[..., None]) -> Callable[..., None]:
    """Add --who and --why: every staff action on a fee is recorded with both."""
    for name, metavar, words in (("why", "TEXT", "Why."), ("who", "NAME", "Who does it.")):
        command = click.option(f"--{name}", required=True, metavar=metavar, callback=_short_enough, help=words)(command)
    return command


@click.group()
def fee() -> None:
    """List no-show fees, charge one now, waive some, or refund one. An ID may be shortened to its beginning."""


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
    for each in found:
        line(page(), as_line(each))
    if not found:
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
    _open_fees(application.engine, [fee_id])
    staff_actions.charge(collection_for_staff(application), fee_id, Staff(who, why))
    after = _one(application.engine, fee_id)
    echo(as_line(after))
    if after.status != FeeStatus.SUCCEEDED:
        raise RunFailed(f"the fee was not collected ({after.failure_code or after.status})")


@fee.command()
@click.argument("typed_ids", metavar="[ID]...", nargs=-1)
@click.option("--run", "typed_run", metavar="ID", help="All fees that this run of NoShowDetector made.")
@by_staff
def waive(typed_ids: tuple[str, ...], typed_run: str | None, who: str, why: str) -> None:
    """Waive fees that are not paid yet. The next run of NoShowDetector takes the missed visits off the record too."""
    if bool(typed_ids) == bool(typed_run):
        raise UsageError("name fees, or a run with --run")
    engine = _engine()
    found = _of_run(engine, typed_run) if typed_run else _open_fees(engine, _fee_ids(engine, typed_ids))
    unpaid = [each for each in found if each.status in UNCOLLECTED]
    waived = staff_actions.waive(engine, unpaid, Staff(who, why), utc_now())
    trouble = _close_payments(engine, waived)
    with reading(engine) as connection:
        after = listed(connection, ids=[each.id for each in found])
    for each in after:
        line(page(), as_line(each))
    if left := [each for each in after if each.status != FeeStatus.WAIVED]:
        raise RunFailed(f"not waived: {', '.join(_why_not_waived(each) for each in left)}")
    if trouble:
        raise RunFailed(trouble)


def _close_payments(engine: Engine, waived: Collection[FeeId]) -> str | None:
    """Cancel the payments begun for waived fees; return which fees may have been charged all the same, and why."""
    if not _still_open(engine, waived):
        return None
    try:
        staff_actions.close_payments(collection_for_staff(open_application(texts=False)))
    except (ConfigurationError, RunFailed) as error:
        why = f": {error}"
    else:
        why = ""
    unknown = ", ".join(map(str, sorted(_still_open(engine, waived))))
    text = f"waived; whether the card had been charged is not known yet ({unknown}); the next NoShowDetector asks"
    return f"{text}{why}" if unknown else None


def _still_open(engine: Engine, ids: Collection[FeeId]) -> set[FeeId]:
    with reading(engine) as connection:
        return state_queries.still_open(connection, ids)


def _of_run(engine: Engine, typed: str) -> list[ListedFee]:
    with reading(engine) as connection:
        run_id = RunId(resolved(connection, "run", typed))
        found = listed(connection, run_id=run_id)
    if not found:
        raise UsageError(f"no fee was made by a run {run_id}")
    return found


def _why_not_waived(each: ListedFee) -> str:
    hint = "; it was collected: give it back with `fee refund`" if each.status in COLLECTED else ""
    return f"{each.id} is {each.status}{hint}"


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
    before = _one(application.engine, fee_id)
    cents = _cents(amount, before.currency)
    staff_actions.give_back(collection_for_staff(application), fee_id, cents, Staff(who, why))
    echo(as_line(_one(application.engine, fee_id)))


def _cents(amount: str | None, currency: str) -> int | None:
    if amount is None:
        return None
    try:
        cents = cents_of(Decimal(amount), currency)
        if cents <= 0:
            raise ValueError(amount)
        return cents
    except (InvalidOperation, ValueError, OverflowError):
        raise UsageError(f"--amount: {amount!r} is not an amount of {currency}; write it like 12.50") from None


def as_line(each: ListedFee) -> str:
    """Return a fee in one line."""
    amount = fee_words(each.amount_cents, each.refunded_cents, each.currency)
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


def _fee_ids(engine: Engine, typed: Collection[str]) -> list[FeeId]:
    with reading(engine) as connection:
        return [FeeId(resolved(connection, "no-show fee", each)) for each in typed]


def _one(engine: Engine, fee_id: FeeId) -> ListedFee:
    (found,) = _named(engine, [fee_id])
    return found


def _named(engine: Engine, ids: Collection[FeeId]) -> list[ListedFee]:
    with reading(engine) as connection:
        found = listed(connection, ids=ids)
    if missing := set(ids) - {each.id for each in found}:
        raise UsageError(f"there is no no-show fee {min(missing)}")
    return found


def _open_fees(engine: Engine, ids: Collection[FeeId]) -> list[ListedFee]:
    """Return fees that can still be collected. Raise UsageError if one of them cannot."""
    found = _named(engine, ids)
    for each in found:
        if each.status not in UNCOLLECTED:
            hint = "; it was collected: give it back with `fee refund`" if each.status in COLLECTED else ""
            raise UsageError(f"the fee {each.id} is {each.status}; it would have to be {', '.join(UNCOLLECTED)}{hint}")
    return found
