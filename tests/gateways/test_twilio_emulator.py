"""Our gateway against a stateful Twilio that nobody here wrote: `emulate` of npm."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from shared.gateways import twilio as gateway_module
from shared.gateways.sms import Accepted, CredentialsRefused, Receipt, SenderRefused
from shared.gateways.twilio import TwilioSms
from tests.gateways import emulator
from tests.gateways.asking import BODY, logged, outcome, sent, text
from tests.loopback.twilio import ACCOUNT, NUMBER, SERVICE, TOKEN
from tests.npm import NotInstalled


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running emulator."""
    try:
        emulator.install()
    except NotInstalled as reason:
        pytest.skip(f"NOT TRIED against the emulator: {reason}")
    with emulator.running(tmp_path_factory.mktemp("emulate")) as url:
        yield url


@pytest.fixture
def twilio(url: str) -> TwilioSms:
    """Our gateway to it."""
    return TwilioSms(ACCOUNT, TOKEN, number=NUMBER, base_url=url)


@pytest.fixture
def to() -> str:
    """A recipient that no other test texts."""
    to.last += 1
    return f"+1202555{to.last}"


to.last = 2000


def report(url: str, sid: str, status: str) -> None:
    """Let the emulator find out what became of a message."""
    authorization = "Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    form = urlencode({"MessageSid": sid, "Status": status}).encode()
    asked = Request(f"{url}/_twilio/simulate/message-status", form, {"Authorization": authorization})  # noqa: S310  loopback
    with urlopen(asked, timeout=10) as answer:  # noqa: S310
        assert answer.status == 200


def test_a_message_is_taken_and_found_again(twilio: TwilioSms, to: str) -> None:
    accepted = outcome(twilio, text(to=to))
    assert isinstance(accepted, Accepted)
    (found,) = logged(twilio, to=to)
    assert (found.id, found.to, found.body, found.sender) == (accepted.id, to, BODY, NUMBER)
    assert (found.receipt, found.segments, accepted.segments) == (Receipt.UNDER_WAY, 1, 1)


def test_a_message_through_a_messaging_service_gets_a_sender_of_its_pool(url: str, to: str) -> None:
    gateway = TwilioSms(ACCOUNT, TOKEN, service=SERVICE, base_url=url)
    assert isinstance(outcome(gateway, text(to=to)), Accepted)
    (found,) = logged(gateway, to=to)
    assert (found.messaging_service_sid, found.sender) == (SERVICE, emulator.OTHER_NUMBER)


@pytest.mark.parametrize(
    ("status", "receipt"),
    [
        ("sending", Receipt.UNDER_WAY),
        ("sent", Receipt.UNDER_WAY),
        ("delivered", Receipt.DELIVERED),
        ("undelivered", Receipt.UNDELIVERED),
        ("failed", Receipt.UNDELIVERED),
    ],
)
def test_its_receipt_is_read(url: str, twilio: TwilioSms, to: str, status: str, receipt: Receipt) -> None:
    accepted = outcome(twilio, text(to=to))
    assert isinstance(accepted, Accepted)
    report(url, accepted.id, status)
    assert [each.receipt for each in logged(twilio, to=to)] == [receipt]


def test_many_messages_are_taken_at_once_and_all_found(
    twilio: TwilioSms, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_module, "PAGE", 50)

    async def all_at_once() -> list[Accepted]:
        async with twilio.connected():
            return await asyncio.gather(*(twilio.send(text(to=to, body=f"Text {each}")) for each in range(120)))

    ids = [each.id for each in asyncio.run(all_at_once())]
    assert {each.id for each in logged(twilio) if each.to == to} == set(ids)
    assert len(set(ids)) == 120


@pytest.mark.parametrize("body", ["Zoë & Max: 100% + 50 = 7;?#/", "明日 14:00 に 🐶"])
def test_a_text_arrives_as_it_is(twilio: TwilioSms, to: str, body: str) -> None:
    sent(twilio, text(to=to, body=body))
    assert [each.body for each in logged(twilio, to=to)] == [body]


def test_a_wrong_token_is_refused_credentials(url: str, to: str) -> None:
    answer = outcome(TwilioSms(ACCOUNT, "wrong", number=NUMBER, base_url=url), text(to=to))
    assert (type(answer), answer.code) == (CredentialsRefused, "20003")


def test_an_account_that_is_not_there_is_refused_credentials(url: str, to: str) -> None:
    answer = outcome(TwilioSms("AC" + "f" * 32, TOKEN, number=NUMBER, base_url=url), text(to=to))
    assert isinstance(answer, CredentialsRefused)


def test_a_number_of_somebody_else_is_a_refused_sender(twilio: TwilioSms, to: str) -> None:
    answer = outcome(twilio, text(to=to, sender="+12025550199"))
    assert (type(answer), answer.code) == (SenderRefused, "21606")


def test_a_messaging_service_without_senders_is_a_refused_sender(twilio: TwilioSms, to: str) -> None:
    answer = outcome(twilio, text(to=to, messaging_service_sid=emulator.EMPTY_SERVICE))
    assert isinstance(answer, SenderRefused)
