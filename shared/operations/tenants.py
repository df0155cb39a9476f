"""Businesses: whether each is served, its settings in force and where they come from, and all that is wrong."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from shared.database.tenants import active_tenants, all_tenants
from shared.domain.policy.errors import PolicyError
from shared.domain.policy.models import TenantPolicy, own_settings, rules_of
from shared.domain.records import Tenant, mask_phone
from shared.domain.tally import Tally
from shared.operations import tenant_queries
from shared.operations.left_out import last_runs, left_out_since
from shared.planning.tenants import senders_in_common, serve

VOLUME: Final = timedelta(days=30)
"""The time over which a business's texts are counted."""
ITS_OWN: Final = "its own"
DEFAULT: Final = "default"


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting in force. `value`: as JSON writes it; `source`: a variable of the environment, its own, or default."""

    key: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Business:
    """One tenant. `not_served`: why, None if it is; `since`: the start of the first of the latest runs that refused it.

    `faults`: everything that is wrong with its settings; `sent`: texts of the last 30 days.
    """

    subdomain: str
    name: str
    not_served: str | None
    since: datetime | None
    faults: tuple[str, ...]
    sent: int
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for all tenants. `variables`: those that are set, by the setting that they change."""

    policy: TenantPolicy
    zone: ZoneInfo
    variables: Mapping[str, str]


def businesses(
    connection: Connection, defaults: Defaults, wall: datetime, only: Collection[str] = (), *, are_all: bool = False
) -> list[Business]:
    """Return the tenants that the platform serves, by subdomain.

    `only` some, or `are_all`: whether or not the platform serves them.
    """
    active = active_tenants(connection)
    chosen = active
    if only or are_all:
        chosen = [each for each in all_tenants(connection) if are_all or each.subdomain in only]
    inactive = tenant_queries.inactive(connection)
    sent = tenant_queries.sent_since(connection, wall - VOLUME)
    last = last_runs(connection, wall)
    shared = _problems(chosen, active, defaults)
    return [
        Business(
            each.subdomain,
            each.business_name,
            not_served=f"it is {inactive[each.id]}" if each.id in inactive else "its settings" if faults else None,
            since=left_out_since(each.subdomain, last) if faults else None,
            faults=(*faults, *shared[each.subdomain]),
            sent=sent.get(each.id, 0),
            settings=tuple(settings),
        )
        for each in chosen
        for faults, settings in [_settings(each, defaults)]
    ]


@dataclass(frozen=True, slots=True)
class Serving:
    """How many businesses runs would serve, and of each other one, by subdomain, why not."""

    served: int
    not_served: Mapping[str, str]


def serving(connection: Connection, defaults: TenantPolicy, zone: ZoneInfo) -> Serving:
    """Return who would be served. Deleted businesses do not count. It reads `tenants` alone."""
    tally, names = Tally(), {each.id: each.subdomain for each in all_tenants(connection)}
    served, _ = serve(active_tenants(connection), defaults, zone, tally)
    inactive = {names[id_]: f"it is {why}" for id_, why in tenant_queries.inactive(connection).items() if id_ in names}
    others = {subdomain: why for subdomain, why in inactive.items() if why != "it is deleted"}
    faulty = {each.tenant: each.reason for each in tally.problems if each.tenant in tally.left_out}
    return Serving(len(served), dict(sorted({**others, **faulty}.items())))


def _settings(tenant: Tenant, defaults: Defaults) -> tuple[list[str], list[Setting]]:
    """Return all that is wrong with a tenant's settings, else those in force."""
    try:
        policy, zone = rules_of(tenant, defaults.policy, defaults.zone)
    except PolicyError as error:
        return list(map(str, error.faults)), []
    own = dict(_leaves(own_settings(tenant)))
    in_force = [
        Setting(key, _written(key, value), ITS_OWN if key in own else defaults.variables.get(key, DEFAULT))
        for key, value in _leaves(policy.model_dump(mode="json", by_alias=True))
    ]
    source = ITS_OWN if tenant.timezone else defaults.variables.get("timezone", DEFAULT)
    return [], [*in_force, Setting("timezone", zone.key, source)]


def _leaves(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the settings with their keys as people write them: objects of ours are one level deep."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", each) for inner, each in value.items())
        else:
            yield key, value


def _written(key: str, value: Any) -> str:
    return mask_phone(value) if key == "sms.from" and value else json.dumps(value, ensure_ascii=False)


def _problems(chosen: Sequence[Tenant], active: Sequence[Tenant], defaults: Defaults) -> dict[str, list[str]]:
    """Return what every run says of tenants that it serves all the same: no country, a sender that others have too."""
    tally, found = Tally(), defaultdict[str, list[str]](list)
    served, left_out = serve(chosen, defaults.policy, defaults.zone, tally)
    refused = {each.subdomain for each in left_out}
    for problem in (*tally.problems, *senders_in_common(active, served)):
        if problem.tenant not in refused:
            found[problem.tenant].append(problem.reason)
    return found
