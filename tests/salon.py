"""A salon with clients who do not come, for the tests of detection and collection."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from shared.application import Application
from shared.database import tables
from shared.fees import staff_actions
from shared.fees.staff_actions import Staff
from shared.runtime import run
from shared.stages import Stage, collection_by_hand
from tests import rows
from tests.doubles import Clock
from tests.rows import NOON
from tests.stages import do

JOB = "NoShowDetector"
HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
CARD = {"stripe_customer_id": "cus_1", "has_payment_method": True}


@dataclass(frozen=True, slots=True)
class Salon:
    """One tenant, and what the tests ask of it."""

    application: Application
    tenant_id: UUID

    @property
    def engine(self) -> Engine:
        return self.application.engine

    def owner(self, **columns: Any) -> UUID:
        """An owner with a saved card and a dog."""
        with self.engine.begin() as connection:
            owner = rows.owner(connection, self.tenant_id, **CARD | columns)
            rows.pet(connection, self.tenant_id, owner)
            return owner

    def missed(self, starts_at: datetime = NOON - 3 * HOUR, owner_id: UUID | None = None, **columns: Any) -> UUID:
        """A confirmed appointment that nobody came to."""
        with self.engine.begin() as connection:
            owner = owner_id or rows.owner(connection, self.tenant_id, **CARD)
            pets = [rows.pet(connection, self.tenant_id, owner)] if owner_id is None else None
            return rows.appointment(connection, self.tenant_id, starts_at, owner_id=owner, pets=pets, **columns)

    def owed(self, clock: Clock, many: int = 1, **owner: Any) -> UUID:
        """Let visits be missed, of a day on which more were kept, and a day go by; return the last one's appointment.

        `owner`: columns of each visit's owner, whom nobody has told yet.
        """
        self.kept(NOON - HOUR, 2 * many if many > 1 else 0)
        missed = [self.missed(owner_id=self.owner(**owner)) for _ in range(many)]
        self.detect()
        clock.pass_(days=1)
        return missed[-1]

    def told(self, clock: Clock, **owner: Any) -> UUID:
        """The same, of one visit whose owner was told of the fee by a text."""
        missed = self.missed(owner_id=self.owner(**owner))
        self.do(Stage.PLAN, Stage.DELIVER)
        clock.pass_(days=1)
        return missed

    def kept(self, starts_at: datetime, many: int = 1) -> None:
        """Appointments that were kept."""
        with self.engine.begin() as connection, rows.all_at_once(connection) as draft:
            for _ in range(many):
                rows.appointment(draft, self.tenant_id, starts_at, status="completed", arrived_at=starts_at)

    def set(self, appointment_id: UUID, **columns: Any) -> None:
        """Staff change an appointment."""
        rows.change(self.engine, tables.appointments, appointment_id, **columns)

    def run(self, **asked: Any) -> dict[str, Any]:
        return run(self.application, JOB, **asked)

    def do(self, *stages: Stage) -> dict[str, Any]:
        """Do only some stages of a run."""
        return do(self.application, JOB, *stages)

    def detect(self) -> dict[str, Any]:
        """Look for missed visits and for what staff put right, and nothing else; no run is noted."""
        return self.do(Stage.PLAN)

    def collect(self) -> dict[str, Any]:
        """Collect what is due, and nothing else."""
        return self.do(Stage.COLLECT)

    def charge(self) -> dict[str, Any]:
        """Collect what is due, and send what is to be said of it."""
        return self.do(Stage.COLLECT, Stage.DELIVER)

    def status(self, appointment_id: UUID) -> str:
        found = {each.id: each.status for each in rows.all_of(self.engine, tables.appointments)}
        return found[appointment_id]

    def owners(self) -> list[tuple[int, int]]:
        """Every owner's count of missed visits and score."""
        return [(each.no_show_count, each.reputation_score) for each in rows.all_of(self.engine, tables.owners)]

    def fees(self) -> list[Any]:
        """Every fee, by visit."""
        return sorted(rows.all_of(self.engine, tables.payments), key=lambda each: (each.visit_on, each.offence_number))

    def fee(self) -> Any:
        return rows.only(self.engine, tables.payments)

    def events(self) -> list[Any]:
        """The no-show events, by time."""
        found = rows.all_of(self.engine, tables.reputation_events)
        return sorted((each for each in found if each.kind == "no_show"), key=lambda each: each.occurred_at)

    def attempts(self) -> list[tuple[int, str | None, str | None]]:
        """Every attempt to collect a fee: number, outcome and code."""
        found = rows.all_of(self.engine, tables.payment_attempts)
        return [(each.attempt, each.outcome, each.code) for each in found]

    def charge_by_staff(self, fee_id: UUID) -> str:
        """Let staff charge a fee; return the only fee's status after it."""
        staff_actions.charge(collection_by_hand(self.application), fee_id, Staff("Maria", "she agreed"))
        status: str = self.fee().status
        return status

    def decided(self, kind: str) -> list[tuple[str, str | None]]:
        found = rows.all_of(self.engine, tables.decisions)
        return [(each.outcome, each.reason) for each in found if each.kind == kind]


def salon(application: Application, **columns: Any) -> Salon:
    """A groomer in New York, unless said otherwise."""
    with application.engine.begin() as connection:
        return Salon(application, rows.tenant(connection, **columns))
