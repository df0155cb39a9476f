"""Consent: a STOP counts for every owner of the tenant with that number, unless consent was given since."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from shared.database.tenants import tenant_by_id
from shared.delivery.consent import queries as consent
from shared.delivery.consent.queries import Changed
from shared.delivery.drain import Drain
from shared.domain.contact import UNKNOWN_REGION, e164, phone_hash, region_of
from shared.domain.ids import NotificationId, OwnerId, TenantId
from shared.domain.notifications import Claimed
from shared.domain.policy.errors import PolicyError
from shared.domain.policy.models import TenantPolicy, policy_of
from shared.domain.records import ConsentSource, lasting_id, mask_phone
from shared.platform import writes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """Consent given or withdrawn. `key`: what makes it one event, whoever records it."""

    key: str
    tenant_id: TenantId
    owner_id: OwnerId
    phone_hash: str
    happened_at: datetime
    source: ConsentSource
    given: bool = False
    notification_id: NotificationId | None = None

    def row(self, now: datetime) -> dict[str, Any]:
        """Return its row in the history."""
        return {
            "id": lasting_id(f"consent:{self.key}"),
            "tenant_id": self.tenant_id,
            "owner_id": self.owner_id,
            "phone_hash": self.phone_hash,
            "given": self.given,
            "happened_at": self.happened_at,
            "source": self.source,
            "notification_id": self.notification_id,
            "created_at": now,
        }


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A STOP that the provider reported, in its answer to a text or in the text's receipt.

    `phone`: E.164; `at`: when the text was handed over.
    """

    claimed: Claimed
    phone: str
    at: datetime
    source: ConsentSource

    def event(self, owner_id: OwnerId) -> ConsentEvent:
        """Return what it is to one of the owners with the number."""
        tenant_id, its = self.claimed.tenant_id, phone_hash(self.claimed.tenant_id, self.phone)
        key = f"{self.claimed.id}:{owner_id}:{self.at.isoformat()}"
        return ConsentEvent(key, tenant_id, owner_id, its, self.at, self.source, notification_id=self.claimed.id)


def withdraw_consent(drain: Drain, connection: Connection, withdrawals: Iterable[Withdrawal]) -> None:
    """Record withdrawals, and opt out every owner of the tenant who has one of the numbers, served or not.

    A withdrawal about a text that was handed over before consent was last given opts nobody out.
    """
    by_tenant: dict[TenantId, list[Withdrawal]] = defaultdict(list)
    for each in withdrawals:
        by_tenant[each.claimed.tenant_id].append(each)
    for tenant_id in sorted(by_tenant):
        note_changes(drain, connection, [tenant_id])
        _withdraw(drain, connection, tenant_id, by_tenant[tenant_id])


def _withdraw(drain: Drain, connection: Connection, tenant_id: TenantId, withdrawals: Sequence[Withdrawal]) -> None:
    hashes = {each.phone: phone_hash(tenant_id, each.phone) for each in withdrawals}
    given_at = consent.given_at(connection, tenant_id, hashes.values())
    standing = [each for each in withdrawals if each.at >= given_at.get(hashes[each.phone], each.at)]
    meant = _owners_with(drain, connection, tenant_id, {each.phone for each in standing}) if standing else {}
    now, events = drain.now(), list[ConsentEvent]()
    for each in withdrawals:
        also = meant.get(each.phone, ()) if each in standing else ()
        events += [each.event(owner_id) for owner_id in {each.claimed.owner_id, *also}]
    consent.record(connection, [each.row(now) for each in events])
    writes.opt_out(connection, {owner_id for owner_ids in meant.values() for owner_id in owner_ids}, now)
    for phone in meant:
        log.info("%s: %s replied STOP", drain.subdomain(tenant_id), mask_phone(phone))


def note_changes(drain: Drain, connection: Connection, tenant_ids: Collection[TenantId]) -> None:
    """Record consent that others (the platform's own STOP, staff) gave or withdrew since its last recorded event.

    The change is dated by the owner's row if that was written after a run last looked, otherwise `now`.
    """
    changed = consent.changed_by_others(connection, tenant_ids, drain.now())
    if not changed:
        return
    now, looked_at = drain.now(), consent.last_looked_at(connection, drain.now())
    regions = {id_: _region(drain, connection, id_) for id_ in {each.tenant_id for each in changed}}
    consent.record(connection, [each.row(now) for each in _changes(changed, regions, looked_at, now)])


def _changes(
    changed: Iterable[Changed], regions: Mapping[TenantId, str], looked_at: datetime | None, now: datetime
) -> Iterator[ConsentEvent]:
    for each in changed:
        number = e164(each.phone or "", regions[each.tenant_id])
        its_hash = phone_hash(each.tenant_id, number) if number else None
        if its_hash is None or each.known_hash not in (None, its_hash):
            continue  # the last event is about another number; the column alone tells about this one
        seen = max(filter(None, (looked_at, each.known_at)), default=None)
        is_noted = each.updated_at and (seen is None or seen < each.updated_at) and each.updated_at <= now
        at = each.updated_at if is_noted and each.updated_at else now
        key = f"{each.owner_id}:{each.known_at and each.known_at.isoformat()}:{each.given}"
        yield ConsentEvent(key, each.tenant_id, each.owner_id, its_hash, at, ConsentSource.PLATFORM, each.given)


def _region(drain: Drain, connection: Connection, tenant_id: TenantId) -> str:
    """Return the region in which a tenant's numbers are read; a guess where its settings cannot be read."""
    if served := drain.served.get(tenant_id):
        return served.region
    tenant = tenant_by_id(connection, tenant_id)
    try:
        country = policy_of(tenant, TenantPolicy()).country
    except PolicyError:
        country = None
    return region_of(country, tenant.phone, tenant.timezone or "")


def _owners_with(
    drain: Drain, connection: Connection, tenant_id: TenantId, phones: Collection[str]
) -> dict[str, set[OwnerId]]:
    """Return a tenant's owners with each of some numbers (E.164), however they are written."""
    region = _region(drain, connection, tenant_id)
    # Where nobody knows the tenant's country, a national number may be the one that was texted.
    regions = {region} if region != UNKNOWN_REGION else {region_of(None, phone, "") for phone in phones}
    ends = tuple(phone[-4:] for phone in phones)
    found: dict[str, set[OwnerId]] = {phone: set() for phone in phones}
    for id_, written in consent.phones_of(connection, tenant_id):
        digits = "".join(filter(str.isdecimal, written))
        # Reading a number is slow. One that is plain digits and does not hold the last of them is another number.
        is_other = written.isascii() and not any(map(str.isalpha, written)) and not any(end in digits for end in ends)
        for number in () if is_other else {e164(written, each) for each in regions}:
            if number in found:
                found[number].add(id_)
    return found
