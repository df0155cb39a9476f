"""Every business of the platform: whether it is served, and if not, why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy import Connection, Select, select

from shared.database.rows.promises import fault_of
from shared.database.tables import tenants
from shared.database.tenants import TENANT, tenant_of
from shared.domain.policy import PolicyError, TenantPolicy, policy_of, zone_of
from shared.domain.records import Tenant

_SERVED: Final = ("trial", "active")


@dataclass(frozen=True, slots=True)
class Business:
    """A business. `why_not`: why it is not served, None if it is; `policy`: its settings in force, None if unusable."""

    tenant: Tenant
    why_not: str | None
    policy: TenantPolicy | None

    @property
    def is_served(self) -> bool:
        """Whether the jobs work for it."""
        return self.why_not is None


def businesses(connection: Connection, defaults: TenantPolicy, zone: ZoneInfo) -> list[Business]:
    """Return every business, by subdomain. (A scan: the table is small.)"""
    query = _QUERY.order_by(tenants.c.subdomain)
    return [_business(row, defaults, zone) for row in connection.execute(query) if not fault_of(tenants.c.id, row.id)]


def business(connection: Connection, subdomain: str, defaults: TenantPolicy, zone: ZoneInfo) -> Business | None:
    """Return one business by its subdomain; None if there is none. Index: tenants (subdomain)."""
    row = connection.execute(_QUERY.where(tenants.c.subdomain == subdomain)).first()
    return _business(row, defaults, zone) if row else None


_QUERY: Final[Select[Any]] = select(*TENANT, tenants.c.status, tenants.c.is_active, tenants.c.deleted_at)


def _business(row: Any, defaults: TenantPolicy, zone: ZoneInfo) -> Business:
    tenant, policy = tenant_of(row), None
    try:
        policy = policy_of(tenant, defaults)
        zone_of(tenant, zone)
        trouble = None
    except PolicyError as error:
        trouble = f"its settings: {error}"
    return Business(tenant, _why_inactive(row) or trouble, policy)


def _why_inactive(row: Any) -> str | None:
    if row.deleted_at is not None:
        return "it was deleted from the platform"
    if row.status not in _SERVED:
        return f"its status on the platform is {row.status}"
    return None if row.is_active else "it is switched off on the platform"


def settings_in_force(policy: BaseModel) -> dict[str, str]:
    """Return a policy's settings in words by their names in docs/settings.md (`sms.quiet_hours`)."""
    return dict(_flat("", policy.model_dump(mode="json", by_alias=True)))


def _flat(prefix: str, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name, value in values.items():
        whole = f"{prefix}{name}"
        if isinstance(value, dict) and value and not whole.startswith("sms.templates."):
            found += _flat(f"{whole}.", value)
        else:
            found.append((whole, _words(value)))
    return found


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, {}) else str(value)
