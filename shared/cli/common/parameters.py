"""What several commands take: instants, held days."""

from datetime import date, datetime
from typing import Any

import click

from shared import runtime
from shared.errors import UsageError


class Instant(click.ParamType[datetime]):
    """An aware ISO 8601 time between the years 2000 and 2100."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse the time; refuse one without an offset or outside the range."""
        if isinstance(value, datetime):
            return value
        try:
            return runtime.parsed_instant(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Surge(click.ParamType[tuple[str, date]]):
    """A tenant's held day, whose missed appointments an operator accepts."""

    name = "SUBDOMAIN:DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, date]:
        """Parse the subdomain and the date."""
        if isinstance(value, tuple):
            return value
        subdomain, _, day = str(value).rpartition(":")
        try:
            on = date.fromisoformat(day)
        except ValueError:
            on = None
        if not subdomain or on is None:
            self.fail(f"{value!r} is no tenant and day; write it like happy-paws:2026-03-01", param, ctx)
        return subdomain, on
