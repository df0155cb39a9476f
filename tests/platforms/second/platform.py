"""What its people do, in SQL. Its wall clock is New York's."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

from tests.platforms.story import HOUR, LONG_AGO, PEOPLE, SHOTS, VISITS

ZONE = ZoneInfo("America/New_York")
SCHEMA = Path(__file__).with_name("schema.sql")


def make(engine: Engine) -> None:
    """Make its tables."""
    with engine.begin() as connection:
        connection.exec_driver_sql(SCHEMA.read_text(encoding="utf-8"))


def wall(instant: datetime) -> datetime:
    """Return an instant as it stores it: the local time, without a zone."""
    return instant.astimezone(ZONE).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Second:
    """The platform with its people at work."""

    engine: Engine

    def fill(self) -> None:
        """Put in a business that is served and one that is not, with the same owner of a visit each."""
        for slug in ("tails", "closed"):
            settings = '{"color": "pink", "no_show": {"fee_schedule": [3000, 4000]}}'
            business = self._insert(
                "businesses",
                name="Happy Tails",
                slug=slug,
                contact_phone="+12125550199",
                tz="America/New_York",
                active=slug == "tails",
                preferences=settings,
                created=wall(LONG_AGO),
            )
            self._insert("treatments", business_id=business, title="Full groom", price=80)
            for name, phone in PEOPLE.items():
                self._add(business, name, phone)

    def _add(self, business: UUID, name: str, phone: str) -> None:
        customer = self._insert(
            "customers",
            business_id=business,
            full_name=f"{name} Perez",
            mobile=phone,
            sms_opt_out=name == "Ben",
            stripe_id=f"cus_{name}_{business}",
            default_payment_method="pm_1" if name == "Dan" else None,
            created=wall(LONG_AGO),
        )
        for pet in SHOTS if name == "Cara" else ("Bella",) if name == "Ana" else ("Rex",):
            of = {"business_id": business, "customer_id": customer}
            animal = self._insert("animals", **of, name=pet, kind="dog", created=wall(LONG_AGO))
            if pet in SHOTS:
                vaccine, until = SHOTS[pet]
                its = {"business_id": business, "animal_id": animal}
                self._insert("shots", **its, vaccine=vaccine, valid_until=until, created=wall(LONG_AGO))
        if name in VISITS:
            self._book(customer, VISITS[name], LONG_AGO)

    def _book(self, customer: UUID, starts_at: datetime, booked_at: datetime) -> None:
        asked = """
            SELECT c.business_id, a.id AS animal_id, t.id AS treatment_id
            FROM customers c JOIN animals a ON a.customer_id = c.id JOIN treatments t ON t.business_id = c.business_id
            WHERE c.id = :id LIMIT 1"""
        of = dict(self._ask(asked, id=customer)._mapping)
        self._insert(
            "bookings",
            **of,
            customer_id=customer,
            start_time=wall(starts_at),
            end_time=wall(starts_at + HOUR),
            state="booked",
            price=80,
            created=wall(booked_at),
        )

    def book(self, name: str, starts_at: datetime, booked_at: datetime) -> None:
        self._book(self._owner(name), starts_at, booked_at)

    def check_in(self, name: str, now: datetime) -> None:
        self._change(name, now, "state = 'here', checked_in_at = :now")

    def complete(self, name: str, now: datetime) -> None:
        self._change(name, now, "state = 'done'")

    def cancel(self, name: str, now: datetime) -> None:
        self._change(name, now, "state = 'cancelled', cancelled_at = :now, cancelled_by = 'Client'")

    def owner_ids(self) -> dict[str, UUID]:
        return {name: self._owner(name) for name in PEOPLE}

    def visit_of(self, name: str) -> UUID:
        found: UUID = self._ask("SELECT id FROM bookings WHERE customer_id = :id", id=self._owner(name)).id
        return found

    def state_of(self, name: str) -> tuple[str, object]:
        row = self._ask("SELECT state, no_show_fee FROM bookings WHERE customer_id = :id", id=self._owner(name))
        return row.state, row.no_show_fee

    def wants_texts(self, name: str) -> bool:
        return not self._ask("SELECT sms_opt_out FROM customers WHERE id = :id", id=self._owner(name)).sms_opt_out

    def read_everything(self) -> None:
        """Its states are checked by the table itself."""

    def log(self) -> list[tuple[str, str]]:
        """Return what its trigger noted: each state and the one after it."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text("SELECT was, is_now FROM booking_log"))]

    def _owner(self, name: str) -> UUID:
        asked = """
            SELECT c.id FROM customers c JOIN businesses b ON b.id = c.business_id
            WHERE b.slug = 'tails' AND c.full_name = :name"""
        found: UUID = self._ask(asked, name=f"{name} Perez").id
        return found

    def _change(self, name: str, now: datetime, assigned: str) -> None:
        with self.engine.begin() as connection:
            statement = f"UPDATE bookings SET {assigned}, modified_at = :now WHERE id = :id"
            connection.execute(text(statement), {"now": wall(now), "id": self.visit_of(name)})

    def _insert(self, table: str, **columns: Any) -> UUID:
        row = {"id": uuid4(), **columns}
        names = ", ".join(row)
        with self.engine.begin() as connection:
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES (:{names.replace(', ', ', :')})"), row)
        return row["id"]

    def _ask(self, statement: str, **parameters: Any) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(text(statement), parameters).one()
