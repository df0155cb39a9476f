"""What leaves for Twilio, and what its answers mean, over real sockets."""

import asyncio
from uuid import UUID

import pytest

from shared.gateways.sms import Accepted, OptedOut
from shared.gateways.twilio import TwilioSms
from tests.gateways.asking import BODY, TO, logged, outcome, sent, text
from tests.loopback.twilio import ACCOUNT, NUMBER, SERVICE, TOKEN, LoopbackTwilio, refused

OWN_NUMBER, OWN_SERVICE = "+12025550177", "MG" + "f" * 32


def form(server: LoopbackTwilio) -> dict[str, str]:
    """Return the fields of the only message that was asked for."""
    (request,) = server.requests
    return dict(request.form)


def test_a_message_is_handed_over_with_its_recipient_text_sender_and_validity(
    server: LoopbackTwilio, twilio: TwilioSms
) -> None:
    assert outcome(twilio, text(validity_seconds=5400)) == Accepted("SM" + "1".zfill(32), 1)
    assert form(server) == {"To": TO, "Body": BODY, "From": NUMBER, "ValidityPeriod": "5400"}


def test_a_text_arrives_letter_by_letter(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    body = "".join(map(chr, range(32, 127))) + "%41%2B+ \n\r\n\t é ß 小 \u200d 🐶"
    outcome(twilio, text(body=body))
    assert form(server)["Body"] == body


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, {"MessagingServiceSid": SERVICE}),
        ({"sender": OWN_NUMBER}, {"From": OWN_NUMBER}),
        ({"messaging_service_sid": OWN_SERVICE}, {"MessagingServiceSid": OWN_SERVICE}),
        (
            {"sender": OWN_NUMBER, "messaging_service_sid": OWN_SERVICE},
            {"From": OWN_NUMBER, "MessagingServiceSid": OWN_SERVICE},
        ),
    ],
)
def test_the_tenants_own_sender_goes_before_that_of_the_settings(
    server: LoopbackTwilio, own: dict[str, str], expected: dict[str, str]
) -> None:
    gateway = TwilioSms(ACCOUNT, TOKEN, service=SERVICE, number=NUMBER, base_url=server.url)
    outcome(gateway, text(**own))
    named = {key: value for key, value in form(server).items() if key in ("From", "MessagingServiceSid")}
    assert named == expected


@pytest.mark.parametrize("body", ["Zoë & Max: 100% + 50 = 7;?#/\n\tyes", "明日 14:00 に 🐶", "a" * 1600])
def test_a_text_arrives_as_it_is(server: LoopbackTwilio, twilio: TwilioSms, body: str) -> None:
    outcome(twilio, text(body=body))
    assert form(server)["Body"] == body
    assert [each.body for each in logged(twilio)] == [body]


def test_many_messages_share_few_connections_and_each_gets_its_own_answer(
    server: LoopbackTwilio, twilio: TwilioSms
) -> None:
    server.latency = 0.01
    twilio.connections = 8

    async def all_at_once() -> list[Accepted]:
        async with twilio.connected():
            return await asyncio.gather(*(twilio.send(text(body=str(each))) for each in range(100)))

    ids = [each.id for each in asyncio.run(all_at_once())]
    assert {each.sid: each.body for each in server.books.messages} == {id_: str(n) for n, id_ in enumerate(ids)}
    assert server.most_connections == 8


def test_a_messaging_service_that_has_not_chosen_a_sender_yet_does_not_know_the_segments(
    server: LoopbackTwilio,
) -> None:
    gateway = TwilioSms(ACCOUNT, TOKEN, service=SERVICE, base_url=server.url)
    answer = outcome(gateway)
    assert isinstance(answer, Accepted)
    assert answer.segments is None
    server.books.settle()
    assert [each.segments for each in logged(gateway)] == [1]


def test_a_gateway_may_connect_again(twilio: TwilioSms) -> None:
    assert [len(sent(twilio, text())) for _ in range(2)] == [1, 1]


def test_nothing_is_tried_again_by_itself(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    server.script(refused(20429))
    outcome(twilio)
    assert len(server.requests) == 1


def test_another_region_in_the_environment_changes_nothing(
    server: LoopbackTwilio, twilio: TwilioSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    assert isinstance(outcome(twilio), Accepted)


def test_without_a_base_url_it_is_twilios_own() -> None:
    gateway = TwilioSms(ACCOUNT, TOKEN, number=NUMBER)

    async def address() -> str:
        async with gateway.connected():
            return gateway._connected().api.base_url

    assert asyncio.run(address()) == "https://api.twilio.com"


def test_a_message_that_was_refused_can_be_told_from_the_next(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    server.script(refused(21610), to=TO)
    first, second = sent(twilio, text(), text())
    assert (type(first), type(second)) == (OptedOut, Accepted)


def test_no_message_shows_its_recipient_or_its_text_as_text(twilio: TwilioSms) -> None:
    sms = text(sender=NUMBER)
    assert repr(sms) == f"Sms(notification_id={UUID(int=7)!r}, validity_seconds=3600, messaging_service_sid=None)"
