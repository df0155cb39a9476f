"""Situations in which something is not done, each with the code that says why, and the ways to bring them about."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

import pytest

from shared.database import tables
from shared.domain.contact import phone_hash
from shared.gateways.payments import Declined
from shared.runtime import run
from tests import rows
from tests.doubles import Clock, RecordingPayments, raising
from tests.rows import NOON
from tests.salon import CARD, Salon

ON_SQLITE = pytest.mark.parametrize("stock", ["sqlite"], indirect=True)
"""Runs are played on SQLite, whatever they are copied from: `test_forecast` copies from every database."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEFORE_DETECTION: Final = NOON + 13.25 * HOUR
"""A quarter of an hour before a run of the detector, in the night after NOON."""
SOON: Final = NOON + 25 * HOUR
"""A start whose 24-hour reminder the next run decides about."""
EXPIRY: Final = date(2026, 3, 10)
"""A vaccination's last tier begins in the night after NOON."""

SetUp = Callable[[Salon, Clock], UUID]


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked about, how it comes about, and the columns of its business."""

    what: str
    set_up: SetUp
    tenant: tuple[tuple[str, Any], ...] = ()


def settings(value: str) -> tuple[tuple[str, Any], ...]:
    return (("settings", value),)


# Reminders


def visit(starts_at: datetime = SOON, pet: dict[str, Any] | None = None, **columns: Any) -> SetUp:
    """A visit that no run has decided about; the columns are its owner's."""

    def set_up(paws: Salon, clock: Clock) -> UUID:
        with paws.engine.begin() as connection:
            owner = rows.owner(connection, paws.tenant_id, **columns)
            pets = [rows.pet(connection, paws.tenant_id, owner, **(pet or {}))]
            return rows.appointment(connection, paws.tenant_id, starts_at, owner_id=owner, pets=pets)

    return set_up


def booked_late(paws: Salon, clock: Clock) -> UUID:
    with paws.engine.begin() as connection:
        created = {"created_at": NOON - HOUR}
        return rows.appointment(connection, paws.tenant_id, NOON + 20 * HOUR, **created)


def visit_with_blocked_number(paws: Salon, clock: Clock) -> UUID:
    block = {"phone_hash": phone_hash(paws.tenant_id, "+12125550143"), "reason": "dead_number", "created_at": NOON}
    with paws.engine.begin() as connection:
        connection.execute(tables.phone_blocks.insert(), {"tenant_id": paws.tenant_id} | block)
    return visit()(paws, clock)


def with_waiting_reminder(then: Callable[[Salon, UUID], None]) -> SetUp:
    """A visit whose 24-hour reminder waits; and what happens then."""

    def set_up(paws: Salon, clock: Clock) -> UUID:
        id_ = visit(NOON + 24 * HOUR)(paws, clock)
        run(replace(paws.application, sms_enabled=False), "AppointmentReminders24h")
        then(paws, id_)
        return id_

    return set_up


def changed(**columns: Any) -> Callable[[Salon, UUID], None]:
    return lambda paws, id_: paws.change(id_, **columns)


def passed_on(paws: Salon, id_: UUID) -> None:
    paws.change(id_, owner_id=paws.add_owner(phone="+12125550199"))


def given_a_service_of_another_business(paws: Salon, id_: UUID) -> None:
    with paws.engine.begin() as connection:
        other = rows.tenant(connection, "other")
        service = rows.insert(connection, tables.services, tenant_id=other, name="Bath")
    paws.change(id_, service_id=service)


def suspended(paws: Salon, id_: UUID) -> None:
    rows.change(paws.engine, tables.tenants, paws.tenant_id, status="suspended")


def too_late(paws: Salon, clock: Clock) -> UUID:
    id_ = with_waiting_reminder(lambda paws, id_: None)(paws, clock)
    clock.now = NOON + 21.25 * HOUR
    return id_


# Vaccinations


def shot(**pet: Any) -> SetUp:
    def set_up(paws: Salon, clock: Clock) -> UUID:
        clock.now = BEFORE_DETECTION - HOUR / 2
        with paws.engine.begin() as connection:
            animal = rows.pet(connection, paws.tenant_id, rows.owner(connection, paws.tenant_id), **pet)
            return rows.vaccination(connection, paws.tenant_id, animal, EXPIRY, created_at=NOON - 90 * DAY)

    return set_up


def superseded_shot(paws: Salon, clock: Clock) -> UUID:
    id_ = shot()(paws, clock)
    with paws.engine.begin() as connection:
        (pet,) = connection.execute(tables.pets.select()).all()
        newer = {"administered_date": date(2026, 3, 1)}
        rows.vaccination(connection, paws.tenant_id, pet.id, EXPIRY.replace(year=2027), **newer)
    return id_


def with_waiting_alert(**columns: Any) -> SetUp:
    """A vaccination whose alert waits for the morning, and whose record then changes."""

    def set_up(paws: Salon, clock: Clock) -> UUID:
        id_ = shot()(paws, clock)
        clock.now += HOUR / 4
        run(paws.application, "VaccinationMonitor")
        rows.change(paws.engine, tables.vaccination_records, id_, **columns)
        clock.now = NOON + 19.75 * HOUR
        return id_

    return set_up


# Missed visits


def missed(**columns: Any) -> SetUp:
    """A visit that nobody came to, a quarter of an hour before it is found."""

    def set_up(paws: Salon, clock: Clock) -> UUID:
        clock.now = BEFORE_DETECTION
        return paws.add_missed(owner_id=paws.add_owner(), **columns)

    return set_up


def came_to_another(paws: Salon, clock: Clock) -> UUID:
    id_ = missed()(paws, clock)
    (its,) = rows.all_of(paws.engine, tables.appointments)
    kept = {"owner_id": its.owner_id, "status": "completed", "arrived_at": NOON + HOUR}
    paws.add_missed(NOON + HOUR, **kept)
    return id_


def missed_like_many(paws: Salon, clock: Clock) -> UUID:
    for _ in range(3):
        missed()(paws, clock)
    return missed()(paws, clock)


def missed_where_nobody_writes_down_who_comes(paws: Salon, clock: Clock) -> UUID:
    for day in range(2, 8):
        paws.add_missed(NOON - day * DAY)
    return missed()(paws, clock)


def with_waiting_notice(then: Callable[[Salon, UUID], None]) -> SetUp:
    """A missed visit whose notice waits; and what happens then. Asked about: the visit."""

    def set_up(paws: Salon, clock: Clock) -> UUID:
        id_ = paws.add_missed(owner_id=paws.add_owner())
        paws.plan()
        then(paws, id_)
        return id_

    return set_up


def with_waiting_word_that_it_failed(paws: Salon, clock: Clock) -> UUID:
    """A fee that cannot be charged; before the owner hears of it, staff waive it. Asked about: the visit."""
    id_ = paws.add_due_fee_with_notice(clock, has_payment_method=False)
    paws.collect()
    rows.change(paws.engine, tables.payments, paws.fee().id, status="waived")
    return id_


# Fees


def due_fee(tenant: dict[str, Any] | None = None, days: int = 0, **owner: Any) -> SetUp:
    """A fee that the next run is to charge. Asked about: the fee."""

    def set_up(paws: Salon, clock: Clock) -> UUID:
        paws.add_due_fee_with_notice(clock, **owner)
        rows.change(paws.engine, tables.tenants, paws.tenant_id, **(tenant or {"status": "active"}))
        clock.now = BEFORE_DETECTION + (days + 1) * DAY
        return paws.fee().id

    return set_up


def fee_of_an_owner_who_left(paws: Salon, clock: Clock) -> UUID:
    id_ = due_fee()(paws, clock)
    rows.change(paws.engine, tables.owners, paws.fee().owner_id, is_active=False)
    return id_


def fee_of_one_entered_twice(paws: Salon, clock: Clock) -> UUID:
    """The fees of two owners and one day, who became one: the later one."""
    first, second = (paws.add_owner(**CARD) for _ in range(2))
    paws.add_missed(NOON - 3 * HOUR, owner_id=first)
    later = paws.add_missed(NOON - 2 * HOUR, owner_id=second)
    paws.plan()
    id_ = next(each.id for each in paws.fees() if each.owner_id == second)
    paws.change(later, owner_id=first)
    clock.now = BEFORE_DETECTION
    return id_


def fee_changed_after_it_was_begun(paws: Salon, clock: Clock) -> UUID:
    payments = cast(RecordingPayments, paws.application.payments)
    paws.add_due_fee_with_notice(clock)
    payments.answer = raising(Declined("insufficient_funds"))
    paws.collect()
    payments.answer = lambda charge: None
    rows.change(paws.engine, tables.payments, paws.fee().id, amount=1000)
    clock.now = BEFORE_DETECTION + 2 * DAY
    return paws.fee().id
