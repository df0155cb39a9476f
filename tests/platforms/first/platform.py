"""What its people do: migrate, and work with its models."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, MetaData, String, select
from sqlalchemy.orm import Session

from tests.platforms.first.models import (
    Appointment,
    AppointmentStatus,
    Base,
    Owner,
    Payment,
    PaymentMethod,
    PaymentStatus,
    PaymentType,
    Pet,
    Service,
    Tenant,
    TenantStatus,
    User,
    UserRole,
    VaccinationRecord,
    VaccinationType,
)
from tests.platforms.story import HOUR, LONG_AGO, PEOPLE, SHOTS, VISITS


def migrate(engine: Engine, to: str) -> None:
    """Run its own migrations."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["engine"] = engine
    command.upgrade(config, to)


def proposed(engine: Engine, at: str) -> list[Any]:
    """Return what its `alembic revision --autogenerate` would put into a migration after the migration `at`."""
    models = MetaData()
    for table in Base.metadata.sorted_tables:
        table.to_metadata(models)
    if at == "002":
        models.tables["pets"].append_column(Column("microchip", String(15), index=True))
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), models))


@contextmanager
def session(engine: Engine) -> Iterator[Session]:
    """A session of its application that commits in the end."""
    with Session(engine) as opened, opened.begin():
        yield opened


def read_everything(engine: Engine) -> None:
    """Load every row by its models, which raise for a status that they do not know."""
    with session(engine) as opened:
        for mapper in Base.registry.mappers:
            opened.scalars(select(mapper.class_)).all()


@dataclass(frozen=True, slots=True)
class First:
    """The platform with its people at work."""

    engine: Engine

    def fill(self) -> None:
        """Put in a business that is served and one that is not, with the same owner of a visit each."""
        with session(self.engine) as opened:
            tails = Tenant(
                business_name="Happy Tails",
                subdomain="tails",
                phone="+12125550199",
                timezone="America/New_York",
                status=TenantStatus.ACTIVE,
                settings={"branding": {"color": "#aa3355"}, "petcare": {"no_show": {"fee_schedule": [3000, 4000]}}},
                created_at=LONG_AGO,
            )
            closed = Tenant(
                business_name="Closed", subdomain="closed", status=TenantStatus.CANCELLED, created_at=LONG_AGO
            )
            opened.add_all([tails, closed])
            opened.flush()
            for tenant in (tails, closed):
                opened.add(Service(tenant_id=tenant.id, name="Full groom", price=8000, created_at=LONG_AGO))
                opened.flush()
                for name, phone in PEOPLE.items():
                    self._add(opened, tenant, name, phone)

    def _add(self, opened: Session, tenant: Tenant, name: str, phone: str) -> None:
        user = User(tenant_id=tenant.id, email=f"{name}@example.com", role=UserRole.CUSTOMER, created_at=LONG_AGO)
        opened.add(user)
        opened.flush()
        owner = Owner(
            tenant_id=tenant.id,
            user_id=user.id,
            first_name=name,
            last_name="Perez",
            phone=phone,
            sms_opted_in=name != "Ben",
            stripe_customer_id=f"cus_{name}_{tenant.subdomain}",
            has_payment_method=name == "Dan",
            created_at=LONG_AGO,
        )
        opened.add(owner)
        opened.flush()
        self._add_pets(
            opened, owner, tuple(SHOTS) if name == "Cara" else ("Bella", "Max") if name == "Ana" else ("Rex",)
        )
        if name in VISITS:
            self._book(opened, owner, VISITS[name], LONG_AGO)
        if name == "Hal":
            self._add_payment(opened, owner)

    @staticmethod
    def _add_pets(opened: Session, owner: Owner, names: tuple[str, ...]) -> None:
        for name in names:
            pet = Pet(tenant_id=owner.tenant_id, owner_id=owner.id, name=name, species="dog", created_at=LONG_AGO)
            opened.add(pet)
            opened.flush()
            if name in SHOTS:
                vaccine, expires_on = SHOTS[name]
                record = VaccinationRecord(
                    tenant_id=owner.tenant_id,
                    pet_id=pet.id,
                    vaccination_type=VaccinationType[vaccine.upper()],
                    expiry_date=expires_on,
                    created_at=LONG_AGO,
                )
                opened.add(record)

    @staticmethod
    def _add_payment(opened: Session, owner: Owner) -> None:
        payment = Payment(
            tenant_id=owner.tenant_id,
            owner_id=owner.id,
            type=PaymentType.FULL_PAYMENT,
            status=PaymentStatus.SUCCEEDED,
            method=PaymentMethod.CASH,
            amount=8000,
            tip_amount=500,
            refund_amount=0,
            net_amount=8500,
            created_at=LONG_AGO,
        )
        opened.add(payment)

    @staticmethod
    def _book(opened: Session, owner: Owner, starts_at: datetime, booked_at: datetime) -> None:
        pets = opened.scalars(select(Pet.id).where(Pet.owner_id == owner.id)).all()
        service = opened.scalars(select(Service).where(Service.tenant_id == owner.tenant_id)).one()
        appointment = Appointment(
            tenant_id=owner.tenant_id,
            owner_id=owner.id,
            service_id=service.id,
            pet_ids=list(pets),
            scheduled_start=starts_at,
            scheduled_end=starts_at + HOUR,
            status=AppointmentStatus.CONFIRMED,
            total_amount=8000,
            created_at=booked_at,
        )
        opened.add(appointment)

    def book(self, name: str, starts_at: datetime, booked_at: datetime) -> None:
        with session(self.engine) as opened:
            self._book(opened, self._owner(opened, name), starts_at, booked_at)

    def check_in(self, name: str, now: datetime) -> None:
        self._change(name, now, status=AppointmentStatus.IN_PROGRESS, actual_start=now)

    def complete(self, name: str, now: datetime) -> None:
        self._change(name, now, status=AppointmentStatus.COMPLETED)

    def cancel(self, name: str, now: datetime) -> None:
        with session(self.engine) as opened:
            user_id = self._owner(opened, name).user_id
        self._change(name, now, status=AppointmentStatus.CANCELLED, cancelled_at=now, cancelled_by=user_id)

    def _change(self, name: str, now: datetime, **columns: Any) -> None:
        with session(self.engine) as opened:
            visit = self._visit(opened, name)
            for column, value in {**columns, "updated_at": now}.items():
                setattr(visit, column, value)

    def owner_ids(self) -> dict[str, UUID]:
        with session(self.engine) as opened:
            return {name: self._owner(opened, name).id for name in PEOPLE}

    def visit_of(self, name: str) -> UUID:
        with session(self.engine) as opened:
            return self._visit(opened, name).id

    def state_of(self, name: str) -> tuple[str, object]:
        with session(self.engine) as opened:
            visit = self._visit(opened, name)
            return visit.status.name, visit.no_show_fee_charged

    def wants_texts(self, name: str) -> bool:
        with session(self.engine) as opened:
            return self._owner(opened, name).sms_opted_in

    def read_everything(self) -> None:
        read_everything(self.engine)

    @staticmethod
    def _owner(opened: Session, name: str) -> Owner:
        query = select(Owner).join(Tenant, Tenant.id == Owner.tenant_id).where(Tenant.subdomain == "tails")
        return opened.scalars(query.where(Owner.first_name == name)).one()

    def _visit(self, opened: Session, name: str) -> Appointment:
        owner = self._owner(opened, name)
        return opened.scalars(select(Appointment).where(Appointment.owner_id == owner.id)).one()
