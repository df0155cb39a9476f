"""Delivery receipts, what they cost, and numbers that proved dead."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.database import tables
from shared.domain.contact import phone_hash
from shared.errors import RunFailed
from shared.gateways.sms import ConsoleSms, CredentialsRefused, Logged, NotProcessed, Receipt, Rejected, Sms
from tests import rows
from tests.delivery.conftest import DAY, Outbox
from tests.rows import NOON

DEAD: dict[str, Any] = {"receipt": Receipt.UNDELIVERED, "code": "30005", "is_dead_number": True}
LATER = timedelta(minutes=30)


def send(outbox: Outbox, many: int = 1, **told: Any) -> None:
    """Send as many texts, which the provider's log will tell something of; wait until it is read."""
    outbox.fill(many)

    def answer(sms: Sms) -> None:
        outbox.sms.took(sms, f"SM{len(outbox.sms.sent)}", outbox.clock.now, **told)

    outbox.sms.answer = answer
    outbox.deliver()
    outbox.always(None)
    outbox.clock.pass_(minutes=30)


def tell(outbox: Outbox, **told: Any) -> None:
    """Let the log tell something else."""
    outbox.sms.books = [replace(each, **told) for each in outbox.sms.books]


def test_what_was_delivered_is_recorded_with_segments_and_price(outbox: Outbox) -> None:
    send(outbox, receipt=Receipt.DELIVERED, segments=2, price=Decimal("0.01580"), currency="USD")
    result = outbox.deliver()
    (found,) = outbox.notifications
    assert (found.status, found.error_code, found.segments) == ("delivered", None, 2)
    assert (found.price_micros, found.price_currency) == (15_800, "USD")
    assert result["delivery"]["delivered"] == {"reminder_24h": 1}


def test_what_was_not_delivered_is_recorded_with_its_code(outbox: Outbox) -> None:
    send(outbox, receipt=Receipt.UNDELIVERED, code="30003")
    result = outbox.deliver()
    (found,) = outbox.notifications
    assert (found.status, found.reason, found.error_code) == ("undelivered", None, "30003")
    assert result["delivery"]["undelivered"] == {"reminder_24h": 1}
    assert rows.only(outbox.application.engine, tables.decisions).outcome == "notify"


def test_what_is_under_way_is_asked_for_again_later(outbox: Outbox) -> None:
    send(outbox)
    outbox.deliver()
    assert outbox.statuses == {"sent": 1}
    tell(outbox, receipt=Receipt.DELIVERED)
    outbox.clock.pass_(minutes=30)
    outbox.deliver()
    assert outbox.statuses == {"delivered": 1}


def test_a_price_that_is_known_only_later_is_added(outbox: Outbox) -> None:
    send(outbox, 2, receipt=Receipt.DELIVERED)
    outbox.sms.books[1] = replace(outbox.sms.books[1], receipt=Receipt.UNDER_WAY)
    outbox.deliver()
    assert (outbox.statuses, [each.price_micros for each in outbox.notifications]) == (
        {"delivered": 1, "sent": 1},
        [None, None],
    )
    tell(outbox, receipt=Receipt.DELIVERED, price=Decimal("0.0079"), currency="USD")
    outbox.clock.pass_(minutes=30)
    outbox.deliver()
    assert [each.price_micros for each in outbox.notifications] == [7900, 7900]


def test_all_receipts_are_read_in_one_sweep_and_in_few_statements(outbox: Outbox) -> None:
    send(outbox, 600, receipt=Receipt.DELIVERED)
    outbox.deliver()
    assert outbox.statuses == {"delivered": 600}
    assert outbox.sms.asked == [(None, NOON - timedelta(hours=1))]


def test_receipts_are_not_polled_by_every_run(outbox: Outbox) -> None:
    send(outbox)
    for minutes in (0, 10, 10):
        outbox.clock.pass_(minutes=minutes)
        outbox.deliver()
    assert len(outbox.sms.asked) == 1
    outbox.clock.pass_(minutes=5)
    outbox.deliver()
    assert len(outbox.sms.asked) == 2


def test_nothing_is_polled_where_nothing_waits_for_a_receipt(outbox: Outbox) -> None:
    outbox.deliver()
    send(outbox, receipt=Receipt.DELIVERED)
    outbox.deliver()
    outbox.clock.pass_(minutes=30)
    outbox.deliver()
    assert len(outbox.sms.asked) == 1


def test_nothing_is_polled_right_after_sending(outbox: Outbox) -> None:
    outbox.fill()
    outbox.deliver()
    outbox.clock.pass_(minutes=4)
    outbox.deliver()
    assert outbox.sms.asked == []


def test_after_two_days_a_message_without_a_receipt_is_not_waited_for_any_more(outbox: Outbox) -> None:
    send(outbox)
    outbox.clock.now = NOON + timedelta(hours=47)
    outbox.deliver()
    assert (outbox.sms.asked, outbox.statuses) == ([], {"sent": 1})


def test_the_console_has_no_log_to_poll(outbox: Outbox) -> None:
    outbox.fill()
    outbox.deliver(sms=ConsoleSms())
    outbox.clock.pass_(minutes=30)
    outbox.deliver(sms=ConsoleSms())
    assert rows.all_of(outbox.application.engine, tables.leases) == []


def test_a_log_that_cannot_be_read_is_read_by_a_later_run(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    send(outbox, 3, receipt=Receipt.DELIVERED)
    log = outbox.sms.log

    async def breaking_off(since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        async for each in log(since, to):
            yield each
            raise NotProcessed("20429")

    monkeypatch.setattr(outbox.sms, "log", breaking_off)
    result = outbox.deliver()
    assert (outbox.statuses, result["total_errors"]) == ({"delivered": 1, "sent": 2}, 0)
    monkeypatch.undo()
    outbox.clock.pass_(minutes=30)
    outbox.deliver()
    assert outbox.statuses == {"delivered": 3}


def test_refused_credentials_are_told_then_too(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    send(outbox)

    async def refused(since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        raise CredentialsRefused("20003")
        yield

    monkeypatch.setattr(outbox.sms, "log", refused)
    with pytest.raises(RunFailed, match="20003"):
        outbox.run()


def test_other_messages_of_the_account_are_none_of_ours(outbox: Outbox) -> None:
    send(outbox, receipt=Receipt.DELIVERED)
    outbox.sms.books.append(replace(outbox.sms.books[0], id="SM-another-program's", to="+16465550000"))
    outbox.deliver()
    assert outbox.statuses == {"delivered": 1}


def test_a_stop_that_the_provider_finds_out_about_afterwards_withdraws_consent(outbox: Outbox) -> None:
    send(outbox, receipt=Receipt.UNDELIVERED, code="21610", is_opt_out=True)
    outbox.deliver()
    assert [each.sms_opted_in for each in rows.all_of(outbox.application.engine, tables.owners)] == [False]
    (found,) = outbox.notifications
    assert (found.status, found.reason, found.error_code) == ("undelivered", "opted_out", "21610")


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False, "phone": "+442071838750"},
        {"status": "suspended", "phone": None, "settings": '{"country": "GB"}'},
        {"status": "suspended", "phone": "+442071838750", "settings": "{"},
    ],
    ids=str,
)
def test_a_stop_counts_at_a_business_that_is_not_served_any_more(outbox: Outbox, change: dict[str, Any]) -> None:
    send(outbox, receipt=Receipt.UNDELIVERED, code="21610", is_opt_out=True)
    engine = outbox.application.engine
    (owner,) = rows.all_of(engine, tables.owners)
    with engine.begin() as connection:
        connection.execute(tables.owners.update().values(phone="+44 20 7946 0958"))
        connection.execute(tables.notifications.update().values(to_phone="+442079460958"))
        rows.owner(connection, owner.tenant_id, phone="020 7946 0958")
        rows.tenant(connection, "good")
    rows.change(engine, tables.tenants, owner.tenant_id, **change)
    outbox.deliver()
    assert [each.sms_opted_in for each in rows.all_of(engine, tables.owners)] == [False, False]


# Numbers that proved dead


def remind_again(outbox: Outbox, days: int, **told: Any) -> None:
    """Another appointment, some days later, whose reminder the provider takes; its receipt is read."""
    outbox.clock.now = NOON + timedelta(days=days)
    (owner,) = rows.all_of(outbox.application.engine, tables.owners)
    with outbox.application.engine.begin() as connection:
        rows.appointment(connection, owner.tenant_id, outbox.clock.now + DAY, owner_id=owner.id)
    outbox.plan()

    def answer(sms: Sms) -> None:
        outbox.sms.took(sms, f"SM{len(outbox.sms.sent)}", outbox.clock.now, **told)

    outbox.sms.answer = answer
    outbox.deliver()
    outbox.clock.pass_(minutes=30)
    outbox.deliver()


def blocks(outbox: Outbox) -> list[tuple[Any, str, str]]:
    found = rows.all_of(outbox.application.engine, tables.phone_blocks)
    return [(each.tenant_id, each.phone_hash, each.reason) for each in found]


def test_a_number_that_proved_dead_twice_gets_no_more_texts_and_the_decision_says_why(outbox: Outbox) -> None:
    send(outbox, **DEAD)
    outbox.deliver()
    (found,) = outbox.notifications
    assert (found.status, found.reason, found.error_code) == ("undelivered", "dead_number", "30005")
    assert blocks(outbox) == []
    remind_again(outbox, 1, **DEAD)
    assert blocks(outbox) == [(found.tenant_id, phone_hash(found.tenant_id, "+12125550000"), "dead_number")]
    remind_again(outbox, 2)
    assert len(outbox.sms.sent) == 2
    decided = rows.all_of(outbox.application.engine, tables.decisions)
    reasons = [each.reason for each in decided if each.kind == "reminder_24h"]
    assert sorted(reasons, key=str) == [None, None, "phone_blocked"]


def test_a_number_that_was_reached_in_between_is_not_dead(outbox: Outbox) -> None:
    send(outbox, **DEAD)
    outbox.deliver()
    remind_again(outbox, 1, receipt=Receipt.DELIVERED)
    remind_again(outbox, 2, **DEAD)
    assert blocks(outbox) == []
    remind_again(outbox, 3, **DEAD)
    assert len(blocks(outbox)) == 1


def test_a_phone_that_was_off_is_not_dead(outbox: Outbox) -> None:
    for days in range(3):
        if days:
            remind_again(outbox, days, receipt=Receipt.UNDELIVERED, code="30003")
        else:
            send(outbox, receipt=Receipt.UNDELIVERED, code="30003")
            outbox.deliver()
    assert blocks(outbox) == []


def test_a_number_that_the_provider_refuses_twice_is_dead_too(outbox: Outbox) -> None:
    outbox.fill(2)
    with outbox.application.engine.begin() as connection:
        connection.execute(tables.owners.update().values(phone="+12125550000"))
    outbox.always(Rejected("21211", is_dead_number=True))
    outbox.deliver()
    assert {(each.status, each.reason) for each in outbox.notifications} == {("failed", "dead_number")}
    assert len(blocks(outbox)) == 1


def test_what_waits_already_is_cancelled_when_its_number_is_blocked(outbox: Outbox) -> None:
    tenant = outbox.fill()
    with outbox.application.engine.begin() as connection:
        blocked = {"tenant_id": tenant, "phone_hash": phone_hash(tenant, "+12125550000"), "reason": "dead_number"}
        connection.execute(tables.phone_blocks.insert(), {**blocked, "created_at": NOON})
    outbox.deliver()
    assert outbox.sms.sent == []
    (found,) = outbox.notifications
    assert (found.status, found.reason) == ("cancelled", "phone_blocked")


def test_a_block_is_of_one_tenant_alone(outbox: Outbox) -> None:
    blocked_at = outbox.fill()
    outbox.fill(1, "other")
    with outbox.application.engine.begin() as connection:
        blocked = {"phone_hash": phone_hash(blocked_at, "+12125550000"), "reason": "dead_number", "created_at": NOON}
        connection.execute(tables.phone_blocks.insert(), {"tenant_id": blocked_at, **blocked})
    outbox.deliver()
    assert outbox.statuses == {"cancelled": 1, "sent": 1}
