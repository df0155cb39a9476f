"""Whom a run works for: the active tenants with sound settings."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from shared.policy import PolicyError, ServedTenant, TenantPolicy, policy_of, sets_fee_schedule, zone_of
from shared.records import Problem, Tenant
from shared.rules.contact import region_of
from shared.tally import Tally


def serve(
    tenants: Sequence[Tenant], defaults: TenantPolicy, zone: ZoneInfo, tally: Tally
) -> tuple[list[ServedTenant], list[Tenant]]:
    """Return the tenants to work for, and those left out for bad settings, whose error is counted."""
    served, left_out = [], []
    for tenant in tenants:
        try:
            policy = policy_of(tenant, defaults)
            region = region_of(policy.country, tenant.phone)
            served.append(ServedTenant(tenant, policy, zone_of(tenant, zone), region, sets_fee_schedule(tenant)))
        except PolicyError as error:
            left_out.append(tenant)
            tally.problem(Problem(tenant.subdomain, "settings", str(error)), is_tenants=True)
    return served, left_out
