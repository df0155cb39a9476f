"""The choices in a filter: businesses, groups of states by name, days, and pages."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request

from shared.database.tenants import first_named, subdomain_of
from shared.errors import UsageError
from shared.runtime import EARLIEST, LATEST, parsed_instant
from shared.schedulers.bodies import Refused

State = TypeVar("State", bound=StrEnum)
MOST_PAGES: Final = 20
MOST_OFFERED: Final = 200
"""Businesses that a field offers while somebody writes in it."""


class Pages(NamedTuple):
    """Links to the pages before and after this one, if there are any."""

    number: int
    before: str | None
    after: str | None


class Asked(NamedTuple):
    """The business that is asked for. `subdomain`: empty for all; `offered`: subdomains and names to choose from."""

    subdomain: str
    offered: list[tuple[str, str]]


def business_of(connection: Connection, request: Request) -> Asked:
    """Return the business that is asked for by its subdomain or its name. Raise Refused if there is no such one."""
    typed = request.query_params.get("business", "").strip()
    try:
        return Asked(subdomain_of(connection, typed) if typed else "", first_named(connection, MOST_OFFERED))
    except UsageError as error:
        raise Refused(400, str(error)) from error


def chosen(groups: Mapping[str, Collection[State]], states: type[State], name: str) -> Collection[State]:
    """Return the states of a group, or one state by its own name; all for an empty name. Raise Refused if unknown."""
    if name in groups:
        return groups[name]
    if name and name not in list(states):
        raise Refused(400, f"there is no state {name!r}; there are {', '.join(groups)}")
    return [states(name)] if name else list(states)


def day_of(request: Request, name: str) -> date | None:
    """Return a day; None if none is given. Raise Refused if it is no day, or none between the years 2000 and 2100."""
    written = request.query_params.get(name, "").strip()
    try:
        day = date.fromisoformat(written) if written else None
    except ValueError:
        raise Refused(400, f"{written!r} is no day; write it like 2026-03-01") from None
    if day and not EARLIEST.date() <= day <= LATEST.date():
        raise Refused(400, f"{written!r} is not between {EARLIEST:%Y} and {LATEST:%Y}")
    return day


def instant_of(request: Request, name: str) -> datetime | None:
    """Return an aware instant; None if none is given. Raise Refused if it is none between the years 2000 and 2100."""
    written = request.query_params.get(name, "")
    try:
        return parsed_instant(written) if written else None
    except UsageError as error:
        raise Refused(400, str(error)) from None


def number_of(request: Request) -> int:
    """Return the number of the page, from 1. Raise Refused if it is no such number."""
    written = request.query_params.get("page", "1")
    if not (written.isdecimal() and 1 <= int(written) <= MOST_PAGES):
        raise Refused(400, f"there are pages 1 to {MOST_PAGES}; narrow the search to see what is beyond")
    return int(written)


def pages(request: Request, number: int, *, is_last: bool) -> Pages:
    """Return the links around a page."""
    before = _link(request, number - 1) if number > 1 else None
    return Pages(number, before, None if is_last or number == MOST_PAGES else _link(request, number + 1))


def _link(request: Request, number: int) -> str:
    kept = [(k, v) for k, v in request.query_params.multi_items() if k not in ("page", "note", "code") and v]
    return f"{request.url.path}?{urlencode([*kept, ('page', str(number))])}"
