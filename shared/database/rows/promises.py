"""What the columns of the platform's tables promise, and the words for a value that breaks a promise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from re import fullmatch
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Date,
    Integer,
    String,
    Table,
    TypeDecorator,
    Uuid,
    and_,
    or_,
)

from shared.database import tables
from shared.database.rows.unreadable import NO_JSON
from shared.database.tables import UtcDateTime

Check = Callable[[Any], bool]


FIRST_YEAR: Final = 1900


LAST_YEAR: Final = 2100


LARGEST: Final = 1_000_000_000
"""Any real amount, count or duration is smaller, and there is room below an INTEGER's maximum."""


FOREVER: Final = date(LAST_YEAR, 12, 31)
"""An expiry date after this one means never."""


OF_PLATFORM: Final[Mapping[Table, str]] = {
    tables.tenants: "tenant",
    tables.owners: "owner",
    tables.pets: "pet",
    tables.services: "service",
    tables.appointments: "appointment",
    tables.appointment_pets: "appointment",
    tables.vaccination_records: "vaccination",
    tables.payments: "payment",
}
"""The tables that the platform writes, each with the word for one of its rows."""


DEFAULTS: Final[Mapping[Column[Any], Any]] = {
    tables.tenants.c.currency: "USD",
    tables.tenants.c.is_active: True,
    tables.owners.c.sms_opted_in: False,  # nobody knows of a consent, so there is none
    tables.owners.c.language: "en",
    tables.owners.c.has_payment_method: False,
    tables.owners.c.is_active: True,
    tables.owners.c.no_show_count: 0,
    tables.owners.c.late_cancellation_count: 0,
    tables.owners.c.completed_appointment_count: 0,
    tables.owners.c.reputation_score: 100,
    tables.pets.c.vaccination_status: "unknown",
    tables.pets.c.is_active: True,
    tables.pets.c.is_deceased: False,
    tables.appointments.c.deposit_paid: 0,
    tables.appointments.c.no_show_fee_charged: 0,
    tables.vaccination_records.c.status: "unknown",
}
"""What NULL means in a column, where a platform allows it."""


def or_default(column: Column[Any], value: Any) -> Any:
    """Return a value, or what NULL means in its column."""
    return DEFAULTS[column] if value is None else value


def holds(column: Column[Any]) -> ColumnElement[bool]:
    """Return the condition that a column of truths holds true, or NULL where that means true. It is never NULL itself.

    No index begins with such a column, so none is lost.
    """
    return or_(column.is_(None), column) if DEFAULTS[column] else and_(column.is_not(None), column)


def is_sound(column: Column[Any], value: Any) -> bool:
    """Whether a platform's column may hold a value."""
    return (column.nullable or column in DEFAULTS) if value is None else promise_of(column).is_kept_by(value)


def what_is_wrong(column: Column[Any], value: Any) -> str:
    """Return in words what is wrong with an unsound value; never the value, which could be a phone number."""
    return f"{column} holds {'nothing (NULL)' if value is None else promise_of(column).otherwise}"


def fault_of(column: Column[Any], value: Any) -> str | None:
    """Return what is wrong with a column's value, and what to do; None when nothing is wrong."""
    return None if is_sound(column, value) else f"{what_is_wrong(column, value)}; put it right"


def has_placeholder_date(column: Column[Any], value: Any) -> bool:
    """Whether an appointment has a placeholder date in the far future, perhaps on purpose: no run ever reads it."""
    is_time_of_visit = column.table is tables.appointments and column.name in ("scheduled_start", "scheduled_end")
    return is_time_of_visit and isinstance(value, datetime) and value.year > LAST_YEAR


def row_name(table: Any, id_: Any) -> str:
    """Return the name of a row for people; even its id may be nonsense."""
    return f"{OF_PLATFORM[table]} {id_ if isinstance(id_, UUID) else ascii(id_)[:40]}"


@dataclass(frozen=True, slots=True)
class Promise:
    """The check that a value other than NULL must pass, and the words for one that fails it."""

    is_kept_by: Check
    otherwise: str


def _between_years(first: int, last: int, type_: type[date]) -> Check:
    return lambda value: isinstance(value, type_) and first <= value.year <= last


_YEARS: Final = f"of the years {FIRST_YEAR} to {LAST_YEAR}"


_PROMISES: Final[Mapping[type, Promise]] = {
    UtcDateTime: Promise(_between_years(FIRST_YEAR, LAST_YEAR, datetime), f"no instant {_YEARS}"),
    Date: Promise(_between_years(FIRST_YEAR, LAST_YEAR, date), f"no date {_YEARS}"),
    Uuid: Promise(lambda value: isinstance(value, UUID), "no id (a UUID)"),
    Boolean: Promise(lambda value: isinstance(value, bool), "neither true nor false"),
    Integer: Promise(lambda value: type(value) is int and 0 <= value <= LARGEST, f"no number from 0 to {LARGEST:,}"),
    String: Promise(lambda value: isinstance(value, str), "no text"),
    JSON: Promise(lambda value: value is not NO_JSON, "no JSON"),
}


_EXPIRY: Final = Promise(_between_years(FIRST_YEAR, date.max.year, date), f"no date from {FIRST_YEAR} on")


_CURRENCY: Final = Promise(
    lambda value: isinstance(value, str) and fullmatch(r"\s*[A-Za-z]{3}\s*", value) is not None,
    "no currency (three letters, like USD)",
)


_OWN_PROMISES: Final[Mapping[Column[Any], Promise]] = {
    tables.tenants.c.currency: _CURRENCY,
    tables.payments.c.currency: _CURRENCY,
    tables.owners.c.reputation_score: Promise(lambda value: value in range(101), "no number from 0 to 100"),
    tables.vaccination_records.c.expiry_date: _EXPIRY,
    tables.pets.c.vaccination_expires_at: _EXPIRY,
}


def vocabulary(column: Column[Any]) -> tuple[str, ...]:
    """Return the words that a column may hold; none where it holds other values."""
    table: Any = column.table
    return next((each.info[column.name] for each in table.constraints if column.name in each.info), ())


@cache
def promise_of(column: Column[Any]) -> Promise:
    """Return what a column promises of its values."""
    if allowed := vocabulary(column):
        return Promise(lambda value: value in allowed, f"none of {', '.join(allowed)}")
    plain = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    kind = next(each for each in _PROMISES if isinstance(column.type, each) or isinstance(plain, each))
    return _OWN_PROMISES.get(column, _PROMISES[kind])
