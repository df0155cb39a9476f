"""A business in which every job, delivery and collection has something to do at NOON, with a row in every table."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection

from shared.database import tables
from shared.domain.records import lasting_id, visit_id
from shared.gateways.sms import Receipt, Sms
from tests import rows
from tests.doubles import RecordingSms
from tests.rows import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = date(2026, 3, 3)


@dataclass(slots=True)
class Business:
    """The rows of one tenant by the part they play. `name`: stands in every text and name of it; `area`: of phones."""

    connection: Connection
    name: str
    area: str
    attempt: int = 1
    ids: dict[str, UUID] = field(default_factory=dict)

    @property
    def tenant(self) -> UUID:
        return self.ids["tenant"]

    def owner(self, part: str, number: int, **columns: Any) -> UUID:
        """An owner with a pet, a phone of their own and a saved card."""
        ours = {"first_name": f"{self.name} {part}", "phone": f"+1{self.area}555{number:04d}"}
        card = {"stripe_customer_id": f"cus_{self.name}_{part}", "has_payment_method": True}
        owner = self.ids[part] = rows.owner(self.connection, self.tenant, **ours | card | columns)
        self.ids[f"{part}'s pet"] = rows.pet(self.connection, self.tenant, owner, name=f"{self.name} dog")
        return owner

    def appointment(self, part: str, owner: str, starts_at: datetime, **columns: Any) -> UUID:
        ours = {"owner_id": self.ids[owner], "pets": [self.ids[f"{owner}'s pet"]], "service_id": self.ids["service"]}
        made = self.ids[part] = rows.appointment(self.connection, self.tenant, starts_at, **ours | columns)
        return made

    def decision(self, kind: str, subject: UUID, occurrence: str, **columns: Any) -> None:
        row = {
            "ledger_key": f"{kind}:{subject}:{occurrence}",
            "tenant_id": self.tenant,
            "kind": kind,
            "subject_type": "appointment",
            "subject_id": subject,
            "occurrence": occurrence,
            "outcome": "notify",
            "run_id": uuid4(),
            "decided_at": NOON - DAY,
        }
        self.connection.execute(tables.decisions.insert(), row | columns)

    def text(self, part: str, owner: str, kind: str, **columns: Any) -> UUID:
        """A notification that could leave now."""
        ordinary = {"not_before": NOON - HOUR, "useful_until": NOON + 5 * HOUR, "priority": 1, "run_id": uuid4()}
        ours = {"tenant_id": self.tenant, "owner_id": self.ids[owner], "kind": kind}
        made = self.ids[part] = rows.insert(self.connection, tables.notifications, **ordinary | ours | columns)
        return made

    def reminded(self, part: str, owner: str, starts_at: datetime, **columns: Any) -> UUID:
        """A 24-hour reminder of a new appointment."""
        subject = self.appointment(f"{part}'s appointment", owner, starts_at)
        made = self.text(part, owner, "reminder_24h", **columns)
        occurrence = f"{starts_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        self.decision("reminder_24h", subject, occurrence, occurs_at=starts_at, notification_id=made)
        return made

    def fee(self, part: str, days_ago: int, *, appointment: str = "no_show", **columns: Any) -> UUID:
        """A marked visit's fee, and all that belongs to it. `event`, `notice`: columns of these."""
        event, notice = columns.pop("event", {}), columns.pop("notice", {})
        starts_at, on = NOON - days_ago * DAY, TODAY - days_ago * DAY
        owner = self.owner(part, 100 + days_ago, no_show_count=1, reputation_score=80)
        its = self.appointment(f"{part}'s appointment", part, starts_at, status=appointment)
        visit = self.ids[f"{part}'s fee"] = visit_id(self.tenant, owner, on)
        occurrence = f"{starts_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        self.decision("no_show", its, occurrence, occurs_at=starts_at)
        self.decision("no_show_notice", visit, on.isoformat(), **{"subject_type": "visit"} | notice)
        self.event(f"{part}'s opening", owner, "opening", 100, owner, NOON - 90 * DAY)
        self.event(f"{part}'s event", owner, "no_show", -20, visit, starts_at, **event)
        ordinary = {"type": "no_show_fee", "amount": 2500, "currency": "USD", "visit_on": on, "due_at": NOON - HOUR}
        marked = {"created_at": starts_at + 18 * HOUR, "next_attempt_at": NOON - HOUR}
        ours = {"id": visit, "tenant_id": self.tenant, "owner_id": owner, "appointment_id": its}
        rows.insert(self.connection, tables.payments, **ordinary | marked | ours | columns)
        return visit

    def event(
        self, part: str, owner: UUID, kind: str, points: int, subject: UUID, at: datetime, **columns: Any
    ) -> None:
        key = f"{kind}:{subject}"
        ours = {"id": lasting_id(key), "tenant_id": self.tenant, "owner_id": owner, "ledger_key": key}
        what = {"kind": kind, "points": points, "subject_id": subject, "occurred_at": at}
        self.ids[part] = rows.insert(self.connection, tables.reputation_events, **ours | what | columns)


def planted(connection: Connection, name: str, area: str, attempt: int = 1) -> Business:
    """Open a business. `attempt`: the number of the attempt that nobody recorded."""
    with rows.all_at_once(connection) as draft:
        made = Business(draft, name, area, attempt)
        ours = {"business_name": f"{name} Grooming", "phone": f"+1{area}5550000", "address_line1": f"1 {name} St"}
        made.ids["tenant"] = rows.tenant(draft, name.lower(), **ours)
        made.ids["service"] = rows.insert(draft, tables.services, tenant_id=made.tenant, name=f"{name} cut", price=8000)
        _reminders(made)
        _past(made)
        _vaccinations(made)
        _fees(made)
        _outbox(made)
    return made


def _reminders(made: Business) -> None:
    made.owner("comes tomorrow", 1)
    made.appointment("tomorrow", "comes tomorrow", NOON + DAY + HOUR / 6)
    made.owner("comes soon", 2)
    made.appointment("soon", "comes soon", NOON + 2 * HOUR + HOUR / 6)


def _past(made: Business) -> None:
    made.owner("did not come", 3)
    made.appointment("missed", "did not come", NOON - 3 * HOUR)
    made.owner("came", 4, reputation_score=90)
    made.appointment("kept", "came", NOON - 30 * HOUR, status="completed", arrived_at=NOON - 30 * HOUR)
    made.owner("cancels", 5)
    late = {"cancelled_at": NOON - 29 * HOUR, "cancelled_by": "owner"}
    made.appointment("cancelled late", "cancels", NOON - 28 * HOUR, status="cancelled", **late)
    made.owner("was marked", 6)
    made.appointment("marked by staff", "was marked", NOON - 27 * HOUR, status="no_show")
    made.owner("mends", 7, reputation_score=60, last_reputation_update=NOON - 100 * DAY)


def _vaccinations(made: Business) -> None:
    made.owner("vaccinates", 8)
    pet = made.ids["vaccinates's pet"]
    made.ids["shot"] = rows.vaccination(made.connection, made.tenant, pet, TODAY + 6 * DAY)
    old = {"type": "parvo", "administered_date": TODAY - 400 * DAY}
    made.ids["old shot"] = rows.vaccination(made.connection, made.tenant, pet, TODAY - 20 * DAY, **old)


def _fees(made: Business) -> None:
    untold = {"outcome": "skipped", "reason": "no_phone"}
    made.fee("owes", 2, notice=untold)
    lapsed = {"status": "processing", "claimed_by": "gone", "claimed_until": NOON - HOUR, "next_attempt_at": None}
    fee = made.fee("may have paid", 3, attempts=made.attempt, stripe_payment_intent_id=f"pi_{made.name}", **lapsed)
    _attempt(made, fee)
    made.fee("came after all", 4, appointment="completed", next_attempt_at=NOON + 9 * DAY)
    reversed_ = {"reversed_at": NOON - DAY, "reversed_reason": "no_show_corrected"}
    made.fee("was forgiven", 5, appointment="completed", event=reversed_, next_attempt_at=NOON + 9 * DAY)
    paid = made.fee("paid", 6, status="succeeded", next_attempt_at=None, succeeded_at=NOON - DAY)
    made.decision("fee_receipt", paid, (TODAY - 6 * DAY).isoformat(), subject_type="visit", **untold)
    by_hand = {"action": "charge", "who": made.name, "why": made.name}
    made.ids["action"] = rows.insert(made.connection, tables.fee_actions, payment_id=paid, **by_hand)


def _attempt(made: Business, fee: UUID) -> None:
    asked = {
        "key": str(fee),
        "customer": f"cus_{made.name}_may have paid",
        "amount": 2500,
        "currency": "USD",
        "description": f"{made.name} fee",
        "account": None,
        "metadata": {},
    }
    key = {"payment_id": fee, "attempt": made.attempt, "idempotency_key": f"{fee}-{made.attempt}"}
    row = key | {"parameters": asked, "started_at": NOON - 2 * HOUR}
    made.connection.execute(tables.payment_attempts.insert(), row)


def _outbox(made: Business) -> None:
    made.owner("waits", 9)
    made.reminded("waiting", "waits", NOON + 20 * HOUR)
    made.owner("may have it", 10)
    handed = {"to_phone": f"+1{made.area}5550010", "body": f"{made.name} reminds", "segments": 1, "attempts": 1}
    claim = {"claimed_by": "gone", "claimed_until": NOON - HOUR, "attempted_at": NOON - 2 * HOUR}
    made.reminded("lapsed", "may have it", NOON + 21 * HOUR, status="sending", **handed | claim)
    made.owner("says stop", 11)
    sent = handed | {"to_phone": f"+1{made.area}5550011", "status": "sent", "sent_at": NOON - 2 * HOUR}
    made.reminded("sent", "says stop", NOON + 22 * HOUR, provider_message_id=f"SM-{made.name}", **sent)
    useless = {"useful_until": NOON - HOUR / 2}
    made.owner("was too late", 12)
    made.reminded("useless", "was too late", NOON + HOUR / 2, **useless)
    block = {"tenant_id": made.tenant, "phone_hash": made.name.ljust(64, "0"), "reason": "dead_number"}
    made.connection.execute(tables.phone_blocks.insert(), block | {"created_at": NOON - DAY})
    pause = {"tenant_id": made.tenant, "until": NOON - HOUR, "created_at": NOON - DAY}
    made.connection.execute(tables.pauses.insert(), pause)


def booked(made: Business, sms: RecordingSms) -> None:
    """Let the provider's log hold what the business sent: that its recipient had said STOP."""
    for part, number, told in (
        ("lapsed", 10, {"receipt": Receipt.UNDER_WAY}),
        ("sent", 11, {"receipt": Receipt.UNDELIVERED, "code": "21610", "is_opt_out": True}),
    ):
        id_ = f"SM-{made.name}" if part == "sent" else f"SM-{made.name}-found"
        message = Sms(made.ids[part], f"+1{made.area}555{number:04d}", f"{made.name} reminds", 60)
        sms.took(message, id_, NOON - 2 * HOUR, **told)
