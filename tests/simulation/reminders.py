"""Which reminders must be planned, worked out appointment by appointment."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from .books import LOOK_BACK, Books, Member, Moment, Subject, Text, is_gone, is_open
from .house import House
from .local_time import MINUTE, Quiet, quiet_begin, quiet_end
from .platform import Row
from .world import HOUR

HALF_A_PERIOD: Final = timedelta(minutes=30)
LEAST_NOTICE: Final = timedelta(hours=1)
GONE: Final = {
    "cancelled": "appointment_cancelled",
    "in_progress": "appointment_started",
    "completed": "appointment_completed",
    "no_show": "appointment_missed",
}


@dataclass(frozen=True, slots=True, eq=False)
class Lead:
    """A kind of reminder: how long before the start it is due, and until when it is useful."""

    kind: str
    setting: str
    lead: timedelta
    deadline: timedelta
    least_notice: timedelta


LEADS: Final = {
    "AppointmentReminders24h": Lead("reminder_24h", "24h", 24 * HOUR, 3 * HOUR, 3 * HOUR),
    "AppointmentReminders2h": Lead("reminder_2h", "2h", 2 * HOUR, timedelta(minutes=15), LEAST_NOTICE),
}
LEAD_OF_KIND: Final = {lead.kind: lead for lead in LEADS.values()}


def remind(moment: Moment) -> None:
    nearby = moment.near()
    for house in moment.served:
        Desk(moment, LEADS[moment.job], house).work(nearby.get(house.tenant, ()))


@dataclass(frozen=True, slots=True)
class Desk:
    """One run's work for one tenant and kind of reminder."""

    moment: Moment
    lead: Lead
    house: House

    def work(self, rows: Sequence[Row]) -> None:
        self.plan(rows)
        if self.moment.job in self.moment.books.switch_on:
            self.record_late(rows)

    def plan(self, rows: Sequence[Row]) -> None:
        books, lead, house = self.moment.books, self.lead, self.house
        open_rows = [row for row in rows if is_open(row) and not books.is_final(subject(lead, row))]
        visits: defaultdict[object, list[tuple[Row, datetime]]] = defaultdict(list)
        for row in open_rows:
            leaves_at = leaves(lead, house, row, self.moment.now)
            reason = self.why_not(row)
            if reason == "booked_inside_window" and self.moment.now < useful_until(lead, row):
                books.decide(subject(lead, row), "skipped", reason)
            if leaves_at is None:
                continue
            if reason is None:
                visits[visit_of(house, row)].append((row, leaves_at))
            else:
                books.decide(subject(lead, row), "skipped", reason)
        for visit, due in visits.items():
            first_or_last = min if lead.kind == "reminder_24h" else max
            not_before = first_or_last(leaves_at for _, leaves_at in due)
            members = [row for row, _ in due]
            if lead.kind == "reminder_24h":
                members += [
                    row
                    for row in open_rows
                    if row not in members
                    and visit_of(house, row) == visit
                    and self.why_not(row) is None
                    and not_before < useful_until(lead, row)
                ]
            self.plan_text(members, not_before)

    def plan_text(self, rows: list[Row], not_before: datetime) -> None:
        members: list[Member] = [(row["id"], row["scheduled_start"]) for row in rows]
        until = min(useful_until(self.lead, row) for row in rows)
        owner = rows[0]["owner_id"]
        self.moment.books.notify(Text(self.lead.kind, self.house.tenant, owner, not_before, until, members))

    def record_late(self, rows: Sequence[Row]) -> None:
        lead, now = self.lead, self.moment.now
        since = max(self.moment.switch_on, now - LOOK_BACK)
        if lead.setting in self.house.switched_off:
            return
        for row in rows:
            if (
                row["status"] != "cancelled"
                and row["created_at"] < row["scheduled_start"]
                and row["deleted_at"] is None
                and since < useful_until(lead, row) <= now
                and subject(lead, row) not in self.moment.books.prediction.verdicts
            ):
                if row["created_at"] <= due_at(lead, self.house, row["scheduled_start"]):
                    self.moment.books.decide(subject(lead, row), "expired", "too_late")
                else:
                    self.moment.books.decide(subject(lead, row), "skipped", "booked_inside_window")

    def why_not(self, row: Row) -> str | None:
        """Return why the owner is not to be reminded, the first reason in the order in which they are checked."""
        if self.lead.setting in self.house.switched_off:
            return "kind_disabled"
        if row["created_at"] > due_at(self.lead, self.house, row["scheduled_start"]):
            return "booked_inside_window"
        return why_not_to_be_reminded(self.moment.books, row)


def why_no_more(books: Books, house: House, kind: str, member: Member) -> str | None:
    """Return why a planned member is no longer right, the first reason in the order in which they are checked."""
    appointment, start = member
    row = books.platform.row("appointments", appointment)
    if row["deleted_at"] is not None:
        return "appointment_deleted"
    if row["status"] in GONE:
        return GONE[row["status"]]
    if row["scheduled_start"] != start:
        return "rescheduled"
    if LEAD_OF_KIND[kind].setting in house.switched_off:
        return "kind_disabled"
    return why_not_to_be_reminded(books, row)


def why_not_to_be_reminded(books: Books, row: Row) -> str | None:
    owner = books.platform.row("owners", row["owner_id"])
    if is_gone(owner):
        return "owner_inactive"
    pets = books.platform.pets(row["id"])
    if pets and all(pet["is_deceased"] for pet in pets):
        return "pet_deceased"
    return books.why_not_to_be_texted(owner)


def subject(lead: Lead, row: Row) -> Subject:
    return lead.kind, row["id"], row["scheduled_start"]


def useful_until(lead: Lead, row: Row) -> datetime:
    start: datetime = row["scheduled_start"]
    return start - lead.deadline


def visit_of(house: House, row: Row) -> object:
    return row["owner_id"], house.day_of(row["scheduled_start"])


@cache
def due_at(lead: Lead, house: House, start: datetime) -> datetime:
    """Return when a reminder is due: at its lead, or shifted out of quiet hours."""
    at_lead = start - lead.lead
    if not house.quiet.holds(at_lead):
        return at_lead
    shifted = quiet_end(house.quiet, at_lead)
    if start - shifted >= lead.least_notice:
        return shifted
    return quiet_begin(house.quiet, at_lead) - timedelta(minutes=30)


def leaves(lead: Lead, house: House, row: Row, now: datetime) -> datetime | None:
    """Return when a reminder would leave if it were taken now; None if it is not due or would be useless then."""
    plain = row["scheduled_start"] - lead.lead
    due = due_at(lead, house, row["scheduled_start"])
    if due <= now + HALF_A_PERIOD:
        leaves_at = quiet_end(house.quiet, due if due != plain and due > now else now)
    elif due == plain and (early := last_evening_chance(house.quiet, plain)) and early <= now + HALF_A_PERIOD:
        leaves_at = max(now, early)
    else:
        return None
    return leaves_at if leaves_at < useful_until(lead, row) else None


@cache
def last_evening_chance(quiet: Quiet, lead_at: datetime) -> datetime | None:
    """Return half an hour before a lead that quiet hours follow in less than half an hour; None if they do not.

    Taken later it could only leave the next morning, though it is due in the evening.
    """
    follows = any(quiet.holds(lead_at + minutes * MINUTE) for minutes in range(1, 30))
    return lead_at - HALF_A_PERIOD if follows and not quiet.holds(lead_at) else None
