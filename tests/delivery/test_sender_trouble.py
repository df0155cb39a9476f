"""Senders that are refused: who pauses, who is told, and how a business goes on."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.database import tables
from shared.gateways.sms import DailyCapReached, Logged, OptedOut, Receipt, Rejected, SenderRefused, Sms
from tests import rows
from tests.delivery.conftest import DAY, Outbox
from tests.rows import NOON

UNREGISTERED: dict[str, Any] = {"receipt": Receipt.UNDELIVERED, "code": "30034", "is_sender_trouble": True}
MIDNIGHT = datetime.fromisoformat("2026-03-04T05:00:00Z")
"""In New York, where the business is: its next local day."""
HALF_AN_HOUR = timedelta(minutes=30)
AWAKE = '{"sms": {"quiet_hours": "off"}}'


def accept(outbox: Outbox, **receipt: Any) -> None:
    """Take all messages; the log tells of their receipts."""

    def answer(sms: Sms) -> None:
        outbox.sms.took(sms, f"SM{len(outbox.sms.sent)}", outbox.clock.now, **receipt)

    outbox.sms.answer = answer


def bounced(outbox: Outbox, many: int = 3, **tenant: Any) -> None:
    """Send one text, whose receipt says that the sender is not registered; `many` more are due the next day."""
    outbox.fill(1, settings=AWAKE, **tenant)
    accept(outbox, **UNREGISTERED)
    outbox.deliver()
    outbox.clock.pass_(minutes=30)
    outbox.deliver()
    later(outbox, many)


def later(outbox: Outbox, many: int, hours: int = 34) -> None:
    """Plan as many texts that are due after the next midnight and useful until the afternoon."""
    engine = outbox.application.engine
    (tenant,) = rows.all_of(engine, tables.tenants)
    with engine.begin() as connection:
        for number in range(many):
            owner = rows.owner(connection, tenant.id, phone=f"+1646555{number:04d}", first_name=f"Later {number}")
            rows.appointment(connection, tenant.id, NOON + timedelta(hours=hours), owner_id=owner)
    now, outbox.clock.now = outbox.clock.now, NOON + timedelta(hours=hours) - DAY
    outbox.plan()
    outbox.clock.now = now
    with engine.begin() as connection:
        waiting = tables.notifications.c.status == "planned"
        connection.execute(tables.notifications.update().where(waiting).values(not_before=now))


def trouble_of(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["tenant"], each["code"]) for each in result["sender_trouble"]]


def errors_of(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["tenant"], each["subject"]) for each in result["errors"]]


def test_an_answer_that_refuses_the_sender_pauses_the_tenant_until_its_next_local_day(outbox: Outbox) -> None:
    outbox.fill(3, settings=AWAKE)
    outbox.always(SenderRefused("21606"))
    outbox.deliver(concurrency=1)
    outbox.clock.now = MIDNIGHT - timedelta(seconds=1)
    result = outbox.deliver()
    assert len(outbox.sms.sent) == 1
    assert [(each.status, each.attempts) for each in outbox.notifications] == [("planned", 0)] * 3
    assert (trouble_of(result), errors_of(result)) == ([("paws", "21606")], [("paws", "sms sender")])
    pause = rows.only(outbox.application.engine, tables.pauses)
    assert (pause.until, pause.code, pause.is_sender_trouble) == (MIDNIGHT, "21606", True)


def test_a_receipt_that_refuses_the_sender_pauses_it_too_and_the_text_is_not_sent_again(outbox: Outbox) -> None:
    bounced(outbox)
    result = outbox.deliver()
    assert outbox.statuses == {"planned": 3, "undelivered": 1}
    assert len(outbox.sms.sent) == 1
    assert trouble_of(result) == [("paws", "30034")]
    (error,) = result["errors"]
    assert "(30034)" in error["reason"]


def test_it_is_an_error_of_each_run_that_leaves_texts_waiting_and_of_no_other(outbox: Outbox) -> None:
    outbox.fill(1, settings=AWAKE)
    accept(outbox, **UNREGISTERED)
    outbox.deliver()
    outbox.clock.pass_(minutes=30)
    result = outbox.deliver()
    assert (trouble_of(result), result["total_errors"]) == ([("paws", "30034")], 0), "nothing waits"
    later(outbox, 1)
    for _ in range(2):
        assert outbox.run()["total_errors"] == 1
    assert outbox.run(sms_enabled=False)["total_errors"] == 0, "it waits for something else"


def test_the_next_day_one_text_goes_and_the_others_follow_with_the_next_run(outbox: Outbox) -> None:
    bounced(outbox)
    accept(outbox, receipt=Receipt.DELIVERED)
    outbox.clock.now = MIDNIGHT
    result = outbox.deliver(concurrency=1)
    assert outbox.statuses == {"planned": 2, "sent": 1, "undelivered": 1}
    assert (trouble_of(result), result["total_errors"]) == ([("paws", "30034")], 1)
    outbox.clock.pass_(minutes=30)
    result = outbox.deliver()
    assert outbox.statuses.get("planned") is None
    assert (result["sender_trouble"], result["total_errors"]) == ([], 0)
    assert rows.all_of(outbox.application.engine, tables.pauses) == []


@pytest.mark.parametrize("by_receipt", [True, False])
def test_where_that_one_is_refused_as_well_the_others_wait_another_day(outbox: Outbox, by_receipt: bool) -> None:
    bounced(outbox)
    if not by_receipt:
        outbox.always(SenderRefused("30034"))
    outbox.clock.now = MIDNIGHT
    outbox.deliver()
    sent = len(outbox.sms.sent)
    outbox.clock.pass_(minutes=30)
    result = outbox.deliver()
    assert len(outbox.sms.sent) == sent == 2
    pause = rows.only(outbox.application.engine, tables.pauses)
    assert (pause.until, pause.created_at) == (MIDNIGHT + DAY, NOON + HALF_AN_HOUR), "since the first of them"
    assert result["total_errors"] == 1


def test_two_runs_at_the_same_time_try_one_text_between_them(outbox: Outbox) -> None:
    bounced(outbox)
    outbox.clock.now = MIDNIGHT
    others: list[Future[Any]] = []
    with ThreadPoolExecutor() as pool:

        def answer(_: Sms) -> None:
            if not others:
                others.append(pool.submit(outbox.deliver))
                others[0].result()

        outbox.sms.answer = answer
        outbox.deliver()
    assert len(outbox.sms.sent) == 2
    assert outbox.statuses == {"planned": 2, "sent": 1, "undelivered": 1}


def test_a_receipt_of_a_text_that_left_before_the_sender_was_put_right_says_nothing(outbox: Outbox) -> None:
    bounced(outbox, many=2)
    accept(outbox, receipt=Receipt.DELIVERED)
    outbox.clock.now = MIDNIGHT
    outbox.deliver()
    outbox.clock.pass_(minutes=30)
    outbox.deliver()
    late = rows.all_of(outbox.application.engine, tables.notifications)[0]
    with outbox.application.engine.begin() as connection:
        owner = rows.owner(connection, late.tenant_id, phone="+16465559999", first_name="Zoe")
        row = {name: getattr(late, name) for name in ("tenant_id", "kind", "not_before", "useful_until", "priority")}
        told = {"run_id": late.run_id, "created_at": NOON, "sent_at": NOON, "provider_message_id": "SM-late"}
        rows.insert(connection, tables.notifications, owner_id=owner, status="sent", **row, **told)
    entry = outbox.sms.books[0]
    outbox.sms.books.append(Logged("SM-late", entry.to, entry.body, None, None, NOON, **UNREGISTERED))
    outbox.clock.pass_(minutes=30)
    assert outbox.deliver()["sender_trouble"] == []


def test_the_pause_of_one_business_is_none_of_the_others(outbox: Outbox) -> None:
    bounced(outbox)
    accept(outbox)
    outbox.fill(2, "other", settings=AWAKE)
    result = outbox.deliver()
    assert result["delivery"]["sent"] == {"reminder_24h": 2}
    assert trouble_of(result) == [("paws", "30034")]


def test_a_daily_limit_is_no_sender_trouble_and_takes_the_place_of_none(outbox: Outbox) -> None:
    outbox.fill(2, settings=AWAKE)
    outbox.answer(SenderRefused("21606"), DailyCapReached("63038"))
    outbox.deliver()
    pause = rows.only(outbox.application.engine, tables.pauses)
    assert (pause.code, pause.is_sender_trouble) == ("21606", True)


@pytest.mark.parametrize("code", ["21408", "21612"])
def test_a_country_that_may_not_be_texted_is_named_and_pauses_nothing(outbox: Outbox, code: str) -> None:
    tenant = outbox.fill(1)
    with outbox.application.engine.begin() as connection:
        for number in ("+573012345678", "+573012345679"):
            owner = rows.owner(connection, tenant, phone=number, first_name="Zoe")
            rows.appointment(connection, tenant, NOON + DAY, owner_id=owner)
    outbox.plan()

    def answer(sms: Sms) -> None:
        if sms.to.startswith("+57"):
            raise Rejected(code, is_country_barred=True)

    outbox.sms.answer = answer
    result = outbox.deliver()
    assert outbox.statuses == {"failed": 2, "sent": 1}
    (error,) = result["errors"]
    assert (error["tenant"], error["subject"]) == ("paws", "texts to CO (+57)")
    assert code in error["reason"]
    assert rows.all_of(outbox.application.engine, tables.pauses) == []


def test_a_receipt_may_name_such_a_country_too(outbox: Outbox) -> None:
    outbox.fill(2)
    accept(outbox, receipt=Receipt.UNDELIVERED, code="21408", is_country_barred=True)
    outbox.deliver()
    outbox.clock.pass_(minutes=30)
    assert errors_of(outbox.deliver()) == [("paws", "texts to US (+1)")]


# Most of what was sent did not arrive


def ended(outbox: Outbox, *statuses: str) -> None:
    """Let texts have these final states, the oldest first."""
    engine = outbox.application.engine
    with engine.begin() as connection:
        tenant = rows.tenant(connection, f"paws-{uuid4().hex[:6]}")
        owner = rows.owner(connection, tenant)
        ordinary = {"kind": "reminder_24h", "priority": 1, "run_id": uuid4(), "created_at": NOON, "owner_id": owner}
        for number, status in enumerate(statuses):
            at = NOON - timedelta(hours=len(statuses) - number)
            when = {"not_before": at, "useful_until": at + DAY, "updated_at": at}
            sent_at = None if status in ("failed", "dead") else at
            rows.insert(
                connection, tables.notifications, tenant_id=tenant, status=status, sent_at=sent_at, **when, **ordinary
            )


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        (["undelivered"] * 9, None),
        (["delivered"] * 5 + ["undelivered"] * 5, None),
        (["delivered"] * 4 + ["undelivered"] * 6, "6 of its last 10 texts did not arrive"),
        (["undelivered"] * 30 + ["delivered"] * 10 + ["failed"] * 10, None),
        (
            ["delivered"] * 30 + ["failed"] * 8 + ["dead"] + ["undelivered"] * 2,
            "11 of its last 20 texts did not arrive",
        ),
        (["delivered"] * 10 + ["cancelled", "expired", "sent"] * 10, None),
    ],
)
def test_a_business_most_of_whose_last_twenty_texts_did_not_arrive_is_named(
    outbox: Outbox, statuses: list[str], words: str | None
) -> None:
    ended(outbox, *statuses)
    result = outbox.deliver()
    assert [code for _, code in trouble_of(result)] == (["most_texts_fail"] if words else [])
    assert [each["reason"].split(";")[0] for each in result["errors"]] == ([words] if words else [])


def test_refused_by_a_stop_or_a_bad_number_no_sender_is_in_trouble(outbox: Outbox) -> None:
    outbox.fill(2)
    outbox.answer(OptedOut("21610"), Rejected("21211", is_dead_number=True))
    result = outbox.deliver()
    assert (result["sender_trouble"], result["total_errors"]) == ([], 0)


@pytest.mark.parametrize("skew", [None, timedelta(minutes=-7)])
def test_each_run_notes_how_far_the_providers_clock_is_off_for_health_to_tell(
    outbox: Outbox, skew: timedelta | None
) -> None:
    outbox.sms.clock_skew = timedelta(hours=3)
    outbox.deliver()
    outbox.sms.clock_skew = skew
    outbox.clock.pass_(minutes=30)
    outbox.deliver()
    noted = rows.only(outbox.application.engine, tables.provider_clocks)
    expected = (-420, NOON + HALF_AN_HOUR) if skew else (10_800, NOON)
    assert (noted.name, noted.skew_seconds, noted.seen_at) == ("sms", *expected)
