"""Blocking numbers that carriers reported dead twice in a row."""

import logging
from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import Connection

from shared.delivery.blocked_numbers import queries as phone_blocks
from shared.delivery.drain import Drain
from shared.domain.contact import phone_hash
from shared.domain.ids import TenantId
from shared.domain.records import mask_phone

log = logging.getLogger(__name__)

PROOFS: Final = 2
"""One report may be a mistake: a carrier has an outage, or the number is just moving to another carrier."""


def block_dead(drain: Drain, connection: Connection, phones: Mapping[TenantId, Collection[str]]) -> None:
    """Block those of some tenants' numbers (E.164), each just reported dead, for which it is the second report."""
    for tenant_id in sorted(phones):
        found = phone_blocks.proofs(connection, tenant_id, phones[tenant_id])
        dead = [phone for phone in sorted(phones[tenant_id]) if found.get(phone, 0) >= PROOFS]
        phone_blocks.add(connection, tenant_id, [phone_hash(tenant_id, each) for each in dead], drain.now())
        for phone in dead:
            log.info(
                "%s: %s proved dead %s times and is blocked", drain.subdomain(tenant_id), mask_phone(phone), PROOFS
            )
