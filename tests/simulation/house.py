"""A tenant as an operator would read its row."""

import json
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import time
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from .local_time import Quiet
from .platform import Row

ZONES = available_timezones()


@dataclass(frozen=True, slots=True, eq=False)
class House:
    """`is_broken`: its settings make no sense, so it is left out wholly."""

    tenant: Hashable
    subdomain: str
    is_active: bool
    is_broken: bool
    quiet: Quiet
    switched_off: frozenset[str]
    may_text: bool


def house_of(tenant: Row) -> House:
    return _read(
        tenant["id"],
        tenant["subdomain"],
        tenant["is_active"] and tenant["deleted_at"] is None and tenant["status"] in ("active", "trial"),
        tenant.get("timezone", "America/New_York") or "UTC",
        tenant["settings"] or "{}",
    )


@cache
def _read(tenant: Hashable, subdomain: str, is_active: bool, zone: str, settings: str) -> House:
    try:
        said = json.loads(settings)
    except ValueError:
        said = {"not": "JSON"}
    is_broken = zone not in ZONES or not said.keys() <= {"sms", "reminders", "country"}
    texts, reminders = said.get("sms", {}), said.get("reminders", {})
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
    )
