"""`outbox`: list texts, and put those that ended unsent back."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import click
from sqlalchemy import Engine

from shared.application import open_database, utc_now
from shared.cli.common.showing import echo, echo_json, line, page
from shared.database.engine import ensure_ready, reading
from shared.database.tenants import ids_of
from shared.domain.ids import NotificationId
from shared.domain.records import NotificationStatus, mask_phone
from shared.errors import RunFailed, UsageError
from shared.operations import outbox as outbox_list
from shared.operations.ids import resolved, shortened
from shared.operations.outbox import Filter, Listed

STATUSES = click.Choice([each.value for each in NotificationStatus])


@click.group(invoke_without_command=True)
@click.option("--status", "statuses", type=STATUSES, multiple=True, help="Only these. May be repeated.")
@click.option("--tenant", "tenants", multiple=True, metavar="SUBDOMAIN", help="Only this tenant's. May be repeated.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many.")
@click.option("--show-phones", is_flag=True, help="Whole phone numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON, alone, on stdout, with their texts.")
@click.pass_context
def outbox(
    context: click.Context,
    statuses: tuple[str, ...],
    tenants: tuple[str, ...],
    limit: int,
    show_phones: bool,
    as_json: bool,
) -> None:
    """List texts that wait, were sent or were not sent, newest first (times in UTC)."""
    if context.invoked_subcommand:
        return
    chosen = Filter(statuses=statuses, tenants=tenants)
    with reading(_engine()) as connection:
        ids_of(connection, tenants)
        found = outbox_list.listed(connection, chosen, limit)
        counts = outbox_list.count(connection, chosen)
    if as_json:
        echo_json([as_object(each, show_phones) for each in found])
        return
    if not found:
        echo("there is no such text")
        return
    console = page()
    for each_line in _lines(found, show_phones):
        line(console, each_line)
    shown = "" if len(found) == sum(counts.values()) else f"; the newest {len(found)} are shown"
    line(console, ", ".join(f"{status} {count}" for status, count in counts.items()) + shown)


@outbox.command()
@click.argument("typed_ids", nargs=-1, metavar="ID...")
@click.option("--all-dead", is_flag=True, help="All dead texts except those that may have been sent.")
def replay(typed_ids: tuple[str, ...], all_dead: bool) -> None:
    """Put dead or failed texts back into the outbox: the next run renders them anew and sends them.

    A text that the provider took is never sent again. One that it may have taken (unconfirmed) is put back only by ID,
    which may be shortened.
    """
    if bool(typed_ids) == all_dead:
        raise UsageError("name the IDs of the texts, or --all-dead")
    engine, now = _engine(), utc_now()
    with reading(engine) as connection:
        ids = {NotificationId(resolved(connection, "text", each)) for each in typed_ids}
        chosen = Filter(statuses=[NotificationStatus.DEAD]) if all_dead else Filter(ids=ids)
        found = outbox_list.listed(connection, chosen)
    if missing := ids - {each.id for each in found}:
        raise UsageError(f"there is no text {min(missing)}")
    refused = _replay(engine, found, now, all_dead=all_dead)
    if refused and not all_dead:
        raise RunFailed(f"{refused} of {len(found)} were not put back")


def _replay(engine: Engine, found: Sequence[Listed], now: datetime, *, all_dead: bool) -> int:
    """Put back the texts that can be, print why the others cannot, and return how many those are."""
    left = outbox_list.put_back(engine, found, now, only_certain=all_dead)
    for each in found:
        if each.id in left:
            echo(f"{each.id}  {each.tenant}  {each.kind}: not put back: {left[each.id]}")
    echo(f"{len(found) - len(left)} put back; the next run sends what is still right")
    return len(left)


def as_object(each: Listed, show_phones: bool) -> dict[str, Any]:
    """Return a text for machines: times in UTC, phones masked unless `show_phones`."""
    found = {
        name: value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
        for name, value in asdict(each).items()
    }
    return found | {"to_phone": _phone(each, show_phones)}


def _phone(each: Listed, show_phones: bool) -> str | None:
    return each.to_phone if show_phones or each.to_phone is None else mask_phone(each.to_phone)


def _lines(found: Sequence[Listed], show_phones: bool) -> Iterator[str]:
    """Yield the lines of a table whose columns fit their content."""
    rows = [("id", "tenant", "kind", "status", "why", "to", "when (UTC)", "tries")]
    for each in found:
        why = " ".join(filter(None, (each.reason, each.error_code)))
        when = each.sent_at or (each.not_before if each.status is NotificationStatus.PLANNED else each.updated_at)
        to = _phone(each, show_phones) or ""
        rows.append(
            (shortened(each.id), each.tenant, each.kind, each.status, why, to, _minute(when), str(each.attempts))
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _minute(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M}" if instant else ""


def _engine() -> Engine:
    engine = open_database()
    ensure_ready(engine)
    return engine
