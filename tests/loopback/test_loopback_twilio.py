"""The stand-in for Twilio does what tests and benchmarks that lean on it believe."""

import json
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from shared.gateways.sms import Accepted, NotProcessed, OutcomeUnknown
from shared.gateways.twilio import TwilioSms
from tests import warm_start
from tests.gateways.asking import TO, logged, outcome, sent, text
from tests.loopback.twilio import ACCOUNT, NUMBER, TOKEN, LoopbackTwilio, busy, dropped, refused

ROOT = Path(__file__).resolve().parents[2]
OTHER = "+12025550143"


@pytest.fixture
def server() -> Iterator[LoopbackTwilio]:
    """The stand-in, in a thread of this process."""
    with LoopbackTwilio() as server:
        yield server


def gateway_to(url: str) -> TwilioSms:
    return TwilioSms(ACCOUNT, TOKEN, number=NUMBER, base_url=url)


def test_a_script_for_one_number_leaves_the_others_alone(server: LoopbackTwilio) -> None:
    server.script(busy(), to=TO)
    answers = sent(gateway_to(server.url), text(to=OTHER), text(), text())
    assert [type(each) for each in answers] == [Accepted, NotProcessed, Accepted]


def test_a_rule_for_one_number_lasts_until_it_is_taken_back(server: LoopbackTwilio) -> None:
    server.always(refused(21610), to=TO)
    gateway = gateway_to(server.url)
    assert [type(each).__name__ for each in sent(gateway, text(), text(), text(to=OTHER))] == [
        "OptedOut",
        "OptedOut",
        "Accepted",
    ]
    server.always(None, to=TO)
    assert isinstance(outcome(gateway), Accepted)


def test_only_what_was_accepted_is_in_the_books(server: LoopbackTwilio) -> None:
    server.script(dropped(is_accepted=False), dropped(is_accepted=True), refused(21211))
    answers = sent(gateway_to(server.url), *(text(body=str(each)) for each in range(4)))
    assert [type(each).__name__ for each in answers] == ["OutcomeUnknown", "OutcomeUnknown", "Rejected", "Accepted"]
    assert [each.body for each in server.books.messages] == ["1", "3"]


def test_faults_come_as_often_as_asked_for_and_the_same_with_the_same_seed() -> None:
    def run() -> list[str]:
        with LoopbackTwilio(faults=[(busy(), 0.2), (dropped(), 0.1)], seed=7) as server:
            return [type(each).__name__ for each in sent(gateway_to(server.url), *[text()] * 300)]

    first = run()
    counted = Counter(first)
    assert counted.keys() == {"Accepted", "NotProcessed", "OutcomeUnknown"}
    assert 30 < counted["NotProcessed"] < 90
    assert 10 < counted["OutcomeUnknown"] < 60
    assert run() == first


def test_as_a_process_of_its_own_it_serves_and_shows_its_books_to_others() -> None:
    command = warm_start.command("tests.loopback.twilio", "--fault", "drop=1", "--seconds", "60")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert isinstance(outcome(gateway_to(url)), OutcomeUnknown)
        with urlopen(f"{url}/books", timeout=10) as books:  # noqa: S310  loopback
            assert [each["to"] for each in json.load(books)] == [TO]
        assert len(logged(gateway_to(url))) == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_it_ends_by_itself() -> None:
    command = warm_start.command("tests.loopback.twilio", "--seconds", "0.2")
    assert subprocess.run(command, cwd=ROOT, capture_output=True, timeout=30, check=True).stderr == b""
