"""The tenants that a run serves: the active ones with sound settings, and groups to query together."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar
from zoneinfo import ZoneInfo

from shared.database.dialects.lists import chunks
from shared.domain.contact import UNKNOWN_REGION, can_be_answered, region_of
from shared.domain.ids import TenantId
from shared.domain.policy.errors import PolicyError
from shared.domain.policy.models import (
    ServedTenant,
    TenantPolicy,
    policy_of,
    rules_of,
    sets_fee_schedule,
    slips_in_settings,
)
from shared.domain.records import Problem, Tenant
from shared.domain.tally import SETTINGS, Tally

Key = TypeVar("Key", bound=Hashable)
Tenants = Mapping[TenantId, ServedTenant]

_NO_COUNTRY = (
    "neither its phone nor its time zone ({zone}) says which country it is in, so phone numbers without a country code "
    'get no texts; set country in its settings, like {{"country": "US"}}'
)


def serve(
    tenants: Sequence[Tenant],
    defaults: TenantPolicy,
    zone: ZoneInfo,
    tally: Tally,
    blocked: Mapping[TenantId, frozenset[str]] | None = None,
    sender: str | None = None,
) -> tuple[list[ServedTenant], list[Tenant]]:
    """Return the tenants to serve, and those left out for bad settings, whose errors are counted.

    A tenant whose country is unknown, or with a slip in the keys of its settings, is served, and named as a problem.
    `blocked`: the hashes of each tenant's blocked numbers; `sender`: the number or name that texts of a tenant without
    its own come from.
    """
    served, left_out = [], []
    for tenant in tenants:
        try:
            policy, its_zone = rules_of(tenant, defaults, zone)
        except PolicyError as error:
            left_out.append(tenant)
            tally.problem(Problem(tenant.subdomain, SETTINGS, str(error)), is_tenants=True)
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
        for slip in slips_in_settings(tenant):
            tally.problem(Problem(tenant.subdomain, SETTINGS, str(slip)))
        if each.region == UNKNOWN_REGION:
            tally.problem(Problem(tenant.subdomain, "country", _NO_COUNTRY.format(zone=its_zone.key)))
    return served, left_out


def senders_in_common(everybody: Iterable[Tenant], served: Iterable[ServedTenant]) -> Iterator[Problem]:
    """Yield a problem for each served tenant whose own sender another tenant also names as its own.

    Nobody can tell which of them a STOP or a reply to such a sender is for.
    """
    naming: dict[tuple[str, str], set[str]] = defaultdict(set)
    for tenant in everybody:
        for sender in _own_senders(tenant):
            naming[sender].add(tenant.subdomain)
    for each in served:
        for sender in _own_senders(each.tenant):
            if others := sorted(naming[sender] - {each.tenant.subdomain}):
                reason = f"{sender[0]} is also the sender of {', '.join(others[:3])}; give each business its own"
                yield Problem(each.tenant.subdomain, SETTINGS, reason)


def _own_senders(tenant: Tenant) -> Iterator[tuple[str, str]]:
    """Yield the setting and the sender, in one spelling, that a tenant names as its own."""
    if not tenant.settings or "sms" not in str(tenant.settings):
        return
    try:
        sms = policy_of(tenant, TenantPolicy()).sms
    except PolicyError:
        return
    if sms.messaging_service_sid:
        yield "sms.messaging_service_sid", sms.messaging_service_sid.upper()
    if sms.sender:
        yield "sms.from", "".join(filter(str.isalnum, sms.sender)).casefold()


def alike(served: Iterable[ServedTenant], key_of: Callable[[ServedTenant], Key]) -> Iterator[tuple[Key, Tenants]]:
    """Yield the tenants that share a key, by id, in groups that fit a statement."""
    groups: dict[Key, list[ServedTenant]] = defaultdict(list)
    for each in served:
        groups[key_of(each)].append(each)
    for key, members in groups.items():
        for some in chunks(members):
            yield key, {each.tenant.id: each for each in some}
