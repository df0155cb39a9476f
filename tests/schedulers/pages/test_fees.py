"""Fees: what waits for staff, and charge, waive and refund with who and why."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.database import tables
from shared.gateways.payments import Declined
from tests import rows
from tests.doubles import Clock, RecordingPayments, raising
from tests.rows import NOON
from tests.salon import Salon
from tests.schedulers.visitor import Visitor

BY_MARIA = {"who": "Maria", "why": "she called"}
VISIT = "the visit on 2026-03-03 of Ana with Bella at Happy Paws"
HERS = [("Maria", "she called")]


@pytest.fixture
def fee(paws: Salon, clock: Clock) -> UUID:
    """A fee that is due: Ana missed a visit with Bella."""
    missed = paws.add_due_fee(clock)
    fee = paws.fee()
    with paws.engine.begin() as connection:
        bella = rows.pet(connection, paws.tenant_id, fee.owner_id)
        connection.execute(tables.appointment_pets.insert(), {"appointment_id": missed, "pet_id": bella})
    id_: UUID = fee.id
    return id_


def change(paws: Salon, **columns: Any) -> None:
    rows.change(paws.engine, tables.payments, paws.fee().id, **columns)


def noted(paws: Salon) -> list[tuple[str, str]]:
    """Return who did what to fees, and why."""
    return [(each.who, each.why) for each in rows.all_of(paws.engine, tables.fee_actions)]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"status": "failed", "failure_code": "no_payment_method"}, "failed The owner has no saved card."),
        ({"status": "failed", "failure_code": "lost_card"}, "failed lost_card"),
        ({"status": "requires_action"}, "The bank wants the owner to confirm"),
        ({"status": "needs_refund"}, "needs refund The visit does not count as missed any more: refund what was paid."),
    ],
)
def test_what_waits_for_staff_is_there_first_with_what_to_do(
    visitor: Visitor, paws: Salon, fee: UUID, columns: dict[str, Any], words: str
) -> None:
    visitor.get("/fees")
    assert "Nothing waits for staff." in visitor.words
    change(paws, next_attempt_at=None, **columns)
    visitor.get("/fees")
    assert words in visitor.words
    assert "waiting for staff 1" in visitor.words
    assert f'href="/explain/payment/{fee}"' in visitor.page


def test_each_fee_says_whose_it_is_in_the_time_of_its_business(visitor: Visitor, paws: Salon, fee: UUID) -> None:
    rows.change(paws.engine, tables.tenants, paws.tenant_id, timezone="America/Denver")
    change(paws, next_attempt_at=NOON + timedelta(days=1))
    visitor.get("/fees?status=open")
    assert "Ana Bella Tue 03 Mar 2026 offence 1 Happy Paws $25.00" in visitor.words
    assert "the card is charged from Wed 04 Mar 2026, 10:00 MST" in visitor.words


def test_fees_are_found_by_state_business_and_id(visitor: Visitor, paws: Salon, fee: UUID) -> None:
    for query, is_there in (
        ("status=open", True),
        ("status=pending", True),
        ("status=", True),
        ("status=collected", False),
        ("status=open&business=PAWS", True),
        ("status=open&business=happy+PAWS", True),
        ("status=collected&business=paws", False),
        (f"id={fee}", True),
        ("id=00000000-0000-0000-0000-000000000000", False),
    ):
        assert visitor.get(f"/fees?{query}").status == 200
        assert (f"/fees/{fee}/waive" in visitor.page) is is_there, query
    for query in ("status=gone", "id=1", "page=x", "business=other"):
        assert visitor.get(f"/fees?{query}").status == 400


def test_a_fee_is_charged_from_the_page(visitor: Visitor, paws: Salon, fee: UUID, payments: RecordingPayments) -> None:
    visitor.get("/fees?status=open")
    said = visitor.do(f"/fees/{fee}/charge", **BY_MARIA)
    assert said == f"charged the fee of $25.00 for {VISIT}; it is succeeded now"
    assert (len(payments.confirmed), paws.fee().status, noted(paws)) == (1, "succeeded", HERS)


def test_a_declined_charge_is_said_with_its_code(
    visitor: Visitor, paws: Salon, fee: UUID, payments: RecordingPayments
) -> None:
    payments.answer = raising(Declined("lost_card"))
    visitor.get("/fees?status=open")
    assert visitor.do(f"/fees/{fee}/charge", **BY_MARIA) == "not done: the fee was not collected: lost_card"
    assert noted(paws) == HERS


def test_a_fee_is_waived_from_the_page(visitor: Visitor, paws: Salon, fee: UUID) -> None:
    visitor.get("/fees?status=open")
    said = visitor.do(f"/fees/{fee}/waive", **BY_MARIA)
    assert said == f"waived the fee of $25.00 for {VISIT}; it is waived now"
    assert (paws.fee().status, noted(paws)) == ("waived", HERS)
    assert visitor.do(f"/fees/{fee}/waive", **BY_MARIA).startswith(f"not done: the fee {fee} is waived; it would have")


def test_a_fee_is_refunded_from_the_page_in_part_and_in_full(
    visitor: Visitor, paws: Salon, fee: UUID, payments: RecordingPayments
) -> None:
    paws.collect()
    visitor.get("/fees?status=collected")
    assert visitor.do(f"/fees/{fee}/refund", amount="5", **BY_MARIA).startswith("refunded $5.00 of the fee of $25.00 ")
    visitor.get(f"/fees?id={fee}")
    assert "$25.00, $5.00 refunded" in visitor.words
    again = visitor.do(f"/fees/{fee}/refund", amount="5", **BY_MARIA)
    assert again.startswith("refunded $5.00 of the fee of $25.00 ")
    assert again.endswith("The same was asked for before; it is given back once")
    rest = visitor.do(f"/fees/{fee}/refund", amount="", **BY_MARIA)
    assert rest.startswith("refunded $20.00 of the fee of $25.00 ")
    assert rest.endswith("it is refunded now")
    assert [each.amount_cents for each in payments.refunded] == [500, 2000]
    assert visitor.do(f"/fees/{fee}/refund", amount="x", **BY_MARIA).startswith("not done: ")


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({}, "say who does it: it is empty"),
        ({"who": " ", "why": "x"}, "say who does it: it is empty"),
        ({"who": "Maria"}, "say why: it is empty"),
        ({"who": "M" * 201, "why": "x"}, "say who does it: it is too long by 1 characters"),
        ({"who": "Maria", "why": "x" * 502}, "say why: it is too long by 2 characters"),
    ],
)
@pytest.mark.parametrize("action", ["charge", "waive", "refund"])
def test_nothing_is_done_without_who_and_why(
    visitor: Visitor, paws: Salon, fee: UUID, action: str, form: dict[str, str], why: str
) -> None:
    visitor.get("/fees")
    assert visitor.do(f"/fees/{fee}/{action}", **form) == f"not done: {why}"
    assert (paws.fee().status, noted(paws)) == ("pending", [])
