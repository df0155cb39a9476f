"""The tenants, as records."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from shared.database.rows.promises import fault_of, holds, is_sound, or_default
from shared.database.rows.reading import BadRow, leave_out
from shared.database.tables import (
    tenants,
)
from shared.domain.ids import TenantId
from shared.domain.records import Tenant
from shared.errors import UsageError

TENANT = (
    tenants.c.id,
    tenants.c.subdomain,
    tenants.c.business_name,
    tenants.c.phone,
    tenants.c.address_line1,
    tenants.c.timezone,
    tenants.c.currency,
    tenants.c.status,
    tenants.c.settings,
)
"""What `tenant_of` reads."""


_IS_SWITCHED_OFF = and_(tenants.c.status.is_not(None), tenants.c.status.in_(("suspended", "inactive")))
IS_ACTIVE = and_(holds(tenants.c.is_active), tenants.c.deleted_at.is_(None), ~_IS_SWITCHED_OFF)
"""Whether the platform serves a tenant, or may: one with a status that nobody knows is among them, with its fault."""

_ACTIVE_TENANTS = select(*TENANT).where(IS_ACTIVE).order_by(tenants.c.subdomain)


def active_tenants(connection: Connection) -> list[Tenant]:
    """All tenants the platform serves, by subdomain. (A scan: the table is small.)

    A tenant whose row holds nonsense is among them with its `fault`; its texts wait, like those of any tenant that
    cannot be served. A row without a sound id is left out: it has no texts.
    """
    return _tenants(connection, _ACTIVE_TENANTS)


def all_tenants(connection: Connection) -> list[Tenant]:
    """All tenants, whether or not the platform serves them, by subdomain. (A scan: the table is small.)"""
    return _tenants(connection, select(*TENANT).order_by(tenants.c.subdomain))


def _tenants(connection: Connection, query: Select[Any]) -> list[Tenant]:
    found = []
    for row in connection.execute(query):
        if is_sound(tenants.c.id, row.id):
            found.append(tenant_of(row))
        else:
            subject, fault = f"tenant {ascii(row.subdomain)[:40]}", fault_of(tenants.c.id, row.id)
            leave_out(connection, BadRow(None, subject, str(fault)))
    return found


def how_many_tenants(connection: Connection) -> int:
    """How many tenants the platform has, served or not, except deleted ones. (A scan: the table is small.)"""
    query = select(func.count()).select_from(tenants).where(tenants.c.deleted_at.is_(None))
    return connection.execute(query).scalar_one()


def tenant_by_id(connection: Connection, id_: TenantId) -> Tenant:
    """One tenant, whether or not the platform serves it. Index: primary key."""
    return tenant_of(connection.execute(select(*TENANT).where(tenants.c.id == id_)).one())


def ids_of(connection: Connection, subdomains: Collection[str]) -> list[TenantId]:
    """The ids of tenants, whether or not the platform serves them. Raise UsageError for a subdomain that nobody has.

    Index: tenants (subdomain), unique.
    """
    query = select(tenants.c.subdomain, tenants.c.id).where(tenants.c.subdomain.in_(sorted(subdomains)))
    found: dict[str, TenantId] = {row.subdomain: row.id for row in connection.execute(query)}
    if unknown := set(subdomains) - found.keys():
        raise UsageError(_unknown(connection, min(unknown)))
    return list(found.values())


def subdomain_of(connection: Connection, typed: str) -> str:
    """The subdomain of the tenant that people mean by its subdomain or its name, in whatever case.

    Raise UsageError if they can mean none, or several of that name. (A scan: a small table.)
    """
    meant = typed.strip().casefold()
    rows = connection.execute(select(tenants.c.subdomain, tenants.c.business_name).order_by(tenants.c.subdomain)).all()
    known = [(str(row.subdomain), str(row.business_name or "")) for row in rows if row.subdomain]
    by_name = [subdomain for subdomain, name in known if name.casefold() == meant]
    found = [subdomain for subdomain, _ in known if subdomain.casefold() == meant] or by_name
    if not found:
        raise UsageError(_unknown(connection, typed))
    if len(found) > 1:
        raise UsageError(f"several tenants are named {typed!r}: {', '.join(found[:5])}; write the subdomain of one")
    return found[0]


def first_named(connection: Connection, limit: int) -> list[tuple[str, str]]:
    """Subdomain and name of tenants that are not deleted, the first ones by subdomain. Index: tenants (subdomain)."""
    query = select(tenants.c.subdomain, tenants.c.business_name).where(tenants.c.deleted_at.is_(None))
    rows = connection.execute(query.order_by(tenants.c.subdomain).limit(limit))
    return [(str(row.subdomain), str(row.business_name or "")) for row in rows if row.subdomain]


def _unknown(connection: Connection, subdomain: str) -> str:
    """Return the words for a subdomain that nobody has, with the nearest that somebody has. (A scan: a small table.)"""
    known = filter(None, connection.execute(select(tenants.c.subdomain)).scalars())
    near = get_close_matches(subdomain.lower(), known, n=1)
    hint = f"did you mean {near[0]}?" if near else "python -m shared tenants lists them"
    return f"there is no tenant {subdomain!r}; {hint}"


def tenant_of(row: Any) -> Tenant:
    """Return the tenant in a row with the columns `TENANT`; its `fault` says what cannot be used."""
    faults = (fault_of(column, getattr(row, column.name)) for column in TENANT)
    return Tenant(
        id=row.id,
        subdomain=row.subdomain if isinstance(row.subdomain, str) else str(row.id),
        business_name=row.business_name,
        phone=row.phone,
        address=row.address_line1,
        timezone=row.timezone,
        currency=or_default(tenants.c.currency, row.currency),
        settings=row.settings,
        fault="; ".join(filter(None, faults)) or None,
    )
