"""The providers of the demo: as varied as life, and the same each time."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.domain.ids import FeeId, NotificationId
from shared.gateways.payments import Charge, Declined, NeedsCustomer
from shared.gateways.simulated import (
    DECLINES,
    DELIVERED_AFTER,
    SHARES,
    Answer,
    SimulatedPayments,
    SimulatedSms,
    decline_of,
    fate_of,
)
from shared.gateways.sms import Logged, OptedOut, OutcomeUnknown, Receipt, Rejected, Sms
from tests.doubles import Clock
from tests.rows import NOON

NUMBERS = [f"+1212555{n:04}" for n in range(5000)]


def number_with(answer: Answer, code: int | None = None) -> str:
    return next(each for each in NUMBERS if fate_of(each) == (answer, code))


def sms_to(number: str) -> Sms:
    return Sms(NotificationId(uuid4()), number, "Bella comes tomorrow", 3600)


def entries(sms: SimulatedSms, to: str | None = None) -> list[Logged]:
    async def read() -> list[Logged]:
        return [each async for each in sms.log(NOON, to)]

    return asyncio.run(read())


@pytest.fixture
def sms() -> SimulatedSms:
    return SimulatedSms(Clock(NOON))


def test_every_answer_is_given_and_most_texts_arrive() -> None:
    found = Counter(map(fate_of, NUMBERS))
    assert set(found) == set(SHARES)
    assert found[Answer.DELIVERED, None] > 0.8 * len(NUMBERS)
    assert found == Counter(map(fate_of, NUMBERS))


def test_every_decline_is_given_and_most_cards_work() -> None:
    found = Counter(decline_of(f"cus_{n}") for n in range(1000))
    assert set(found) == set(DECLINES)
    assert found[None] > 600


def test_a_receipt_comes_a_while_after_the_text(sms: SimulatedSms) -> None:
    good, dead = number_with(Answer.DELIVERED), number_with(Answer.UNDELIVERED, 30006)
    for number in (good, dead):
        asyncio.run(sms.send(sms_to(number)))
    assert [(each.receipt, each.code, each.price) for each in entries(sms)] == [(Receipt.UNDER_WAY, None, None)] * 2
    sms.clock.pass_(seconds=DELIVERED_AFTER.total_seconds())  # type: ignore[attr-defined]
    newest, oldest = entries(sms)
    assert (newest.to, newest.receipt, newest.code, newest.is_dead_number) == (dead, Receipt.UNDELIVERED, "30006", True)
    assert (oldest.to, oldest.receipt, oldest.code) == (good, Receipt.DELIVERED, None)
    assert oldest.price
    assert [each.to for each in entries(sms, good)] == [good]


def test_the_log_begins_where_it_is_asked_to(sms: SimulatedSms) -> None:
    sms.clock.now = NOON - timedelta(seconds=1)  # type: ignore[attr-defined]
    asyncio.run(sms.send(sms_to(number_with(Answer.DELIVERED))))
    assert entries(sms) == []


def test_a_number_is_refused_as_the_provider_refuses_it(sms: SimulatedSms) -> None:
    with pytest.raises(OptedOut):
        asyncio.run(sms.send(sms_to(number_with(Answer.REFUSED, 21610))))
    with pytest.raises(Rejected) as refused:
        asyncio.run(sms.send(sms_to(number_with(Answer.REFUSED, 21614))))
    assert (refused.value.code, refused.value.is_dead_number) == ("21614", True)
    assert entries(sms) == []


def test_a_text_that_was_given_up_arrives_when_it_is_put_back(sms: SimulatedSms) -> None:
    text = sms_to(number_with(Answer.UNCLEAR))
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            asyncio.run(sms.send(text))
    assert entries(sms) == []
    asyncio.run(sms.send(text))
    assert len(entries(sms)) == 1


@pytest.mark.parametrize(
    ("code", "error"), [("insufficient_funds", Declined), ("authentication_required", NeedsCustomer)]
)
def test_a_card_is_declined_as_the_provider_declines_it(code: str, error: type[Exception]) -> None:
    customer = next(name for name in (f"cus_{n}" for n in range(1000)) if decline_of(name) == code)
    charge = Charge(FeeId(uuid4()), "key", customer, 2500, "usd", "No-show fee")
    with pytest.raises(error, match=code):
        asyncio.run(SimulatedPayments().confirm(charge, "intent", "card", "key"))
