"""Which vaccination alerts must be planned, and what statuses records and pets must have, record by record."""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from .books import LOOK_BACK, Books, Member, Moment, Subject, Text, is_gone
from .house import House
from .local_time import day_begins, quiet_end
from .platform import Platform, Row

KIND: Final = "vaccination_expiring"
NEVER: Final = date.min


def monitor(moment: Moment) -> None:
    records = records_by_pet(moment.books.platform)
    for house in moment.served:
        owners: defaultdict[Hashable, list[Due]] = defaultdict(list)
        for pet, rows in records.items():
            if moment.books.platform.row("pets", pet)["tenant_id"] == house.tenant:
                owner = moment.books.platform.row("pets", pet)["owner_id"]
                owners[owner] += due_of_pet(moment, house, rows)
                keep_statuses(moment, house, pet, rows)
        for owner, due in owners.items():
            plan_text(moment, house, owner, due)
    write_down_statuses(moment)


@dataclass(frozen=True, slots=True)
class Due:
    """One member of a text to be."""

    member: Member
    useful_until: datetime


def plan_text(moment: Moment, house: House, owner: Hashable, due: list[Due]) -> None:
    if due:
        not_before, until = quiet_end(house.quiet, moment.now), min(each.useful_until for each in due)
        members = [each.member for each in due]
        moment.books.notify(Text(KIND, house.tenant, owner, not_before, until, members))


def due_of_pet(moment: Moment, house: House, rows: list[Row]) -> Iterator[Due]:
    """Yield what the owner is to be told, and decide about the rest."""
    for row in rows:
        tier = tier_in_force(house, row, house.day_of(moment.now))
        if tier is not None and is_worth_a_text(moment, house, row, tier):
            subject = subject_of(row, tier)
            until = useful_until(house, row, tier)
            if not moment.books.is_final(subject) and quiet_end(house.quiet, moment.now) < until:
                reason = why_not(moment.books, row)
                if reason is None:
                    yield Due(subject[1:], until)
                elif moment.books.reason_of(subject) != reason:
                    moment.books.decide(subject, "skipped", reason)
        if moment.job in moment.books.switch_on:
            record_late(moment, house, row)


def tier_in_force(house: House, row: Row, today: date) -> int | None:
    left = (row["expiry_date"] - today).days
    return min((tier for tier in house.tiers if tier >= left), default=None) if left >= 0 else None


def is_worth_a_text(moment: Moment, house: House, row: Row, tier: int) -> bool:
    """Whether the tier began in our time and in the record's, or is the last chance."""
    began = row["expiry_date"] - timedelta(days=tier)
    first = max(house.day_of(moment.switch_on), house.day_of(row["created_at"]))
    return began >= first or tier == house.tiers[-1]


def useful_until(house: House, row: Row, tier: int) -> datetime:
    next_tier = max((other for other in house.tiers if other < tier), default=-1)
    return day_begins(house.quiet.zone, row["expiry_date"] - timedelta(days=next_tier))


def record_late(moment: Moment, house: House, row: Row) -> None:
    """Record what could not be sent in time, unless the record came too late for it itself."""
    since = max(moment.now - LOOK_BACK, moment.switch_on)
    for tier in house.tiers:
        began = row["expiry_date"] - timedelta(days=tier)
        if (
            house.day_of(row["created_at"]) <= began
            and since < useful_until(house, row, tier) <= moment.now
            and subject_of(row, tier) not in moment.books.prediction.verdicts
            and is_worth_a_text(moment, house, row, tier)
            and why_never(moment.books, row) is None
        ):
            moment.books.decide(subject_of(row, tier), "expired", "too_late")


def why_not(books: Books, row: Row) -> str | None:
    """Return why the owner is not to be told, the first reason in the order in which they are checked."""
    owner = books.platform.row("owners", books.platform.row("pets", row["pet_id"])["owner_id"])
    return why_never(books, row) or books.why_not_to_be_texted(owner)


def why_never(books: Books, row: Row) -> str | None:
    """Return why an alert would not be right even for an owner who takes texts."""
    pet = books.platform.row("pets", row["pet_id"])
    if is_gone(books.platform.row("owners", pet["owner_id"])):
        return "owner_inactive"
    if pet["is_deceased"]:
        return "pet_deceased"
    if is_gone(pet):
        return "pet_inactive"
    rows = books.platform.children("vaccination_records", pet["id"])
    return None if counts(row, list(filter(is_counted, rows))) else "superseded"


def why_no_more(books: Books, _house: House, _kind: str, member: Member) -> str | None:
    """Return why a planned member is no longer right, the first reason in the order in which they are checked."""
    key, occurrence = member
    row = books.platform.row("vaccination_records", key)
    if row["deleted_at"] is not None:
        return "record_deleted"
    expiry, _, _ = str(occurrence).partition(":")
    if row["expiry_date"] != date.fromisoformat(expiry):
        return "expiry_changed"
    return why_not(books, row)


def subject_of(row: Row, tier: int) -> Subject:
    return KIND, row["id"], f"{row['expiry_date'].isoformat()}:{tier}"


# Which records count


def records_by_pet(platform: Platform) -> dict[Hashable, list[Row]]:
    """Return the records of each pet that have an expiry and are not deleted, none of another tenant's pet."""
    records: dict[Hashable, list[Row]] = {pet["id"]: [] for pet in platform.rows("pets")}
    for row in platform.rows("vaccination_records"):
        if is_counted(row) and platform.row("pets", row["pet_id"])["tenant_id"] == row["tenant_id"]:
            records[row["pet_id"]].append(row)
    return records


def is_counted(row: Row) -> bool:
    return row["deleted_at"] is None and row["expiry_date"] is not None


def counts(row: Row, rows: list[Row]) -> bool:
    """Whether none of the pet's records takes this one's place."""
    return not any(
        age_of(other) > age_of(row) and other["tenant_id"] == row["tenant_id"] and covers(other, row) for other in rows
    )


def covers(newer: Row, older: Row) -> bool:
    if newer["type"] == older["type"] == "other":
        return name_of(newer) == name_of(older)
    return newer["type"] == older["type"] or (newer["type"] == "dhpp" and older["type"] in ("distemper", "parvo"))


def name_of(row: Row) -> str:
    return " ".join((row["name"] or "").casefold().split())


def age_of(row: Row) -> tuple[date, date, datetime, int]:
    """Return what sorts records from the oldest to the newest."""
    return row["administered_date"] or NEVER, row["expiry_date"], row["created_at"].astimezone(UTC), row["id"].int


# Statuses


def keep_statuses(moment: Moment, house: House, key: Hashable, rows: list[Row]) -> None:
    """Give a pet the status and the date of that of its counting records which expires first. A deleted one is left."""
    pet = moment.books.platform.row("pets", key)
    if pet["deleted_at"] is not None:
        return
    first = min((row["expiry_date"] for row in rows if counts(row, rows)), default=None)
    pet["vaccination_status"] = status_of(house, first, house.day_of(moment.now))
    pet["vaccination_expires_at"] = first


def status_of(house: House, expiry: date | None, today: date) -> str:
    if expiry is None:
        return "unknown"
    if expiry < today:
        return "expired"
    return "expiring_soon" if expiry <= today + timedelta(days=house.tiers[0]) else "current"


def write_down_statuses(moment: Moment) -> None:
    """Give each record its status, whosever pet it names: it follows from its own date and its tenant's today."""
    platform = moment.books.platform
    for row in platform.rows("vaccination_records"):
        house = moment.houses[row["tenant_id"]]
        if house.is_served and row["deleted_at"] is None:
            row["status"] = status_of(house, row["expiry_date"], house.day_of(moment.now))
    statuses = moment.books.prediction.vaccinations[moment.now] = {}
    for row in platform.rows("vaccination_records"):
        statuses[row["id"]] = row["status"], None
    for pet in platform.rows("pets"):
        statuses[pet["id"]] = pet["vaccination_status"], pet["vaccination_expires_at"]
