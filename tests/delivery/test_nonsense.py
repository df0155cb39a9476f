"""Nonsense in any field of any answer of Twilio's harms one text at most, and doubles none."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.application import Application
from shared.database import tables
from shared.gateways.twilio import TwilioSms
from tests import rows
from tests.delivery.conftest import DAY, Outbox
from tests.doubles import Clock, RecordingSms
from tests.loopback.twilio import ACCOUNT, NUMBER, TOKEN, LoopbackTwilio, dropped
from tests.rows import NOON

MISSING = object()
FIELDS = """
    account_sid api_version body date_created date_updated date_sent direction error_code error_message from
    messaging_service_sid num_media num_segments price price_unit sid status subresource_uris to uri
""".split()
IDENTITY = ("body", "date_created", "from", "messaging_service_sid", "sid", "to")
"""What says which text an entry of the log is about. Other words there would make it an entry about another text."""
WORDS = st.text(max_size=70) | st.sampled_from(["9" * 20, "1e999999", "NaN", "-Infinity", "\x00", "x" * 41])
THINGS = st.one_of(
    st.booleans(),
    st.sampled_from([0, -1, 2**31, 2**63, 10**40, 0.5, 1e308, float("nan"), float("inf")]),
    st.recursive(st.just([]) | st.just({}), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner)),
)
NONSENSE = st.fixed_dictionaries({name: THINGS if name in IDENTITY else THINGS | WORDS | st.none() for name in FIELDS})
HEALTHY = {f"+1646555{number:04d}" for number in range(4)}
FAULTY = {f"+1212555{number:04d}": name for number, name in enumerate(FIELDS)}
PLAINLY = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def server(clock: Clock) -> Iterator[LoopbackTwilio]:
    with LoopbackTwilio(clock=clock) as server:
        yield server


@pytest.fixture
def outbox(application: Application, clock: Clock, server: LoopbackTwilio) -> Outbox:
    """Nothing yet, with the real gateway before a Twilio on this machine."""
    gateway = TwilioSms(ACCOUNT, TOKEN, number=NUMBER, base_url=server.url, clock=clock)
    return Outbox(replace(application, sms=gateway), RecordingSms(), clock)


def begin(outbox: Outbox, server: LoopbackTwilio) -> None:
    """Plan a text for each field that will be nonsense, and healthy ones of the same business and of another."""
    outbox.clock.now, server.distort = NOON, lambda message: message
    server.books.messages.clear()
    server.always(None)
    with outbox.application.engine.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(table.delete())
        paws, other = rows.tenant(connection, "paws"), rows.tenant(connection, "other")
        for number, phone in enumerate(sorted(HEALTHY | FAULTY.keys())):
            tenant = other if phone in HEALTHY and number % 2 else paws
            owner = rows.owner(connection, tenant, phone=phone, first_name=f"Ana {number}")
            rows.appointment(connection, tenant, NOON + DAY, owner_id=owner)
    outbox.plan()


def distort(server: LoopbackTwilio, nonsense: dict[str, Any]) -> None:
    """Show each faulty message with nonsense, or nothing, in its field."""

    def distorted(message: dict[str, Any]) -> dict[str, Any]:
        name = FAULTY.get(message["to"])
        if name is None:
            return message
        left = {key: value for key, value in message.items() if key != name}
        return left if nonsense[name] is MISSING else left | {name: nonsense[name]}

    server.distort = distorted


def deliver(outbox: Outbox, minutes: int = 0) -> None:
    """Deliver as often as anything is planned; nothing may be called an error."""
    outbox.clock.pass_(minutes=minutes)
    while True:
        assert outbox.deliver(concurrency=4)["total_errors"] == 0
        if not outbox.statuses.get("planned"):
            return
        with outbox.application.engine.begin() as connection:
            connection.execute(tables.breakers.delete())


def of_the_healthy(outbox: Outbox) -> set[tuple[str, bool]]:
    """In which states healthy texts are, and whether they cost something."""
    return {(each.status, each.price_micros is not None) for each in outbox.notifications if each.to_phone in HEALTHY}


def none_is_doubled(server: LoopbackTwilio) -> bool:
    taken = Counter(each.to for each in server.books.messages)
    return taken.keys() == HEALTHY | FAULTY.keys() and set(taken.values()) == {1}


ANY = st.lists(st.sampled_from(FIELDS), max_size=8)


@PLAINLY
@given(nonsense=NONSENSE, missing=ANY)
def test_in_the_answer_to_a_text(
    outbox: Outbox, server: LoopbackTwilio, nonsense: dict[str, Any], missing: list[str]
) -> None:
    begin(outbox, server)
    distort(server, nonsense | dict.fromkeys(missing, MISSING))
    deliver(outbox)
    assert of_the_healthy(outbox) == {("sent", False)}
    assert set(outbox.statuses) <= {"sent", "sending"}
    server.distort = lambda message: message
    deliver(outbox, minutes=6)
    assert outbox.statuses == {"sent": len(HEALTHY | FAULTY.keys())}
    assert none_is_doubled(server)


@PLAINLY
@given(nonsense=NONSENSE, missing=ANY)
def test_in_the_log_that_is_asked_what_became_of_texts(
    outbox: Outbox, server: LoopbackTwilio, nonsense: dict[str, Any], missing: list[str]
) -> None:
    begin(outbox, server)
    server.always(dropped())
    deliver(outbox)
    server.always(None)
    distort(server, nonsense | dict.fromkeys(missing, MISSING))
    outbox.clock.pass_(minutes=6)
    outbox.deliver()
    assert of_the_healthy(outbox) == {("sent", False)}
    assert set(outbox.statuses) <= {"sent", "sending"}
    server.distort = lambda message: message
    deliver(outbox, minutes=6)
    assert outbox.statuses == {"sent": len(HEALTHY | FAULTY.keys())}
    assert none_is_doubled(server)


@PLAINLY
@given(nonsense=NONSENSE, missing=ANY)
def test_in_the_receipts(outbox: Outbox, server: LoopbackTwilio, nonsense: dict[str, Any], missing: list[str]) -> None:
    begin(outbox, server)
    deliver(outbox)
    server.books.settle()
    distort(server, nonsense | dict.fromkeys(missing, MISSING))
    deliver(outbox, minutes=30)
    assert of_the_healthy(outbox) == {("delivered", True)}
    assert set(outbox.statuses) <= {"sent", "delivered"}
    server.distort = lambda message: message
    deliver(outbox, minutes=30)
    assert outbox.statuses == {"delivered": len(HEALTHY | FAULTY.keys())}
    assert none_is_doubled(server)


def test_one_answer_that_is_no_answer_leaves_the_others_of_its_batch(outbox: Outbox, server: LoopbackTwilio) -> None:
    begin(outbox, server)
    for phone, body in zip(FAULTY, (b"[" * 100_000, b"\xff", b"", b'{"sid": 7', b"null"), strict=False):
        server.script(replace(dropped(), body=body, response=type(dropped().response)()), to=phone)
    deliver(outbox)
    assert outbox.statuses == {"sending": 5, "sent": len(HEALTHY | FAULTY.keys()) - 5}
    deliver(outbox, minutes=6)
    assert outbox.statuses == {"sent": len(HEALTHY | FAULTY.keys())}
    assert none_is_doubled(server)
