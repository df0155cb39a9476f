"""Consent: a STOP counts for every owner of the tenant with that number, unless consent was given since."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared.database.tenants import tenant_by_id
from shared.delivery.consent import queries as consent
from shared.delivery.consent.queries import Changed
from shared.delivery.drain import Drain
from shared.domain.contact import UNKNOWN_REGION, e164, phone_hash, region_of
from shared.domain.policy import PolicyError, TenantPolicy, policy_of
from shared.domain.records import Claimed, ConsentSource, lasting_id, mask_phone

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A STOP that the provider told us of, in its answer to a text or in the text's receipt.

    `phone`: E.164; `at`: when the text was handed over.
    """

    claimed: Claimed
    phone: str
    at: datetime
    source: ConsentSource


def withdraw_consent(drain: Drain, connection: Connection, withdrawals: Iterable[Withdrawal]) -> None:
    """Record withdrawals, and opt out all owners of the tenant, served or not, who have one of the numbers.

    One about a text that was handed over before consent was last given changes nothing.
    """
    by_tenant: dict[UUID, list[Withdrawal]] = defaultdict(list)
    for each in withdrawals:
        by_tenant[each.claimed.tenant_id].append(each)
    for tenant_id in sorted(by_tenant):
        note_changes(drain, connection, [tenant_id])
        _withdraw(drain, connection, tenant_id, by_tenant[tenant_id])


def _withdraw(drain: Drain, connection: Connection, tenant_id: UUID, withdrawals: Sequence[Withdrawal]) -> None:
    hashes = {each.phone: phone_hash(tenant_id, each.phone) for each in withdrawals}
    given_at = consent.given_at(connection, tenant_id, hashes.values())
    standing = [each for each in withdrawals if each.at >= given_at.get(hashes[each.phone], each.at)]
    meant = _owners_with(drain, connection, tenant_id, {each.phone for each in standing}) if standing else {}
    now, events = drain.now(), []
    for each in withdrawals:
        also = meant.get(each.phone, ()) if each in standing else ()
        for owner_id in {each.claimed.owner_id, *also}:
            key = f"{each.claimed.id}:{owner_id}:{each.at.isoformat()}"
            event = _event(key, tenant_id, owner_id, hashes[each.phone], each.at, each.source, now)
            events.append(event | {"notification_id": each.claimed.id})
    consent.record(connection, events)
    consent.withdraw(connection, {owner_id for owner_ids in meant.values() for owner_id in owner_ids}, now)
    for phone in meant:
        log.info("%s: %s replied STOP", drain.subdomain(tenant_id), mask_phone(phone))


def note_changes(drain: Drain, connection: Connection, tenant_ids: Collection[UUID]) -> None:
    """Record where others (the platform's own STOP, staff) gave or withdrew consent since we last knew of it.

    It happened when the owner's row was last changed, if that was after a run last looked, else now.
    """
    changed = consent.changed_by_others(connection, tenant_ids, drain.now())
    if not changed:
        return
    now, looked_at = drain.now(), consent.last_looked_at(connection, drain.now())
    regions = {id_: _region(drain, connection, id_) for id_ in {each.tenant_id for each in changed}}
    consent.record(connection, list(_changes(changed, regions, looked_at, now)))


def _changes(
    changed: Iterable[Changed], regions: Mapping[UUID, str], looked_at: datetime | None, now: datetime
) -> Iterator[dict[str, Any]]:
    for each in changed:
        number = e164(each.phone or "", regions[each.tenant_id])
        its_hash = phone_hash(each.tenant_id, number) if number else None
        if its_hash is None or each.known_hash not in (None, its_hash):
            continue  # what we knew was of another number; of this one we know what the column says
        seen = max(filter(None, (looked_at, each.known_at)), default=None)
        is_noted = each.updated_at and (seen is None or seen < each.updated_at) and each.updated_at <= now
        at = each.updated_at if is_noted and each.updated_at else now
        key = f"{each.owner_id}:{each.known_at and each.known_at.isoformat()}:{each.given}"
        yield _event(key, each.tenant_id, each.owner_id, its_hash, at, ConsentSource.PLATFORM, now, given=each.given)


def _event(
    key: str,
    tenant_id: UUID,
    owner_id: UUID,
    its_hash: str,
    at: datetime,
    source: ConsentSource,
    now: datetime,
    *,
    given: bool = False,
) -> dict[str, Any]:
    """Return a row of the history. `key`: what makes it one event, whoever records it."""
    return {
        "id": lasting_id(f"consent:{key}"),
        "tenant_id": tenant_id,
        "owner_id": owner_id,
        "phone_hash": its_hash,
        "given": given,
        "happened_at": at,
        "source": source,
        "notification_id": None,
        "created_at": now,
    }


def _region(drain: Drain, connection: Connection, tenant_id: UUID) -> str:
    """Return where a tenant's numbers are read, as far as its settings can be read."""
    if served := drain.served.get(tenant_id):
        return served.region
    tenant = tenant_by_id(connection, tenant_id)
    try:
        country = policy_of(tenant, TenantPolicy()).country
    except PolicyError:
        country = None
    return region_of(country, tenant.phone, tenant.timezone or "")


def _owners_with(
    drain: Drain, connection: Connection, tenant_id: UUID, phones: Collection[str]
) -> dict[str, set[UUID]]:
    """Return a tenant's owners with each of some numbers (E.164), however they are written."""
    region = _region(drain, connection, tenant_id)
    # Where nobody knows the tenant's country, a national number may be the one that was texted.
    regions = {region} if region != UNKNOWN_REGION else {region_of(None, phone, "") for phone in phones}
    ends = tuple(phone[-4:] for phone in phones)
    found: dict[str, set[UUID]] = {phone: set() for phone in phones}
    for id_, written in consent.phones_of(connection, tenant_id):
        digits = "".join(filter(str.isdecimal, written))
        # Reading a number is slow. One that is plain digits and does not hold the last of them is another number.
        is_other = written.isascii() and not any(map(str.isalpha, written)) and not any(end in digits for end in ends)
        for number in () if is_other else {e164(written, each) for each in regions}:
            if number in found:
                found[number].add(id_)
    return found
