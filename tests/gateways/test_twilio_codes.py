"""What each of Twilio's answers means, and what is done about it."""

import re

import pytest

from shared.gateways.sms import (
    Accepted,
    CredentialsRefused,
    DailyCapReached,
    NotProcessed,
    OptedOut,
    OutcomeUnknown,
    Rejected,
    SenderRefused,
    SmsError,
)
from shared.gateways.twilio import TwilioSms
from shared.gateways.twilio_codes import CODES, ERRORS, Action, Trouble, refusal
from tests.gateways.asking import logged, outcome
from tests.loopback.twilio import LoopbackTwilio, busy, garbled, refused
from tests.test_docs import ROOT

# What the rest of the application, and its operators, rely on.
KNOWN = {
    20003: CredentialsRefused,
    20429: NotProcessed,
    21211: Rejected,
    21212: SenderRefused,
    21408: Rejected,
    21603: SenderRefused,
    21606: SenderRefused,
    21610: OptedOut,
    21611: NotProcessed,
    21614: Rejected,
    21635: Rejected,
    21703: SenderRefused,
    30001: NotProcessed,
    63038: DailyCapReached,
}
DEAD = {21211, 21217, 21265, 21268, 21614, 21635, 30005, 30006}
HTML = b"<html><body>Forbidden</body></html>"


@pytest.mark.parametrize(("code", "error"), KNOWN.items())
def test_what_is_relied_on(server: LoopbackTwilio, twilio: TwilioSms, code: int, error: type[SmsError]) -> None:
    server.script(refused(code))
    answer = outcome(twilio)
    assert (type(answer), answer.code) == (error, str(code))
    assert server.books.messages == []


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_the_table_gets_its_action(server: LoopbackTwilio, twilio: TwilioSms, code: int) -> None:
    server.script(refused(code))
    answer = outcome(twilio)
    assert (type(answer), answer.code) == (ERRORS[CODES[code].action], str(code))


def test_every_action_has_an_error_of_its_own() -> None:
    assert set(ERRORS) == set(Action)
    assert len(set(ERRORS.values())) == len(Action)


@pytest.mark.parametrize("code", CODES)
def test_a_receipt_tells_the_code_and_whether_the_number_is_dead(
    server: LoopbackTwilio, twilio: TwilioSms, code: int
) -> None:
    """With a messaging service any of them may come after the message was taken."""
    outcome(twilio)
    server.books.settle("undelivered", code)
    (found,) = logged(twilio)
    assert (found.code, found.is_dead_number, found.is_opt_out) == (str(code), code in DEAD, code == 21610)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, 21999, Rejected),
        (403, 21999, Rejected),
        (401, 21999, CredentialsRefused),
        (429, 21999, NotProcessed),
        (500, 21999, OutcomeUnknown),
        (503, 20429, OutcomeUnknown),
        (500, 21610, OutcomeUnknown),
    ],
)
def test_an_unknown_code_is_taken_by_its_http_status_and_a_server_error_always(
    server: LoopbackTwilio, twilio: TwilioSms, status: int, code: int, error: type[SmsError]
) -> None:
    server.script(garbled(b'{"code": %d, "message": "?", "status": %d}' % (code, status), status=status))
    answer = outcome(twilio)
    assert (type(answer), answer.code) == (error, str(code))


@pytest.mark.parametrize(
    "body", [HTML, b"", b"\xff\xfe", b"{}", b"[]", b'"x"', b"null", b'{"code": null}', b'{"code": 404}']
)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, OutcomeUnknown),
        (400, NotProcessed),
        (401, CredentialsRefused),
        (403, NotProcessed),
        (404, NotProcessed),
        (407, NotProcessed),
        (429, NotProcessed),
        (500, OutcomeUnknown),
        (502, OutcomeUnknown),
        (599, OutcomeUnknown),
    ],
)
def test_an_answer_without_a_code_is_not_twilios_and_rejects_nothing_for_good(
    server: LoopbackTwilio, twilio: TwilioSms, status: int, body: bytes, error: type[SmsError]
) -> None:
    server.script(garbled(body, status=status, is_accepted=False))
    answer = outcome(twilio)
    assert (type(answer), answer.code) == (error, f"http_{status}")


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"code": %s}' % (b"9" * 30), b'{"code": "%s"}' % (b"9" * 30)])
def test_a_refusal_that_is_nonsense_is_one_without_a_code(
    server: LoopbackTwilio, twilio: TwilioSms, body: bytes
) -> None:
    server.script(garbled(body, status=400, is_accepted=False))
    answer = outcome(twilio)
    assert (type(answer), answer.code) == (NotProcessed, "http_400")


def test_problem_details_hold_a_code_as_well(server: LoopbackTwilio, twilio: TwilioSms) -> None:
    """RFC 9457, the newer form of Twilio's errors."""
    body = b'{"type": "about:blank", "title": "No", "status": 400, "code": 21610, "detail": "+12025550142 said STOP"}'
    server.script(garbled(body, status=400))
    assert isinstance(outcome(twilio), OptedOut)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("3", 3.0),
        ("0", 0.0),
        (None, None),
        ("soon", None),
        ("-1", None),
        ("1e9", None),
        ("9" * 20, 3600.0),
        ("9" * 5000, 3600.0),
        ("²", None),
        ("Wed, 04 Mar 2026 17:00:00 GMT", None),
    ],
)
def test_twilio_may_say_how_long_to_wait(
    server: LoopbackTwilio, twilio: TwilioSms, said: str | None, seconds: float | None
) -> None:
    server.script(busy(said))
    answer = outcome(twilio)
    assert isinstance(answer, NotProcessed)
    assert answer.retry_after == seconds


def test_a_daily_cap_may_name_a_wait_too() -> None:
    error = refusal(429, 63038, 60.0)
    assert isinstance(error, DailyCapReached)
    assert error.retry_after == 60.0


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_success_with_an_id_is_an_acceptance(server: LoopbackTwilio, twilio: TwilioSms, status: int) -> None:
    server.script(garbled(b'{"sid": "SMabc", "num_segments": "2"}', status=status))
    assert outcome(twilio) == Accepted("SMabc", 2)


# The document

DOCUMENT = (ROOT / "docs" / "sms.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+?) \| ([^|]+?) \|( number dead \|)?", re.MULTILINE)


def test_the_document_tells_every_code_its_meaning_and_its_action() -> None:
    told = {code: (words, action, bool(dead)) for code, words, action, dead in ROW.findall(DOCUMENT) if code.isdigit()}
    assert told == {str(code): (each.words, each.action, each.is_dead_number) for code, each in CODES.items()}


def test_the_document_tells_what_stands_where_there_is_no_code() -> None:
    told = {code for code, *_ in ROW.findall(DOCUMENT) if not code.isdigit()}
    assert {*Trouble, "http_NNN"} == told
