"""What the gateway finds in Twilio's log of messages."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.gateways import twilio as gateway_module
from shared.gateways.sms import CredentialsRefused, Logged, NotProcessed, OutcomeUnknown, Receipt, SmsError
from shared.gateways.twilio import TwilioSms
from tests.doubles import Clock
from tests.gateways.asking import BODY, TO, logged, outcome, text
from tests.loopback.twilio import (
    ACCOUNT,
    NUMBER,
    SERVICE,
    TOKEN,
    Answer,
    LoopbackTwilio,
    busy,
    dropped,
    failing,
    garbled,
    refused,
)

NOON = datetime(2026, 3, 4, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OTHER = "+12025550143"


@pytest.fixture
def clock() -> Clock:
    """Twilio's clock."""
    return Clock(NOON)


@pytest.fixture
def server(clock: Clock) -> Iterator[LoopbackTwilio]:
    """A Twilio whose clock is told the time."""
    with LoopbackTwilio(clock=clock) as server:
        yield server


def bodies(gateway: TwilioSms, since: datetime, to: str | None = None) -> list[str]:
    return [each.body for each in logged(gateway, since, to)]


def fill(server: LoopbackTwilio, count: int, **more: Any) -> None:
    for each in range(count):
        server.books.add(TO, str(each), **more)


def test_a_message_is_found_as_it_was_sent(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    accepted = outcome(twilio)
    (found,) = logged(twilio, NOON)
    assert found == Logged(
        id=accepted.id,
        to=TO,
        body=BODY,
        sender=NUMBER,
        messaging_service_sid=None,
        created_at=NOON,
        receipt=Receipt.UNDER_WAY,
        segments=1,
        currency="USD",
    )


def test_what_it_cost_is_told_once_twilio_knows_it(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    outcome(twilio, text(body="x" * 200))
    server.books.settle()
    (found,) = logged(twilio, NOON)
    assert (found.price, found.currency, found.segments) == (Decimal("0.01580"), "USD", 2)


@pytest.mark.parametrize(
    ("status", "receipt"),
    [
        ("accepted", Receipt.UNDER_WAY),
        ("scheduled", Receipt.UNDER_WAY),
        ("queued", Receipt.UNDER_WAY),
        ("sending", Receipt.UNDER_WAY),
        ("sent", Receipt.UNDER_WAY),
        ("partially_delivered", Receipt.UNDER_WAY),
        ("invented_tomorrow", Receipt.UNDER_WAY),
        ("delivered", Receipt.DELIVERED),
        ("read", Receipt.DELIVERED),
        ("undelivered", Receipt.UNDELIVERED),
        ("failed", Receipt.UNDELIVERED),
        ("canceled", Receipt.UNDELIVERED),
    ],
)
def test_every_status_says_how_far_a_message_got(
    server: LoopbackTwilio, twilio: TwilioSms, status: str, receipt: Receipt
) -> None:
    outcome(twilio)
    server.books.settle(status)
    assert [each.receipt for each in logged(twilio, NOON)] == [receipt]


def test_the_messaging_service_is_told(server: LoopbackTwilio) -> None:
    gateway = TwilioSms(ACCOUNT, TOKEN, service=SERVICE, base_url=server.url)
    outcome(gateway)
    (found,) = logged(gateway, NOON)
    assert (found.messaging_service_sid, found.sender) == (SERVICE, None)


def test_only_one_recipients_messages_are_asked_for(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    server.books.add(TO, "mine")
    server.books.add(OTHER, "another's")
    assert bodies(twilio, NOON, TO) == ["mine"]
    assert dict(server.requests[0].query) == {"To": TO, "PageSize": "1000"}
    assert sorted(bodies(twilio, NOON)) == ["another's", "mine"]


def test_what_owners_wrote_is_left_out(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    server.books.add(NUMBER, "STOP", direction="inbound")
    server.books.add(TO, "ours")
    assert bodies(twilio, NOON) == ["ours"]


def test_the_log_begins_at_the_instant_asked_for(server: LoopbackTwilio, twilio: TwilioSms, clock: Clock) -> None:
    for body in ("before", "at", "after"):
        server.books.add(TO, body)
        clock.pass_(seconds=1)
    assert bodies(twilio, NOON + timedelta(seconds=1)) == ["after", "at"]


def test_all_pages_are_read(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    fill(server, 2500)
    assert bodies(twilio, NOON) == [str(each) for each in reversed(range(2500))]
    assert len(server.requests) == 3


def test_reading_ends_where_messages_left_before_the_instant_asked_for(
    server: LoopbackTwilio, twilio: TwilioSms, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_module, "PAGE", 10)
    fill(server, 100)
    server.books.settle()
    clock.pass_(minutes=5)
    fill(server, 15)
    assert len(logged(twilio, NOON + MINUTE)) == 15
    assert len(server.requests) == 2


def test_a_message_that_waited_long_in_the_queue_hides_none_that_was_created_after_it(
    server: LoopbackTwilio, twilio: TwilioSms, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twilio sorts by the time of leaving. Stopping at the first one created too early would send a text twice."""
    monkeypatch.setattr(gateway_module, "PAGE", 1)
    for waits in (timedelta(hours=9), timedelta()):
        server.books.add(TO, f"waits {waits}", waits=waits)
        clock.pass_(minutes=5)
    server.books.settle()
    assert bodies(twilio, NOON + MINUTE) == ["waits 0:00:00"]


def test_a_page_that_begins_with_the_last_message_of_the_one_before_does_no_harm(
    server: LoopbackTwilio, twilio: TwilioSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_module, "PAGE", 10)
    server.books.repeats_itself = True
    fill(server, 25)
    found = logged(twilio, NOON)
    assert {each.body for each in found} == {str(each) for each in range(25)}


def test_messages_that_arrive_while_pages_are_read_shift_nothing(
    server: LoopbackTwilio, twilio: TwilioSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_module, "PAGE", 10)
    fill(server, 30)
    server.on_request = lambda _: fill(server, 5)
    found = logged(twilio, NOON)
    assert len(server.requests) == 4
    assert sorted(each.body for each in found) == sorted([*map(str, range(30)), *map(str, range(5))])
    assert len({each.id for each in found}) == 35


@pytest.mark.parametrize("minutes", [-2, 2])
def test_times_are_those_of_twilios_clock(server: LoopbackTwilio, twilio: TwilioSms, minutes: int) -> None:
    server.books.skew = timedelta(minutes=minutes)
    outcome(twilio)
    assert [each.created_at for each in logged(twilio)] == [NOON + timedelta(minutes=minutes)]


def test_a_text_is_found_by_its_own_words_in_a_trial_account_too(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    server.books.add(TO, f"Sent from your Twilio trial account - {BODY}")
    assert bodies(twilio, NOON) == [BODY]


def test_two_equal_messages_are_two(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    outcome(twilio)
    outcome(twilio)
    assert len({each.id for each in logged(twilio, NOON, TO)}) == 2


@pytest.mark.parametrize(
    ("trouble", "error", "code"),
    [
        (busy("2"), NotProcessed, "20429"),
        (refused(20003), CredentialsRefused, "20003"),
        (refused(20404), CredentialsRefused, "20404"),
        (refused(21211), OutcomeUnknown, "21211"),
        (failing(), OutcomeUnknown, "20500"),
        (dropped(), OutcomeUnknown, "dropped"),
        (garbled(b"<html>", status=403), NotProcessed, "http_403"),
        (garbled(b"", status=204), OutcomeUnknown, "unreadable"),
        (garbled(b"nul", status=200), OutcomeUnknown, "unreadable"),
        (garbled(b"[]", status=200), OutcomeUnknown, "unreadable"),
        (garbled(b'{"messages": [{}]}', status=200), OutcomeUnknown, "unreadable"),
        (garbled(b'{"messages": 7}', status=200), OutcomeUnknown, "unreadable"),
        (garbled(b'{"messages": [], "next_page_uri": 7}', status=200), OutcomeUnknown, "unreadable"),
        (garbled(b'{"messages": %s' % (b"[" * 100_000), status=200), OutcomeUnknown, "unreadable"),
        (garbled(b'{"a": [], "b": []}', status=200), OutcomeUnknown, "unreadable"),
        (garbled(b'{"messages": [{"sid": "SM1"}]}', status=200), OutcomeUnknown, "unreadable"),
    ],
)
@pytest.mark.parametrize("pages_before", [0, 1])
def test_a_log_that_cannot_be_read_is_never_taken_for_an_empty_one(
    server: LoopbackTwilio,
    twilio: TwilioSms,
    monkeypatch: pytest.MonkeyPatch,
    pages_before: int,
    trouble: Answer,
    error: type[SmsError],
    code: str,
) -> None:
    monkeypatch.setattr(gateway_module, "PAGE", 10)
    fill(server, 25)
    # aiohttp asks once more where a connection drops: reading changes nothing
    server.script(*[Answer()] * pages_before, trouble, trouble, to="log")
    with pytest.raises(error) as raised:
        logged(twilio, NOON)
    assert (type(raised.value), raised.value.code) == (error, code)


@pytest.mark.parametrize("channel", ["rcs:", "whatsapp:"])
def test_a_text_that_a_messaging_service_sent_another_way_is_found_by_its_number(
    server: LoopbackTwilio, channel: str
) -> None:
    gateway = TwilioSms(ACCOUNT, TOKEN, service=SERVICE, base_url=server.url)
    server.books.add(f"{channel}{TO}", BODY, service=SERVICE)
    assert [each.to for each in logged(gateway, NOON, TO)] == [TO]
    assert [each.to for each in logged(gateway, NOON)] == [TO]


def test_one_entry_that_cannot_be_read_hides_none_of_the_others(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    fill(server, 3)
    server.distort = lambda message: message if message["body"] != "1" else message | {"sid": 7}
    found = []

    async def read() -> None:
        async with twilio.connected():
            async for each in twilio.log(NOON):
                found.append(each.body)  # noqa: PERF401  the error would take them along

    with pytest.raises(OutcomeUnknown, match="unreadable"):
        asyncio.run(read())
    assert found == ["2", "0"]


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        ({"price": "lots"}, {"price": None}),
        ({"price": "NaN"}, {"price": None}),
        ({"price": "-1e99999"}, {"price": None}),
        ({"price_unit": "dollars"}, {"price": None, "currency": None}),
        ({"num_segments": "1000000000000"}, {"segments": None}),
        ({"num_segments": []}, {"segments": None}),
        ({"error_code": {"a": []}}, {"code": None}),
        ({"error_code": "30005"}, {"code": "30005", "is_dead_number": True}),
        ({"error_code": 10**50}, {"code": None}),
        ({"status": ["delivered"]}, {"receipt": Receipt.UNDER_WAY}),
        ({"date_sent": 7}, {}),
    ],
)
def test_what_is_odd_about_an_entry_is_left_out(
    server: LoopbackTwilio, twilio: TwilioSms, odd: dict[str, Any], kept: dict[str, Any]
) -> None:
    outcome(twilio)
    server.books.settle()
    (plain,) = logged(twilio, NOON)
    server.distort = lambda message: message | odd
    assert logged(twilio, NOON) == [replace(plain, **kept)]


def test_the_next_page_is_asked_for_at_twilio_wherever_it_is_said_to_be(twilio: TwilioSms) -> None:
    page = b'{"messages": [], "next_page_uri": "%s"}'
    with LoopbackTwilio() as other, LoopbackTwilio() as server:
        twilio.base_url = server.url
        for address in (f"{other.url}/", f"//{other.url.removeprefix('http://')}/", f"@{other.url[7:]}/"):
            server.script(garbled(page % address.encode(), status=200), to="log")
            with pytest.raises(SmsError):
                logged(twilio)
        assert (len(server.requests), other.requests) == (6, [])


def test_a_log_that_goes_in_circles_is_left(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    server.always(garbled(b'{"messages": [], "next_page_uri": "/page"}', status=200), to="log")
    with pytest.raises(OutcomeUnknown, match="unreadable"):
        logged(twilio)


def test_a_log_without_messages_is_empty(twilio: TwilioSms) -> None:
    assert logged(twilio) == []
