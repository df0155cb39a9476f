"""How far a request got when no answer came back: nothing left, or nobody knows. Over real sockets."""

import asyncio
import socket
import ssl
from datetime import timedelta

import pytest
import trustme

from shared.gateways.sms import Accepted, OutcomeUnknown, Unreachable
from shared.gateways.twilio import TwilioSms
from tests.doubles import Clock
from tests.gateways.asking import logged, outcome, sent, text
from tests.loopback.http import Response
from tests.loopback.twilio import (
    ACCOUNT,
    NUMBER,
    TOKEN,
    Answer,
    LoopbackTwilio,
    dripping,
    dropped,
    failing,
    garbled,
    late,
    silent,
)
from tests.rows import NOON


def gateway_to(url: str) -> TwilioSms:
    return TwilioSms(ACCOUNT, TOKEN, number=NUMBER, base_url=url)


def nothing_left(gateway: TwilioSms) -> str:
    answer = outcome(gateway)
    assert type(answer) is Unreachable
    return answer.code


def nobody_knows(gateway: TwilioSms) -> str:
    answer = outcome(gateway)
    assert type(answer) is OutcomeUnknown
    return answer.code


# Nothing left


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_refused_connection(closed_port: int) -> None:
    assert nothing_left(gateway_to(f"http://127.0.0.1:{closed_port}")) == "connect_failed"


@pytest.mark.usefixtures("hurried")
def test_a_connection_that_nobody_answers(deaf_port: int) -> None:
    assert nothing_left(gateway_to(f"http://127.0.0.1:{deaf_port}")) == "connect_timeout"


def test_a_name_that_is_not_known() -> None:
    assert nothing_left(gateway_to("https://twilio.invalid")) == "connect_dns"


def test_a_server_that_does_not_speak_tls(server: LoopbackTwilio) -> None:
    assert nothing_left(gateway_to(server.url.replace("http://", "https://"))) == "connect_tls"
    assert server.requests == []


def test_a_certificate_that_nobody_vouches_for() -> None:
    """The auth token must not be told to somebody who only says to be Twilio."""
    heard = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1000))
        writer.close()

    async def ask() -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
        listener = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
        gateway = gateway_to(f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
        async with listener, gateway.connected():
            with pytest.raises(Unreachable) as error:
                await gateway.send(text())
        return error.value.code

    assert asyncio.run(ask()) == "connect_tls"
    assert b"".join(heard) == b""


@pytest.mark.usefixtures("hurried")
def test_no_free_connection_in_time(server: LoopbackTwilio) -> None:
    """More senders than connections: those that waited in vain have sent nothing."""
    server.always(silent())
    gateway = gateway_to(server.url)
    gateway.connections = 1

    async def two_at_once() -> list[object]:
        async with gateway.connected():
            return await asyncio.gather(gateway.send(text()), gateway.send(text()), return_exceptions=True)

    answers = asyncio.run(two_at_once())
    assert sorted(type(each).__name__ for each in answers) == ["OutcomeUnknown", "Unreachable"]
    assert len(server.requests) == 1


# Nobody knows


@pytest.mark.parametrize("is_accepted", [True, False])
@pytest.mark.parametrize("after", [0, 10, 60, 160])
def test_a_connection_that_drops(server: LoopbackTwilio, twilio: TwilioSms, after: int, is_accepted: bool) -> None:
    """Before the answer, within its first line, its head, its body."""
    server.script(dropped(after=after, is_accepted=is_accepted))
    assert nobody_knows(twilio) in ("dropped", "unreadable")
    assert len(server.books.messages) == is_accepted


@pytest.mark.usefixtures("hurried")
def test_silence(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    server.script(silent())
    assert nobody_knows(twilio) == "timeout"
    assert len(server.books.messages) == 1


@pytest.mark.usefixtures("hurried")
def test_an_answer_that_comes_too_late(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    server.script(late(5))
    assert nobody_knows(twilio) == "timeout"


@pytest.mark.usefixtures("hurried")
def test_an_answer_in_drops(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    """Each drop comes soon enough, the whole does not."""
    server.script(dripping(0.05))
    assert nobody_knows(twilio) == "timeout"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nul",
        b"null",
        b"[]",
        b"7",
        b"{}",
        b'{"sid": null}',
        b'{"sid": ""}',
        b'{"sid": 7}',
        b'{"sid": "SM1", "num_segments": "many"}',
        b'{"sid": "SM',
        b'{"sid": "%s"}' % (b"x" * 65),
        b'{"sid": "SM\\u0000"}',
        b'{"sid": "SM 1"}',
        b'{"sid": %s' % (b"[" * 100_000),
        b"\xff\xfe\x00",
        b"<html>welcome</html>",
    ],
)
def test_a_success_that_cannot_be_read(server: LoopbackTwilio, twilio: TwilioSms, body: bytes) -> None:
    server.script(garbled(body))
    assert nobody_knows(twilio) == "unreadable"
    assert len(server.books.messages) == 1


@pytest.mark.parametrize("many", [b"99999999999999999999", b'"99999"', b"-3", b"0"])
def test_a_success_that_counts_no_possible_number_of_segments_is_one(
    server: LoopbackTwilio, twilio: TwilioSms, many: bytes
) -> None:
    server.script(garbled(b'{"sid": "SM1", "num_segments": %s}' % many))
    assert outcome(twilio) == Accepted("SM1", None)


def test_a_success_in_an_unknown_alphabet_can_be_read(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    server.script(garbled(b'{"sid": "SM1"}', **{"Content-Type": "application/json; charset=klingon"}))
    assert outcome(twilio) == Accepted("SM1")


@pytest.mark.parametrize("head", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 two hundred\r\n\r\n", b"\x00\x01\x02\r\n\r\n"])
def test_an_answer_that_is_not_http(head: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        await writer.drain()
        writer.close()

    async def ask() -> str:
        listener = await asyncio.start_server(answer, "127.0.0.1", 0)
        gateway = gateway_to(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
        async with listener, gateway.connected():
            with pytest.raises(OutcomeUnknown) as error:
                await gateway.send(text())
        return error.value.code

    assert asyncio.run(ask()) in ("unreadable", "dropped")


@pytest.mark.parametrize("is_accepted", [True, False])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error(server: LoopbackTwilio, twilio: TwilioSms, status: int, is_accepted: bool) -> None:
    server.script(failing(status, is_accepted=is_accepted))
    assert nobody_knows(twilio) == "20500"
    assert len(server.books.messages) == is_accepted


def test_a_redirect_is_not_followed(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    elsewhere = Response(headers={"Location": f"{server.url}/elsewhere"})
    server.script(Answer(is_accepted=False, status=307, body=b"", response=elsewhere))
    assert nobody_knows(twilio) == "http_307"
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_host_tells_it_nothing(server: LoopbackTwilio, twilio: TwilioSms, status: int) -> None:
    with LoopbackTwilio() as other:
        elsewhere = Response(headers={"Location": f"{other.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"})
        trouble = Answer(is_accepted=False, status=status, body=b"", response=elsewhere)
        server.script(trouble)
        server.script(trouble, to="log")
        assert nobody_knows(twilio) == f"http_{status}"
        with pytest.raises(OutcomeUnknown):
            logged(twilio)
        assert other.requests == []


def test_a_connection_that_took_too_long_by_the_wall_clock_is_not_used(server: LoopbackTwilio) -> None:
    """The machine was suspended in the meantime, and its own timers with it: another worker may have the text."""
    clock = Clock(NOON)
    instants = iter((NOON, NOON + timedelta(minutes=6)))
    gateway = gateway_to(server.url)
    gateway.clock = lambda: next(instants, clock.now)
    assert nothing_left(gateway) == "connect_timeout"
    assert server.requests == []


# Its clock


def skew_by(*dates: str) -> timedelta | None:
    """Send a text for each Date header that comes back; return what is known of the clock then."""
    with LoopbackTwilio() as server:
        server.script(*(Answer(response=Response(headers={"Date": date})) for date in dates))
        gateway = TwilioSms(ACCOUNT, TOKEN, number=NUMBER, base_url=server.url, clock=Clock(NOON))

        async def send() -> timedelta | None:
            async with gateway.connected():
                for _ in dates:
                    await gateway.send(text())
                return gateway.clock_skew

        return asyncio.run(send())


@pytest.mark.parametrize(
    ("dates", "skew"),
    [
        (["Tue, 03 Mar 2026 17:00:00 GMT"], timedelta()),
        (["Tue, 03 Mar 2026 17:10:00 GMT"], timedelta(minutes=10)),
        (["Tue, 03 Mar 2026 16:50:00 GMT", "Tue, 03 Mar 2026 16:55:00 GMT"], timedelta(minutes=-5)),
        (
            ["soon", "Tue, 99 Mar 2026 17:00:00 GMT", "Tue, 03 Mar 2026 17:00:00", "Tue, 03 Mar 2026 17:00:00 +9999"],
            None,
        ),
    ],
)
def test_its_clock_is_compared_with_ours(dates: list[str], skew: timedelta | None) -> None:
    assert skew_by(*dates) == skew


@pytest.mark.parametrize("trouble", [dropped(), failing(), garbled(b"nul"), garbled(b"\xff")])
def test_the_next_message_is_none_the_worse(server: LoopbackTwilio, twilio: TwilioSms, trouble: Answer) -> None:
    server.script(trouble)
    first, second = sent(twilio, text(), text())
    assert (type(first), type(second)) == (OutcomeUnknown, Accepted)


def test_a_connection_that_the_server_closed_meanwhile_is_ambiguous_and_not_used_for_a_second_try(
    server: LoopbackTwilio, twilio: TwilioSms
) -> None:
    """Whether the request arrived just before the closing cannot be known from here."""

    async def send_twice() -> object:
        async with twilio.connected():
            await twilio.send(text())
            for each in list(server.connections):
                each.loop.call_soon_threadsafe(each.transport.abort)
            return (await asyncio.gather(twilio.send(text()), return_exceptions=True))[0]

    answer = asyncio.run(send_twice())
    assert isinstance(answer, Accepted | OutcomeUnknown)
    assert len(server.books.messages) <= 2
