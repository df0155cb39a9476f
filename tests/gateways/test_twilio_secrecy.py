"""No credential, phone number or text gets into a log or an error, whatever happens."""

import logging
import traceback
from base64 import b64encode

import pytest

from shared.gateways.sms import SmsError
from shared.gateways.twilio import TwilioSms
from tests.gateways.asking import BODY, TO, logged, sent, text
from tests.loopback.twilio import (
    ACCOUNT,
    NUMBER,
    TOKEN,
    Answer,
    LoopbackTwilio,
    busy,
    dropped,
    failing,
    garbled,
    refused,
)

SECRETS = (TO.strip("+"), NUMBER.strip("+"), BODY, TOKEN, b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode())
TELLING = b'{"code": 21211, "message": "+12025550142 is not valid", "status": 400}'
TROUBLE = (
    Answer(),
    busy(),
    failing(),
    dropped(),
    garbled(b"nul"),
    garbled(TELLING, status=400),
    garbled(TELLING, status=500),
    garbled(TO.encode(), status=403),
    refused(20003),
)


def told(words: str) -> list[str]:
    return [each for each in SECRETS if each in words]


def test_no_log_line_tells_any_of_it(
    server: LoopbackTwilio, twilio: TwilioSms, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script(*TROUBLE)
    sent(twilio, *[text()] * len(TROUBLE))
    logged(twilio, to=TO)
    assert told(caplog.text) == []


def test_no_error_tells_any_of_it_not_even_in_its_trace(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    server.script(*TROUBLE)
    nowhere = TwilioSms(ACCOUNT, TOKEN, number=NUMBER, base_url="http://127.0.0.1:9")
    errors = [*sent(twilio, *[text()] * len(TROUBLE)), *sent(nowhere, text())]
    traces = ["".join(traceback.format_exception(each)) for each in errors if isinstance(each, SmsError)]
    assert len(traces) == len(TROUBLE)
    assert told("".join(traces)) == []


def test_no_error_about_the_log_tells_any_of_it(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    """There the recipient is part of the address."""
    for trouble in TROUBLE[1:]:
        server.script(trouble, trouble, to="log")
        with pytest.raises(SmsError) as raised:
            logged(twilio, to=TO)
        assert told("".join(traceback.format_exception(raised.value))) == []
        server._next.clear()


@pytest.mark.usefixtures("hurried")
def test_no_connection_for_the_log_tells_none_of_it_either(deaf_port: int) -> None:
    """The error of aiohttp names the whole address."""
    with pytest.raises(SmsError) as raised:
        logged(TwilioSms(ACCOUNT, TOKEN, number=NUMBER, base_url=f"http://127.0.0.1:{deaf_port}"), to=TO)
    assert told("".join(traceback.format_exception(raised.value))) == []


def test_the_gateway_does_not_show_them_as_text(twilio: TwilioSms) -> None:
    assert told(repr(twilio)) == []
    assert ACCOUNT not in repr(twilio)
