"""A STOP: it counts for every owner of the tenant with that number, however it is written."""

import logging
from collections.abc import Collection, Iterator
from uuid import UUID

from sqlalchemy import Connection

from shared.database import consent, queries
from shared.delivery.drain import Drain
from shared.policy import PolicyError, TenantPolicy, policy_of
from shared.records import mask_phone
from shared.rules.contact import UNKNOWN_REGION, e164, region_of

log = logging.getLogger(__name__)


def withdraw_consent(drain: Drain, connection: Connection, tenant_id: UUID, phones: Collection[str]) -> None:
    """Take the consent from all owners of a tenant, served or not, who have one of the `phones` (E.164)."""
    written = consent.phones_of_consenting(connection, tenant_id)
    meant = set(_with_one_of(written, phones, _region(drain, connection, tenant_id)))
    consent.withdraw(connection, meant, drain.now())
    for phone in phones:
        log.info("%s: %s replied STOP", drain.subdomain(tenant_id), mask_phone(phone))


def _region(drain: Drain, connection: Connection, tenant_id: UUID) -> str:
    """Return where a tenant's numbers are read, as far as its settings can be read."""
    if served := drain.served.get(tenant_id):
        return served.region
    tenant = queries.tenant(connection, tenant_id)
    try:
        country = policy_of(tenant, TenantPolicy()).country
    except PolicyError:
        country = None
    return region_of(country, tenant.phone, tenant.timezone or "")


def _with_one_of(written: Collection[tuple[UUID, str]], phones: Collection[str], region: str) -> Iterator[UUID]:
    ends = tuple(phone[-4:] for phone in phones)
    # Where nobody knows the tenant's country, a national number may be the one that was texted.
    regions = {region} if region != UNKNOWN_REGION else {region_of(None, phone, "") for phone in phones}
    for id_, phone in written:
        digits = "".join(filter(str.isdecimal, phone))
        # Reading a number is slow. One that is plain digits and does not hold the last of them is another number.
        is_other = phone.isascii() and not any(map(str.isalpha, phone)) and not any(end in digits for end in ends)
        if not is_other and any(e164(phone, each) in phones for each in regions):
            yield id_
