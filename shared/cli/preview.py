"""`preview`: what the coming runs will do, if nobody changes anything."""

from datetime import datetime, timedelta
from typing import Any, Final

import click

from shared import logs
from shared.application import open_application
from shared.cli.common.parameters import Instant
from shared.cli.common.previews import show_pages
from shared.cli.common.showing import echo, echo_json, page
from shared.database.engine import ensure_ready, reading
from shared.database.tenants import ids_of
from shared.errors import UsageError
from shared.operations.forecast.preview import Page, preview
from shared.schedules.function_json import read_schedules
from shared.settings import LogSettings, load

FARTHEST: Final = timedelta(days=31)
"""By then so much will have changed that a preview says little, and its runs would take minutes to play."""


class Until(Instant):
    """An instant, or "tomorrow": the end of each business's own tomorrow."""

    name = "tomorrow|TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse it."""
        return value if value == "tomorrow" else super().convert(value, param, ctx)


@click.command("preview")
@click.option(
    "--until",
    type=Until(),
    default="tomorrow",
    show_default=True,
    help="To the end of each business's own tomorrow, or to a time like 2026-03-01T06:30:00Z.",
)
@click.option("--tenant", "only", multiple=True, metavar="SUBDOMAIN", help="Only this tenant. May be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, alone, on stdout.")
def preview_command(until: datetime | str, only: tuple[str, ...], as_json: bool) -> None:
    """Play every run to come, and show by business who gets what text when, who does not and why, and what is charged.

    Nothing is sent, charged or written. Visits that have not begun are taken to be kept.
    """
    logs.configure(load(LogSettings))
    application = open_application(texts=False, charges=False)
    ensure_ready(application.engine)
    with reading(application.engine) as connection:
        ids_of(connection, only)
    end = until if isinstance(until, datetime) else None
    _ensure_ahead(end, application.clock())
    pages = preview(application, read_schedules(), end, only)
    if as_json:
        echo_json([_as_object(each) for each in pages])
    else:
        show_pages(pages, page())
        if not pages:
            echo("nobody is served: python -m shared health says why")


def _ensure_ahead(until: datetime | None, now: datetime) -> None:
    """Raise UsageError unless a time lies ahead, and not too far."""
    if until and until <= now:
        raise UsageError(f"--until {until.isoformat()} is past; only what is to come can be previewed")
    if until and until - now > FARTHEST:
        raise UsageError(f"--until {until.isoformat()} is more than {FARTHEST.days} days ahead; choose an earlier time")


def _as_object(each: Page) -> dict[str, object]:
    return {
        "tenant": each.subdomain,
        "timezone": each.zone.key,
        "not_served": each.not_served or None,
        "segments": each.segments,
        "cost": each.cost or None,
        "events": [
            {
                "step": one.step.value,
                "at": one.at.isoformat(),
                "what": one.what,
                "owner": one.owner,
                "pets": one.pets,
                "to": one.to,
                "text": one.text,
                "segments": one.segments,
                "why": one.why,
                "amount": one.amount,
            }
            for one in each.lines
        ],
    }
