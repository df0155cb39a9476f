"""Whom a run works for: the active tenants with sound settings, and those that can be looked at together."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.database.dialects import chunks
from shared.policy import PolicyError, ServedTenant, TenantPolicy, policy_of, sets_fee_schedule, zone_of
from shared.records import Problem, Tenant
from shared.rules.contact import UNKNOWN_REGION, can_be_answered, region_of
from shared.tally import Tally

Key = TypeVar("Key", bound=Hashable)
Tenants = Mapping[UUID, ServedTenant]

_NO_COUNTRY = (
    "neither its phone nor its time zone ({zone}) says which country it is in, so phone numbers without a country code "
    'get no texts; set country in its settings, like {{"country": "US"}}'
)


def serve(
    tenants: Sequence[Tenant],
    defaults: TenantPolicy,
    zone: ZoneInfo,
    tally: Tally,
    blocked: Mapping[UUID, frozenset[str]] | None = None,
    sender: str | None = None,
) -> tuple[list[ServedTenant], list[Tenant]]:
    """Return the tenants to work for, and those left out for bad settings, whose error is counted.

    A tenant of which nobody knows the country is served, and named. `blocked`: the hashes of each tenant's blocked
    numbers; `sender`: the number or name that texts of a tenant without its own come from.
    """
    served, left_out = [], []
    for tenant in tenants:
        try:
            policy, its_zone = policy_of(tenant, defaults), zone_of(tenant, zone)
        except PolicyError as error:
            left_out.append(tenant)
            tally.problem(Problem(tenant.subdomain, "settings", str(error)), is_tenants=True)
            continue
        each = ServedTenant(
            tenant,
            policy,
            its_zone,
            region_of(policy.country, tenant.phone, its_zone.key),
            sets_fee_schedule(tenant),
            (blocked or {}).get(tenant.id, frozenset()),
            can_be_answered(policy.sms, sender),
        )
        served.append(each)
        if each.region == UNKNOWN_REGION:
            tally.problem(Problem(tenant.subdomain, "country", _NO_COUNTRY.format(zone=its_zone.key)))
    return served, left_out


def alike(served: Iterable[ServedTenant], key_of: Callable[[ServedTenant], Key]) -> Iterator[tuple[Key, Tenants]]:
    """Yield the tenants that share a key, by id, in lots that fit a statement."""
    groups: dict[Key, list[ServedTenant]] = defaultdict(list)
    for each in served:
        groups[key_of(each)].append(each)
    for key, members in groups.items():
        for some in chunks(members):
            yield key, {each.tenant.id: each for each in some}
