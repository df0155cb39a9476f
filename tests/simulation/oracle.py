"""What must follow from a script, read from the rules and worked out run by run, appointment by appointment.

It shares no code with the application. Later jobs join in `Oracle.run`.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from .house import House, house_of
from .local_time import MINUTE, Quiet, quiet_begin, quiet_end
from .platform import Platform, Row
from .world import DAY, HOUR, World

HALF_A_PERIOD: Final = timedelta(minutes=30)
LEAST_NOTICE: Final = timedelta(hours=1)
LOOK_BACK: Final = timedelta(days=2)

Subject = tuple[str, Hashable, datetime]
"""A kind of reminder, an appointment and its start: what at most one decision is taken about."""

Member = tuple[Hashable, datetime]
"""An appointment and the start it is reminded of."""


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


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """One SMS that left: at which run, to which number, about what."""

    kind: str
    at: datetime
    to: str
    members: frozenset[Member]


@dataclass(slots=True)
class Text:
    """One SMS that is to leave."""

    kind: str
    tenant: Hashable
    not_before: datetime
    useful_until: datetime
    members: list[Member]
    status: str = "planned"


@dataclass(slots=True)
class Prediction:
    """All decisions as they stand at the end, every SMS that left, and how many of its kind each run sent.

    `working`: the tenants each run could go through; `broken`: those it had to leave out.
    """

    verdicts: dict[Subject, Verdict] = field(default_factory=dict)
    sent: Counter[Sent] = field(default_factory=Counter)
    sent_by_run: Counter[datetime] = field(default_factory=Counter)
    working: dict[datetime, frozenset[str]] = field(default_factory=dict)
    broken: dict[datetime, frozenset[str]] = field(default_factory=dict)


def predict(world: World) -> Prediction:
    """Replay the script and return all that must come of it."""
    oracle = Oracle(world.e164)
    for changes, run in world.timeline():
        for change in changes:
            oracle.platform.apply(change)
        oracle.run(run.job, run.now)
    return oracle.prediction


@dataclass(slots=True)
class Oracle:
    """Knows the platform at one instant, all decisions taken so far, and all texts that wait."""

    e164: dict[str, str]
    platform: Platform = field(default_factory=Platform)
    prediction: Prediction = field(default_factory=Prediction)
    waiting: list[Text] = field(default_factory=list)
    switch_on: dict[str, datetime] = field(default_factory=dict)
    foreign: dict[Hashable, bool] = field(default_factory=dict)

    def run(self, job: str, now: datetime) -> None:
        lead = LEADS[job]
        houses = {tenant["id"]: house_of(tenant) for tenant in self.platform.rows("tenants")}
        nearby = defaultdict(list)
        for row in self.platform.rows("appointments"):
            if now - 3 * DAY < row["scheduled_start"] < now + 3 * DAY and not self.is_foreign(row):
                nearby[row["tenant_id"]].append(row)
        working = [house for house in houses.values() if house.is_active and not house.is_broken]
        for house in working:
            self.plan(lead, house, nearby[house.tenant], now)
            if job in self.switch_on:
                since = max(self.switch_on[job], now - LOOK_BACK)
                self.record_late(lead, house, nearby[house.tenant], since, now)
        for text in self.waiting:
            if not houses[text.tenant].is_broken:
                self.deliver(text, houses[text.tenant], now, lead)
        self.waiting = [text for text in self.waiting if text.status == "planned"]
        self.switch_on.setdefault(job, now)
        self.prediction.working[now] = frozenset(house.subdomain for house in working)
        broken = (house.subdomain for house in houses.values() if house.is_active and house.is_broken)
        self.prediction.broken[now] = frozenset(broken)

    # -- planning

    def plan(self, lead: Lead, house: House, rows: list[Row], now: datetime) -> None:
        open_rows = [row for row in rows if is_open(row) and not self.is_final(lead, row)]
        visits: defaultdict[object, list[tuple[Row, datetime]]] = defaultdict(list)
        for row in open_rows:
            leaves_at = leaves(lead, house, row, now)
            if leaves_at is None:
                continue
            reason = self.why_not(lead, house, row)
            if reason is None:
                visits[visit_of(house, row)].append((row, leaves_at))
            else:
                self.decide(lead, row, Verdict("skipped", reason))
        for visit, due in visits.items():
            not_before = min(leaves_at for _, leaves_at in due)
            members = [row for row, _ in due]
            if lead.kind == "reminder_24h":
                members += [
                    row
                    for row in open_rows
                    if row not in members
                    and visit_of(house, row) == visit
                    and self.why_not(lead, house, row) is None
                    and not_before < useful_until(lead, row)
                ]
            self.plan_text(lead, house, members, not_before)

    def plan_text(self, lead: Lead, house: House, rows: list[Row], not_before: datetime) -> None:
        members = [(row["id"], row["scheduled_start"]) for row in rows]
        until = min(useful_until(lead, row) for row in rows)
        self.waiting.append(Text(lead.kind, house.tenant, not_before, until, members))
        for row in rows:
            self.decide(lead, row, Verdict("notify"))

    def record_late(self, lead: Lead, house: House, rows: list[Row], since: datetime, now: datetime) -> None:
        if lead.setting in house.switched_off:
            return
        for row in rows:
            if (
                row["status"] != "cancelled"
                and row["deleted_at"] is None
                and since < useful_until(lead, row) <= now
                and row["created_at"] <= due_at(lead, house, row["scheduled_start"])
                and subject(lead, row) not in self.prediction.verdicts
            ):
                self.decide(lead, row, Verdict("expired", "too_late"))

    def why_not(self, lead: Lead, house: House, row: Row) -> str | None:
        """Return why the owner is not to be reminded, the first reason in the order in which they are checked."""
        if lead.setting in house.switched_off:
            return "kind_disabled"
        if row["created_at"] > due_at(lead, house, row["scheduled_start"]):
            return "booked_inside_window"
        return self.why_not_to_be_texted(row)

    def why_not_to_be_texted(self, row: Row) -> str | None:
        owner = self.platform.row("owners", row["owner_id"])
        if not owner["is_active"] or owner["deleted_at"] is not None:
            return "owner_inactive"
        pets = self.platform.pets(row["id"])
        if pets and all(pet["is_deceased"] for pet in pets):
            return "pet_deceased"
        if not owner["sms_opted_in"]:
            return "opted_out"
        if not owner["phone"]:
            return "no_phone"
        return None if owner["phone"] in self.e164 else "invalid_phone"

    # -- delivery

    def deliver(self, text: Text, house: House, now: datetime, lead: Lead) -> None:
        if text.useful_until <= now:
            self.expire(text)
        elif text.not_before <= now and house.may_text:
            self.reread(text, house)
            if not text.members:
                text.status = "cancelled"
            elif house.quiet.holds(now):
                text.not_before = quiet_end(house.quiet, now)
                if text.not_before >= text.useful_until:
                    self.expire(text)
            else:
                self.send(text, now, lead)

    def expire(self, text: Text) -> None:
        text.status = "expired"
        for appointment, start in text.members:
            self.prediction.verdicts[text.kind, appointment, start] = Verdict("expired", "too_late")

    def reread(self, text: Text, house: House) -> None:
        for member in list(text.members):
            reason = self.why_no_more(text, house, member)
            if reason is not None:
                text.members.remove(member)
                self.prediction.verdicts[text.kind, *member] = Verdict("cancelled", reason)

    def why_no_more(self, text: Text, house: House, member: Member) -> str | None:
        """Return why a planned member is no longer right, the first reason in the order in which they are checked."""
        appointment, start = member
        row = self.platform.row("appointments", appointment)
        gone = {
            "cancelled": "appointment_cancelled",
            "in_progress": "appointment_started",
            "completed": "appointment_completed",
            "no_show": "appointment_missed",
        }
        if not house.is_active:
            return "tenant_inactive"
        if row["deleted_at"] is not None:
            return "appointment_deleted"
        if row["status"] in gone:
            return gone[row["status"]]
        if row["scheduled_start"] != start:
            return "rescheduled"
        if LEAD_OF_KIND[text.kind].setting in house.switched_off:
            return "kind_disabled"
        return self.why_not_to_be_texted(row)

    def send(self, text: Text, now: datetime, lead: Lead) -> None:
        text.status = "sent"
        row = self.platform.row("appointments", text.members[0][0])
        to = self.e164[self.platform.row("owners", row["owner_id"])["phone"]]
        self.prediction.sent[Sent(text.kind, now, to, frozenset(text.members))] += 1
        if text.kind == lead.kind:
            self.prediction.sent_by_run[now] += 1

    # -- decisions and rows

    def decide(self, lead: Lead, row: Row, verdict: Verdict) -> None:
        self.prediction.verdicts[subject(lead, row)] = verdict

    def is_final(self, lead: Lead, row: Row) -> bool:
        verdict = self.prediction.verdicts.get(subject(lead, row))
        return verdict is not None and verdict.outcome in ("notify", "expired")

    def is_foreign(self, row: Row) -> bool:
        """Whether the appointment refers to another tenant's owner, service or pet. The script never changes that."""
        if row["id"] not in self.foreign:
            self.foreign[row["id"]] = self.refers_elsewhere(row)
        return self.foreign[row["id"]]

    def refers_elsewhere(self, row: Row) -> bool:
        there = [self.platform.row("owners", row["owner_id"]), *self.platform.pets(row["id"])]
        if row["service_id"] is not None:
            there.append(self.platform.row("services", row["service_id"]))
        return any(other["tenant_id"] != row["tenant_id"] for other in there)


def is_open(row: Row) -> bool:
    return row["status"] in ("pending", "confirmed") and row["deleted_at"] is None


def subject(lead: Lead, row: Row) -> Subject:
    return lead.kind, row["id"], row["scheduled_start"]


def useful_until(lead: Lead, row: Row) -> datetime:
    start: datetime = row["scheduled_start"]
    return start - lead.deadline


def visit_of(house: House, row: Row) -> object:
    return row["owner_id"], row["scheduled_start"].astimezone(house.quiet.zone).date()


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


def last_evening_chance(quiet: Quiet, lead_at: datetime) -> datetime | None:
    """Return half an hour before a lead that quiet hours follow in less than half an hour; None if they do not.

    Taken later it could only leave the next morning, though it is due in the evening.
    """
    follows = any(quiet.holds(lead_at + minutes * MINUTE) for minutes in range(1, 30))
    return lead_at - HALF_A_PERIOD if follows and not quiet.holds(lead_at) else None
