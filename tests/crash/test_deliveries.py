"""Killed at random moments while it sends through a provider that keeps its own books: every message taken once."""

import random
import signal
import sys
from collections import Counter, deque
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import Engine

from benchmarks.due import prepared
from benchmarks.stand_in import books, twilio
from shared.application import utc_now
from shared.database import tables
from tests import rows, warm_start
from tests.crash.life import Life

LATENCY = 0.1
ANSWERS_A_LIFE = 150
"""At most so many are answered before the process is killed. More are on their way, and none is recorded."""


MINUTES = count()
"""Each process runs a minute after the one before: time never goes back."""


def deliverer(database: str, url: str, moment: str) -> Life:
    """A process that delivers until it is killed."""
    return Life("tests.crash.deliverer", database, url, str(next(MINUTES)), moment)


def let_claims_run_out(engine: Engine) -> None:
    """As if the time had passed after which a dead worker's texts are looked up for the last time."""
    with engine.begin() as connection:
        table = tables.notifications
        is_sending = table.c.status == "sending"
        long_ago, a_while_ago = rows.NOON - timedelta(days=1), utc_now() - timedelta(minutes=10)
        passed = {"claimed_until": long_ago, "attempted_at": a_while_ago}
        connection.execute(table.update().where(is_sending).values(**passed))


def moments(kills: int, dice: random.Random) -> list[str]:
    """Some of both sorts, in any order."""
    found = [f"message:{dice.randint(1, ANSWERS_A_LIFE)}" for _ in range(kills // 2)]
    found += [f"after:{dice.uniform(0.1, 0.7):.3f}" for _ in range(kills - kills // 2)]
    dice.shuffle(found)
    return found


def statuses(engine: Engine) -> Counter[str]:
    return Counter(each.status for each in rows.all_of(engine, tables.notifications))


def kill_and_kill_again(engine: Engine, many: int, kills: int, seed: int) -> None:
    """Deliver `many` messages in a process that is killed `kills` times, and in the end left in peace."""
    database = engine.url.render_as_string(hide_password=False)
    prepared(database, many).dispose()
    killed = 0
    with twilio(LATENCY, "--fault", "drop=0.01", command=warm_start.command) as url:
        waiting = deque([*moments(kills, random.Random(seed)), "", ""])
        lives = deque(
            deliverer(database, url, waiting.popleft()) for _ in range(2)
        )  # one gets ready while another works
        while lives:
            killed += lives.popleft().live() == -signal.SIGKILL
            let_claims_run_out(engine)
            if waiting:
                lives.append(deliverer(database, url, waiting.popleft()))
        for _ in range(5):  # a connection that drops in the last of these lives is looked up in another
            if statuses(engine)["sending"]:
                deliverer(database, url, "").live()
                let_claims_run_out(engine)
        assert statuses(engine) == {"sent": many}
        taken = books(url)
    assert killed > kills // 2, "most were killed in the middle of their work"
    assert len(taken) == many
    assert set(Counter(each["to"] for each in taken).values()) == {1}
    on_record = {each.provider_message_id: each.to_phone for each in rows.all_of(engine, tables.notifications)}
    assert on_record == {each["sid"]: each["to"] for each in taken}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL: kills are tried on Linux and macOS")
def test_killed_ten_times_every_message_is_taken_exactly_once(engine: Engine) -> None:
    kill_and_kill_again(engine, many=2_000, kills=10, seed=10)


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL: kills are tried on Linux and macOS")
def test_killed_two_hundred_times_every_message_is_taken_exactly_once(engine: Engine) -> None:
    kill_and_kill_again(engine, many=25_000, kills=200, seed=200)
