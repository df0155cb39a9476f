"""What the database counted: rows that are alike, with how many they are.

`period` is 1 for the reported period, 0 for the one before it; `quarter` is a quarter of an hour, counted from 1970 in
UTC. None stands for what is not on record.
"""

from datetime import date
from typing import NamedTuple

from shared.domain.ids import TenantId


class TextGroup(NamedTuple):
    """Texts. `micros`: their price in millionths of the currency's unit; `priced`: so many have one on record."""

    quarter: int | None
    kind: str | None
    status: str | None
    currency: str | None
    number: int
    segments: int
    micros: int
    priced: int


class TenantTexts(NamedTuple):
    """Texts of one business."""

    tenant_id: TenantId
    status: str | None
    period: int
    number: int
    segments: int


class VisitGroup(NamedTuple):
    """Appointments, kept or missed. `reminded`: of so many a reminder was delivered."""

    quarter: int | None
    status: str
    number: int
    reminded: int


class ServiceGroup(NamedTuple):
    """Appointments of one business and service."""

    tenant_id: TenantId
    service: str | None
    status: str | None
    period: int
    number: int


class FeeGroup(NamedTuple):
    """What happened to fees: `applied`, `collected`, `waived` or `refunded`. `cents`: in the currency's minor unit;
    `unreadable`: of so many fees the amount is no number, and counts as 0."""

    what: str
    tenant_id: TenantId
    currency: str | None
    period: int
    number: int
    cents: int
    unreadable: int


class TenantCount(NamedTuple):
    """How often something happened to one business in a period."""

    tenant_id: TenantId
    period: int
    number: int


class PetGroup(NamedTuple):
    """Living pets by vaccination status."""

    status: str | None
    number: int


class ExpiryGroup(NamedTuple):
    """Vaccinations that expire on one day."""

    on: date
    vaccine: str | None
    number: int


class ScoreGroup(NamedTuple):
    """Active owners with one score."""

    score: int | None
    number: int
