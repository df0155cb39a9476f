"""A tenant as an operator would read its row."""

import json
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from .local_time import Quiet
from .platform import Row

ZONES: Final = available_timezones()
DEFAULT_FEES: Final = (2500, 3500, 5000, 7500)
CURRENCIES_OF_DEFAULT_FEES: Final = ("USD", "CAD", "AUD", "NZD", "EUR", "GBP")


@dataclass(frozen=True, slots=True)
class Fees:
    """What a missed visit costs. `schedule`: None where no fee can be named in the tenant's currency."""

    schedule: tuple[int, ...] | None = DEFAULT_FEES
    currency: str = "USD"
    cap: int | None = None
    is_capped_by_price: bool = False
    is_covered_by_deposit: bool = True
    hold: timedelta = timedelta(hours=24)
    is_charged_by_itself: bool = True
    grace: timedelta = timedelta(minutes=15)
    closed_on: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Recovery:
    """How a score comes back: so many points after so many good days."""

    wait: timedelta = timedelta(days=90)
    points: int = 5


@dataclass(frozen=True, slots=True, eq=False)
class House:
    """`is_broken`: its settings make no sense, so it is left out wholly. `tiers`: from the largest to the smallest."""

    tenant: Hashable
    subdomain: str
    is_active: bool
    is_broken: bool
    quiet: Quiet
    switched_off: frozenset[str] = frozenset()
    may_text: bool = True
    fees: Fees = Fees()
    tiers: tuple[int, ...] = (30, 14, 7)
    recovery: Recovery = Recovery()

    @property
    def is_served(self) -> bool:
        return self.is_active and not self.is_broken

    def day_of(self, instant: datetime) -> date:
        return instant.astimezone(self.quiet.zone).date()


def house_of(tenant: Row) -> House:
    return _read(
        tenant["id"],
        tenant["subdomain"],
        tenant["is_active"] and tenant["deleted_at"] is None and tenant["status"] in ("active", "trial"),
        tenant.get("timezone", "America/New_York") or "UTC",
        tenant["settings"] or "{}",
        tenant["currency"],
    )


@cache
def _read(tenant: Hashable, subdomain: str, is_active: bool, zone: str, settings: str, currency: str) -> House:
    try:
        said, is_broken = json.loads(settings), zone not in ZONES  # keys that are not ours are the platform's
    except ValueError:
        said, is_broken = {}, True
    texts, reminders, recovery = said.get("sms", {}), said.get("reminders", {}), said.get("reputation", {})
    span = texts.get("quiet_hours", "21:00-08:00")
    start, end = (None, None) if span == "off" else (time.fromisoformat(part) for part in span.split("-"))
    return House(
        tenant,
        subdomain,
        is_active,
        is_broken,
        Quiet(ZoneInfo("UTC" if is_broken else zone), start, end),
        frozenset(kind for kind in ("24h", "2h") if not reminders.get(kind, True)),
        texts.get("enabled", True),
        _fees(said.get("no_show", {}), currency),
        tuple(sorted(said.get("vaccination", {}).get("thresholds", (30, 14, 7)), reverse=True)),
        Recovery(timedelta(days=recovery.get("recovery_days", 90)), recovery.get("recovery_points", 5)),
    )


def _fees(said: dict[str, Any], currency: str) -> Fees:
    default = DEFAULT_FEES if currency in CURRENCIES_OF_DEFAULT_FEES else None
    own = said.get("fee_schedule")
    return Fees(
        schedule=tuple(own) if own else default,
        currency=currency,
        cap=said.get("fee_cap_cents"),
        is_capped_by_price=said.get("fee_cap") == "price",
        is_covered_by_deposit=said.get("deposit_covers_fee", True),
        hold=timedelta(hours=said.get("hold_hours", 24)),
        is_charged_by_itself=said.get("auto_charge", True),
        grace=timedelta(minutes=said.get("grace_minutes", 15)),
        closed_on=frozenset(map(date.fromisoformat, said.get("closed_on", ()))),
    )
