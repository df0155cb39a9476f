"""Whole runs against a stand-in for Twilio on this machine."""

import re
from collections.abc import Iterator

import pytest

from tests.cli.shell import AT, JOB, Shell
from tests.loopback.twilio import (
    ACCOUNT,
    NUMBER,
    TOKEN,
    LoopbackTwilio,
    busy,
    dropped,
    failing,
    garbled,
    refused,
)

TELLING = b'{"code": 21211, "message": "+12025550142 is not valid", "status": 400}'


@pytest.fixture
def server() -> Iterator[LoopbackTwilio]:
    """A Twilio that takes everything unless it is told otherwise."""
    with LoopbackTwilio() as server:
        yield server


@pytest.fixture
def live(petcare: Shell, server: LoopbackTwilio) -> Shell:
    """A shell whose texts go to that server, and whose log tells everything."""
    account = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_PHONE_NUMBER": NUMBER}
    petcare.settings.update(account, SMS_PROVIDER="twilio", TWILIO_API_BASE_URL=server.url, LOG_LEVEL="DEBUG")
    return petcare


def test_a_run_hands_each_text_over_once(live: Shell, server: LoopbackTwilio) -> None:
    live("run", JOB, "--at", AT)
    found = live.sql("SELECT provider_message_id, to_phone, body FROM notifications WHERE status = 'sent'")
    assert sorted(found) == sorted((each.sid, each.to, each.body) for each in server.books.messages)
    assert len(found) > 10
    assert {each.form["From"] for each in server.requests} == {NUMBER}


def test_texts_from_a_name_ask_for_no_reply(live: Shell, server: LoopbackTwilio) -> None:
    live.settings["TWILIO_PHONE_NUMBER"] = "HappyPaws"
    live("run", JOB, "--at", AT)
    forms = [each.form for each in server.requests if each.method == "POST"]
    assert {each["From"] for each in forms} == {"HappyPaws"}
    assert [each["Body"] for each in forms if "STOP" in each["Body"]] == []


def test_refused_credentials_end_a_run_and_lose_nothing(live: Shell, server: LoopbackTwilio) -> None:
    server.always(refused(20003))
    done = live("run", JOB, "--at", AT)
    assert (done.code, "TWILIO_" in done.err) == (1, True)
    assert {status for (status,) in live.sql("SELECT status FROM notifications")} <= {"planned", "cancelled"}
    server.always(None)
    live("run", JOB, "--at", "2026-03-04T17:10:00Z")
    assert live.sql("SELECT count(*) FROM notifications WHERE status = 'sent'")[0][0] == len(server.books.messages) > 10


def test_nothing_secret_is_said_even_when_everything_is_logged(live: Shell, server: LoopbackTwilio) -> None:
    server.script(busy(), failing(), dropped(), garbled(b"nul"), garbled(TELLING, status=400), refused(21610))
    done = live("run", JOB, "--at", AT)
    said = done.out + done.err
    posted = [each.form for each in server.requests if each.method == "POST"]
    assert len(posted) > 10
    secrets = {TOKEN, *(each["To"].strip("+") for each in posted), *(each["Body"] for each in posted)}
    assert [each for each in secrets if each in said] == []
    assert re.findall(r"\d{10,}", re.sub(r"[0-9a-f-]{32,}", "", said)) == []
