"""Whether an owner may and can be texted."""

from collections.abc import Collection
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from shared.reasons import Reason
from shared.records import Owner

_DEFAULT_REGION = "US"


@lru_cache(maxsize=10_000)
def region_of(country: str | None, tenant_phone: str | None) -> str:
    """Return the region (ISO 3166 two letters) in which a tenant's numbers are read and its times are written."""
    if country:
        return country
    try:
        number = phonenumbers.parse(tenant_phone or "", None)
    except NumberParseException:
        return _DEFAULT_REGION
    region = phonenumbers.region_code_for_number(number)
    return region if region and region.isalpha() else _DEFAULT_REGION  # "001" is the world: freephone, satellites


@lru_cache(maxsize=10_000)
def e164(phone: str, region: str) -> str | None:
    """Return a valid number in E.164 form, None for anything else."""
    try:
        number = phonenumbers.parse(phone, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def country_of(number: str) -> str:
    """Return the country of a number (E.164) in words that do not name the number: `CO (+57)`."""
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return "an unknown country"
    return f"{phonenumbers.region_code_for_number(parsed) or 'an unknown country'} (+{parsed.country_code})"


def phone_hash(tenant_id: UUID, number: str) -> str:
    """Return under what a tenant's blocked number (E.164) is kept: SHA-256 of both, in hexadecimal digits."""
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
