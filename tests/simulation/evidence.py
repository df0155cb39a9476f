"""What can be said about the texts that left without knowing what should have been decided."""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from .books import Member, Sent, is_open
from .house import House, house_of
from .platform import Platform, Row
from .reminders import LEAD_OF_KIND, LEADS
from .world import DAY, HOUR, World

ON_TIME: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Departure:
    """One SMS and, as they were when it left: the tenant, the appointments and owners, and the dead pets' names."""

    sent: Sent
    body: str
    useful_until: datetime
    house: House
    business_name: str
    appointments: tuple[Row, ...]
    owners: tuple[Row, ...]
    dead_pets: tuple[str, ...]

    @classmethod
    def of(cls, sent: Sent, body: str, notification: Mapping[str, Any], platform: Platform) -> Self:
        keys = [key for key, _ in sent.members]
        rows = tuple(dict(platform.row("appointments", key)) for key in keys if sent.kind in LEAD_OF_KIND)
        records = (platform.row("vaccination_records", key) for key in keys if sent.kind == "vaccination_expiring")
        pets = [pet for row in rows for pet in platform.pets(row["id"])]
        pets += [platform.row("pets", record["pet_id"]) for record in records]
        owners = {notification["owner_id"], *(row["owner_id"] for row in rows), *(pet["owner_id"] for pet in pets)}
        there = platform.row("tenants", notification["tenant_id"])
        return cls(
            sent,
            body,
            notification["useful_until"],
            house_of(there),
            there["business_name"],
            rows,
            tuple(dict(platform.row("owners", owner)) for owner in owners),
            tuple(pet["name"] for pet in pets if pet["is_deceased"] and pet["name"]),
        )

    def objections(self, e164: dict[str, str]) -> list[str]:
        """Say what is wrong with this SMS."""
        house, body = self.house, self.body
        starts = {row["id"]: row["scheduled_start"] for row in self.appointments}
        wrongs = {
            "in quiet hours": house.quiet.holds(self.sent.at),
            "for a tenant that must not text": not house.is_active or house.is_broken or not house.may_text,
            "too late to be useful": self.useful_until <= self.sent.at,
            "about nothing": not self.sent.members,
            "about a start that is no more": any(starts.get(key, start) != start for key, start in self.sent.members),
            "about an appointment that is off or over": not all(is_open(row) for row in self.appointments),
            "to another tenant's owner": any(owner["tenant_id"] != house.tenant for owner in self.owners),
            "to a wrong number": {e164.get(owner["phone"] or "") for owner in self.owners} != {self.sent.to},
            "to an owner who must not be texted": not all(may_be_texted(owner) for owner in self.owners),
            "without the name of the business": self.business_name not in body,
            "naming a dead pet": not set(self.dead_pets).isdisjoint(re.findall(r"\w+", body)),
        }
        return [wrong for wrong, is_so in wrongs.items() if is_so]


@dataclass(frozen=True, slots=True)
class Promise:
    """A reminder that nothing stands in the way of: it leaves on time, or rides along with an earlier one."""

    kind: str
    member: Member
    lead_at: datetime
    may_ride_along: bool

    def is_kept(self, about: Sequence[Sent]) -> bool:
        """Whether of all texts about it there is one, and it left when it should."""
        if len(about) != 1:
            return False
        late = about[0].at - self.lead_at
        return -ON_TIME <= late <= ON_TIME or (self.may_ride_along and late < -ON_TIME)


def promises(world: World) -> Iterator[Promise]:
    """Yield the reminders whose lead is not in quiet hours, whose run took place, and which nothing touched lately.

    What was over once may have been marked as missed since: no promise is made of it.
    """
    platform, ended = Platform(), set[Hashable]()
    for changes, run in world.timeline():
        for change in changes:
            platform.apply(change)
        ended |= {row["id"] for row in platform.rows("appointments") if row["scheduled_end"] <= run.now}
        if run.job not in LEADS:
            continue
        lead = LEADS[run.job]
        for row in platform.rows("appointments"):
            at_lead = row["scheduled_start"] - lead.lead
            if (
                row["id"] in ended
                or not -ON_TIME < at_lead - run.now <= ON_TIME
                or not is_open(row)
                or row["created_at"] > at_lead
            ):
                continue
            house = house_of(platform.row("tenants", row["tenant_id"]))
            if _nothing_stands_in_the_way(world, platform, house, lead.setting, row, run.now, at_lead):
                company = run.job == "AppointmentReminders24h" and _has_company(platform, row, run.now)
                yield Promise(lead.kind, (row["id"], row["scheduled_start"]), at_lead, company)


def _has_company(platform: Platform, row: Row, now: datetime) -> bool:
    """Whether the owner has, or had lately, another appointment near this one."""
    return any(
        other is not row
        and other["owner_id"] == row["owner_id"]
        and (
            platform.touched_at[other["id"]] > now - DAY or abs(other["scheduled_start"] - row["scheduled_start"]) < DAY
        )
        for other in platform.rows("appointments")
    )


def _nothing_stands_in_the_way(
    world: World, platform: Platform, house: House, setting: str, row: Row, now: datetime, at_lead: datetime
) -> bool:
    owner, pets = platform.row("owners", row["owner_id"]), platform.pets(row["id"])
    keys = (house.tenant, owner["id"], row["id"], *platform.pets_of[row["id"]])
    return (
        house.is_active
        and not house.is_broken
        and house.may_text
        and setting not in house.switched_off
        and not house.quiet.holds(at_lead)
        and not house.quiet.holds(now)
        and max(platform.touched_at[key] for key in keys) < now - HOUR
        and {other["tenant_id"] for other in (owner, *platform.linked_pets(row["id"]))} == {house.tenant}
        and (not row["service_id"] or platform.row("services", row["service_id"])["tenant_id"] == house.tenant)
        and may_be_texted(owner)
        and owner["phone"] in world.e164
        and not (pets and all(pet["is_deceased"] for pet in pets))
    )


def may_be_texted(owner: Row) -> bool:
    return owner["sms_opted_in"] and owner["is_active"] and not owner["deleted_at"]
