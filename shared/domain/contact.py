"""Whether an owner may and can be texted, and in which country a tenant's numbers are read."""

from collections.abc import Collection
from functools import lru_cache
from hashlib import sha256
from typing import Final

import phonenumbers
from babel.core import get_global
from phonenumbers import SUPPORTED_REGIONS, NumberParseException, PhoneNumber, PhoneNumberFormat

from shared.domain.ids import TenantId
from shared.domain.policy.models import SmsPolicy
from shared.domain.reasons import Reason
from shared.domain.records import Owner

UNKNOWN_REGION: Final = "ZZ"
"""The region of a tenant whose country is unknown: only numbers with a country code are valid in it."""
_ABBREVIATIONS: Final = frozenset("CET CST6CDT EET EST EST5EDT HST MET MST MST7MDT PST8PDT WET".split())
"""Time zones that several countries share. CLDR maps each to the country of one of its cities."""


@lru_cache(maxsize=10_000)
def region_of(country: str | None, tenant_phone: str | None, zone: str) -> str:
    """Return the region (ISO 3166 two letters) in which a tenant's numbers are read and its times are written.

    `zone`: the key of its time zone. The first that is certain counts: the country it names, its own phone's, its
    zone's. Without any, it is `UNKNOWN_REGION`: a number read in the wrong country belongs to somebody else.
    """
    if country:
        return country
    number = _parsed(tenant_phone or "", UNKNOWN_REGION)
    region = phonenumbers.region_code_for_number(number) if number else None
    if region in SUPPORTED_REGIONS:  # "001" is the world: freephone, satellites
        return str(region)
    territory = _territory_of(zone)
    return territory if territory in SUPPORTED_REGIONS else UNKNOWN_REGION


def _territory_of(zone: str) -> str | None:
    """Return the country of a time zone by CLDR, under any of its names; None if it has none."""
    if zone in _ABBREVIATIONS:
        return None
    territory: str | None = get_global("zone_territories").get(get_global("zone_aliases").get(zone, zone))
    return territory


@lru_cache(maxsize=10_000)
def e164(phone: str, region: str) -> str | None:
    """Return a valid number in E.164 form, None for anything else."""
    number = _parsed(phone, region)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if number else None


def _parsed(phone: str, region: str) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(phone, region)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def can_be_answered(sms: SmsPolicy, default_sender: str | None) -> bool:
    """Whether replies to a tenant's texts reach anybody: a sender that is a name takes none.

    `default_sender`: the number or name of a tenant that has no sender of its own; None for a messaging service.
    """
    sender = sms.sender or (None if sms.messaging_service_sid else default_sender)
    return not any(map(str.isalpha, sender or ""))


def country_of(number: str) -> str:
    """Return the country of a number (E.164) in words that do not name the number: `CO (+57)`."""
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return "an unknown country"
    return f"{phonenumbers.region_code_for_number(parsed) or 'an unknown country'} (+{parsed.country_code})"


def phone_hash(tenant_id: TenantId, number: str) -> str:
    """Return the hash that stands for a tenant's blocked number (E.164): SHA-256 of both, in hexadecimal digits."""
    return sha256(f"{tenant_id}:{number}".encode()).hexdigest()


def cannot_text(owner: Owner, region: str, blocked: Collection[str] = ()) -> Reason | None:
    """Return why no SMS may go to `owner`; None when one may. `blocked`: hashes of the tenant's blocked numbers."""
    if not owner.sms_opted_in:
        return Reason.OPTED_OUT
    if not (owner.phone and owner.phone.strip()):
        return Reason.NO_PHONE
    number = e164(owner.phone, region)
    if number is None:
        return Reason.INVALID_PHONE
    return Reason.PHONE_BLOCKED if blocked and phone_hash(owner.tenant_id, number) in blocked else None
