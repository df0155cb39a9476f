"""What the coming runs will do, by business: who gets what text when, who does not and why, and what is charged."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from shared.application import Application
from shared.database.engine import reading
from shared.database.tenants import active_tenants, all_tenants
from shared.domain.ids import TenantId
from shared.domain.policy.models import ServedTenant, zone_or_default
from shared.domain.quiet_hours import local_date
from shared.domain.records import Kind, Tenant, mask_phone
from shared.domain.tally import Tally
from shared.operations.forecast import Event, Forecast, Step, forecast, occurrences
from shared.operations.forecast import preview_queries as queries
from shared.operations.forecast.words import why
from shared.operations.tenant_queries import inactive
from shared.operations.words import KIND_WORDS, amount_words
from shared.planning.tenants import serve
from shared.schedules.function_json import Schedule

PRICED: Final = timedelta(days=30)
"""How far back texts are looked at for what a segment costs."""
_WHAT: Final = {
    Step.MISSED: "marked as missed",
    Step.NOT_MISSED: "not marked as missed",
    Step.FEE: "fee",
    Step.CHARGED: "charge",
    Step.NOT_CHARGED: "no charge",
    Step.CLOSED: "fee no longer owed",
    Step.HELD: "day held back",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that will happen. `at`: aware, in the zone of the business; `to`: masked.

    `text`, `segments`: of a text that leaves; `why`: a sentence, why it does not; `amount`: of money, in words.
    """

    step: Step
    at: datetime
    what: str
    owner: str = ""
    pets: str = ""
    to: str = ""
    text: str = ""
    segments: int = 0
    why: str = ""
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What will happen at one business. `not_served`: why nothing will; `cost`: of its texts, "" if unknown."""

    subdomain: str
    name: str
    zone: ZoneInfo
    lines: tuple[Line, ...]
    cost: str = ""
    not_served: str = ""

    @property
    def segments(self) -> int:
        """How many segments its texts have."""
        return sum(each.segments for each in self.lines)


def preview(
    application: Application,
    schedules: Mapping[str, Schedule],
    until: datetime | None = None,
    only: Collection[str] = (),
) -> list[Page]:
    """Return what the runs will do up to `until`, by subdomain; None: to the end of each business's own tomorrow.

    `only`: subdomains, none for all. Nothing is written.
    """
    now, tally = application.clock(), Tally()
    with reading(application.engine) as connection:
        tenants, stopped = tenants_ahead(connection, only)
        prices = queries.price_of_a_segment(connection, now - PRICED)
    served, left_out = serve(tenants, application.defaults, application.zone, tally)
    ends = {each.tenant.id: until or _end_of_tomorrow(now, each.zone) for each in served}
    runs = list(occurrences(schedules, application.zone, now, max(ends.values(), default=now)))
    found = forecast(application, [each.tenant for each in served], runs)
    by_tenant: dict[TenantId, list[Event]] = defaultdict(list)
    for event in found.events:
        if event.step is not Step.SCORE and event.at <= ends[event.tenant_id]:
            by_tenant[event.tenant_id].append(event)
    pages = [
        priced(each, tuple(_line(one, each, found) for one in by_tenant[each.tenant.id]), prices) for each in served
    ]
    why = {each.subdomain: f"it is {stopped[each.id]}" for each in tenants if each.id in stopped}
    pages = [replace(each, not_served=why.get(each.subdomain, "")) for each in pages]
    reasons = {each.tenant: each.reason for each in tally.problems}
    for each in left_out:
        its = str(each.business_name), zone_or_default(each.timezone, application.zone), ()
        pages.append(Page(each.subdomain, *its, not_served=reasons[each.subdomain]))
    return sorted(pages, key=lambda each: each.subdomain)


def tenants_ahead(connection: Connection, only: Collection[str] = ()) -> tuple[list[Tenant], dict[TenantId, str]]:
    """Return the tenants about which the coming runs do something, and those of them that the platform does not serve.

    The latter with why it does not, in a word: of their texts, the runs cancel what waits. `only`: subdomains, none for
    all; these are returned even if nothing is done about them.
    """
    stopped = inactive(connection) if only else queries.stopped(connection)
    tenants = active_tenants(connection)
    tenants += [each for each in all_tenants(connection) if each.id in stopped]
    return [each for each in tenants if not only or each.subdomain in only], stopped


def _end_of_tomorrow(now: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(local_date(now, zone) + timedelta(days=2), time(), zone)


Prices = Mapping[TenantId, tuple[Decimal, str]]


def priced(served: ServedTenant, lines: tuple[Line, ...], prices: Prices) -> Page:
    """Return a business's page with what its texts cost."""
    page = Page(served.tenant.subdomain, str(served.tenant.business_name), served.zone, lines)
    price = prices.get(served.tenant.id)
    cost = f"{price[0] * page.segments:.2f} {price[1]}" if price and page.segments else ""
    return Page(page.subdomain, page.name, page.zone, lines, cost)


def _what(event: Event) -> str:
    if event.step in _WHAT:
        return _WHAT[event.step]
    return KIND_WORDS[Kind(event.kind)] + (" not sent" if event.step is Step.NO_TEXT else "")


def _line(event: Event, served: ServedTenant, found: Forecast) -> Line:
    subjects = [found.subjects[each] for each in event.subject_ids if each in found.subjects]
    pets = dict.fromkeys(name for each in subjects for name in each.pets)
    is_text = event.step in (Step.TEXT, Step.NO_TEXT)
    phone = event.phone or (subjects[0].phone if subjects else None)
    return Line(
        event.step,
        event.at.astimezone(served.zone),
        _what(event),
        owner=(subjects[0].owner if subjects else None) or "",
        pets=", ".join(pets),
        to=mask_phone(phone) if is_text else event.body or "",
        text=(event.body or "") if is_text else "",
        segments=event.segments or 0,
        why=why(event) if event.reason else "",
        amount=amount_words(event.amount, event.currency) if event.amount and event.currency else "",
    )
