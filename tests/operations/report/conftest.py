"""A platform of several time zones whose rows are drawn at random, some of them near the bounds of the periods."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine

from shared.database import tables
from shared.operations.report.figures import Period
from tests import rows
from tests.databases import Stock

NOW = datetime(2026, 3, 20, 15, tzinfo=UTC)
PERIOD = Period(date(2026, 3, 2), date(2026, 3, 15))
"""In it the clocks of New York are set forward."""
ZONES = ("America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "UTC")
STATUSES = "sent delivered delivered delivered undelivered failed dead cancelled expired planned".split()
UNSENT = ("failed", "dead", "cancelled", "expired", "planned")


@pytest.fixture(scope="module", params=[1, 2])
def drawn(request: pytest.FixtureRequest, stock: Stock) -> Iterator[Engine]:
    """A database drawn by one of two seeds, for all tests of a module: none of them writes."""
    platform = Platform(Random(request.param))
    with stock.lent() as engine:
        with engine.begin() as real, rows.all_at_once(real) as connection:
            for zone in ZONES:
                platform.add_business(connection, zone)
        yield engine


class Platform:
    """Draws rows by its dice."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.services: list[UUID] = []

    def add_business(self, connection: Connection, zone: str) -> None:
        subdomain, currency = zone.rpartition("/")[2].lower(), self.dice.choice(("USD", "JPY"))
        tenant = rows.tenant(connection, subdomain, timezone=zone, currency=currency, business_name=f"Paws of {zone}")
        self.services += [
            rows.insert(connection, tables.services, tenant_id=tenant, name=name) for name in ("Bath", "Groom")
        ]
        owners = [self._owner(connection, tenant) for _ in range(12)]
        for _ in range(60):
            self._visit(connection, tenant, self.dice.choice(owners))
        for _ in range(10):
            self._change(connection, tenant, self.dice.choice(owners))

    def _instant(self) -> datetime:
        """Two weeks and a little more before and after the middle, by quarters of an hour and odd seconds."""
        return (
            NOW
            - timedelta(days=36)
            + timedelta(minutes=15 * self.dice.randrange(36 * 96), seconds=self.dice.choice((0, 0, 899)))
        )

    def _owner(self, connection: Connection, tenant: UUID) -> UUID:
        gone = NOW if self.dice.random() < 0.1 else None
        owner = rows.owner(
            connection, tenant, reputation_score=self.dice.choice((0, 9, 10, 55, 99, 100)), deleted_at=gone
        )
        status = self.dice.choice(("current", "expiring_soon", "expired", "unknown"))
        pet = rows.pet(connection, tenant, owner, vaccination_status=status, is_deceased=self.dice.random() < 0.1)
        for _ in range(3):
            given = date(2025, 1, 1) + timedelta(days=self.dice.randrange(400))
            expires = NOW.date() + timedelta(days=self.dice.randint(-10, 75))
            vaccine = self.dice.choice(("rabies", "lyme"))
            rows.vaccination(connection, tenant, pet, expires, type=vaccine, administered_date=given)
        return owner

    def _visit(self, connection: Connection, tenant: UUID, owner: UUID) -> None:
        start = self._instant()
        visit = rows.appointment(
            connection,
            tenant,
            start,
            owner_id=owner,
            service_id=self.dice.choice((*self.services, None)),  # some of another business
            status=self.dice.choice("completed completed no_show cancelled confirmed pending".split()),
            deleted_at=NOW if self.dice.random() < 0.05 else None,
        )
        text = self._text(connection, tenant, owner, start)
        rows.decision(
            connection,
            tenant,
            kind=self.dice.choice(("reminder_24h", "vaccination_expiring")),
            subject_id=visit,
            occurrence=start.isoformat(),
            occurs_at=start if self.dice.random() < 0.8 else start + timedelta(hours=1),
            outcome="notify",
            notification_id=text,
        )
        if self.dice.random() < 0.5:
            self._fee(connection, tenant, owner, start)

    def _text(self, connection: Connection, tenant: UUID, owner: UUID, start: datetime) -> UUID:
        status, due = self.dice.choice(STATUSES), start - timedelta(hours=24)
        priced = status not in UNSENT and self.dice.random() < 0.7
        return rows.insert(
            connection,
            tables.notifications,
            tenant_id=tenant,
            owner_id=owner,
            kind=self.dice.choice(("reminder_24h", "reminder_2h", "fee_receipt")),
            status=status,
            segments=self.dice.choice((None, 1, 2)),
            price_micros=self.dice.randrange(20_000) if priced else None,
            price_currency="USD" if priced else None,
            not_before=due,
            useful_until=start,
            sent_at=None if status in UNSENT else due + timedelta(minutes=7),
            priority=1,
            run_id=uuid4(),
        )

    def _fee(self, connection: Connection, tenant: UUID, owner: UUID, start: datetime) -> None:
        status = self.dice.choice("pending succeeded waived refunded cancelled failed needs_refund".split())
        paid = start + timedelta(hours=30) if status in ("succeeded", "refunded", "needs_refund") else None
        fee = rows.insert(
            connection,
            tables.payments,
            tenant_id=tenant,
            owner_id=owner,
            type=self.dice.choice(("no_show_fee", "no_show_fee", "deposit")),
            status=status,
            amount=self.dice.choice((2500, 3500)),
            currency=self.dice.choice(("USD", "JPY")),
            visit_on=start.date(),
            created_at=start + timedelta(hours=10),
            succeeded_at=paid,
            failure_code=self.dice.choice((None, "no_fee", "paid_late")),
        )
        action = {"payment_id": fee, "who": "Ana", "why": "kind", "created_at": start + timedelta(hours=50)}
        if status == "waived":
            rows.insert(connection, tables.fee_actions, action="waive", **action)
        if status == "refunded":
            outcome = self.dice.choice(("done", "refused", "asked"))
            rows.insert(connection, tables.fee_actions, action="refund", amount=900, outcome=outcome, **action)

    def _change(self, connection: Connection, tenant: UUID, owner: UUID) -> None:
        at, phone = self._instant(), uuid4().hex
        rows.insert(
            connection,
            tables.consent_events,
            tenant_id=tenant,
            owner_id=owner,
            phone_hash=phone,
            given=self.dice.random() < 0.4,
            happened_at=at,
            source="reply",
        )
        blocked = {"tenant_id": tenant, "phone_hash": phone, "reason": "dead_number", "created_at": at}
        connection.execute(tables.phone_blocks.insert(), blocked)
