"""Whom a run works for: the active tenants with sound settings, and those that can be looked at together."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.database.dialects import chunks
from shared.policy import PolicyError, ServedTenant, TenantPolicy, policy_of, sets_fee_schedule, zone_of
from shared.records import Problem, Tenant
from shared.rules.contact import region_of
from shared.tally import Tally

Key = TypeVar("Key", bound=Hashable)
Tenants = Mapping[UUID, ServedTenant]


def serve(
    tenants: Sequence[Tenant],
    defaults: TenantPolicy,
    zone: ZoneInfo,
    tally: Tally,
    blocked: Mapping[UUID, frozenset[str]] | None = None,
) -> tuple[list[ServedTenant], list[Tenant]]:
    """Return the tenants to work for, and those left out for bad settings, whose error is counted.

    `blocked`: the hashes of each tenant's blocked numbers.
    """
    served, left_out = [], []
    for tenant in tenants:
        try:
            policy = policy_of(tenant, defaults)
            region = region_of(policy.country, tenant.phone)
            its = (blocked or {}).get(tenant.id, frozenset())
            served.append(ServedTenant(tenant, policy, zone_of(tenant, zone), region, sets_fee_schedule(tenant), its))
        except PolicyError as error:
            left_out.append(tenant)
            tally.problem(Problem(tenant.subdomain, "settings", str(error)), is_tenants=True)
    return served, left_out


def alike(served: Iterable[ServedTenant], key_of: Callable[[ServedTenant], Key]) -> Iterator[tuple[Key, Tenants]]:
    """Yield the tenants that share a key, by id, in lots that fit a statement."""
    groups: dict[Key, list[ServedTenant]] = defaultdict(list)
    for each in served:
        groups[key_of(each)].append(each)
    for key, members in groups.items():
        for some in chunks(members):
            yield key, {each.tenant.id: each for each in some}
