"""The oracle on its own: the examples of the rules, and the evidence it must not contradict."""

from collections import defaultdict
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from .evidence import promises
from .house import House
from .local_time import Quiet
from .oracle import LEADS, Prediction, due_at, predict
from .places import PLACES
from .platform import Platform
from .script import make_world
from .world import World

NEW_YORK = ZoneInfo("America/New_York")
DEFAULT = House("1", "hudson", True, False, Quiet(NEW_YORK, time(21), time(8)), frozenset(), True)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(datetime(2026, 10, 31, tzinfo=UTC), 4, 40)


@pytest.fixture(scope="module")
def prediction(world: World) -> Prediction:
    return predict(world)


@pytest.mark.parametrize(
    ("job", "start", "due"),
    [
        ("AppointmentReminders2h", "2026-10-28 08:30", "2026-10-27 20:30"),
        ("AppointmentReminders2h", "2026-10-28 09:00", "2026-10-28 08:00"),
        ("AppointmentReminders2h", "2026-10-28 10:00", "2026-10-28 08:00"),
        ("AppointmentReminders2h", "2026-10-28 22:59", "2026-10-28 20:59"),
        ("AppointmentReminders2h", "2026-10-28 23:00", "2026-10-28 20:30"),
        ("AppointmentReminders2h", "2026-11-01 08:30", "2026-10-31 20:30"),
        ("AppointmentReminders24h", "2026-10-28 07:59", "2026-10-27 08:00"),
        ("AppointmentReminders24h", "2026-10-28 21:00", "2026-10-28 08:00"),
        ("AppointmentReminders24h", "2026-11-01 12:00", "2026-10-31 13:00"),
        ("AppointmentReminders24h", "2026-11-01 20:30", "2026-11-01 08:00"),
    ],
)
def test_a_reminder_is_due_when_the_rules_say(job: str, start: str, due: str) -> None:
    instants = (datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC) for text in (start, due))
    assert due_at(LEADS[job], DEFAULT, next(instants)) == next(instants)


def test_the_oracle_keeps_every_promise(world: World, prediction: Prediction) -> None:
    about = defaultdict(list)
    for sent in prediction.sent.elements():
        for member in sent.members:
            about[sent.kind, member].append(sent)
    assert all(promise.is_kept(about[promise.kind, promise.member]) for promise in promises(world))


def test_the_oracle_sends_nothing_twice_and_nothing_it_did_not_decide(prediction: Prediction) -> None:
    members = [(sent.kind, *member) for sent in prediction.sent.elements() for member in sent.members]
    assert len(members) == len(set(members))
    assert all(prediction.verdicts[member].outcome == "notify" for member in members)


def test_the_oracle_meets_every_reason_in_a_fortnight_of_the_script() -> None:
    verdicts = predict(make_world(datetime(2026, 10, 24, tzinfo=UTC), 14, 160)).verdicts.values()
    assert {verdict.reason for verdict in verdicts} >= {
        *("kind_disabled", "booked_inside_window", "owner_inactive", "pet_deceased", "opted_out", "no_phone"),
        *("invalid_phone", "too_late", "rescheduled", "tenant_inactive"),
        *("appointment_cancelled", "appointment_started", "appointment_completed", "appointment_deleted"),
    }


def test_the_numbers_of_the_script_are_dialled_as_it_says(world: World) -> None:
    platform = Platform()
    for change in world.changes:
        platform.apply(change)
    regions = {
        tenant["id"]: _region(tenant["phone"]) or (place.settings or {}).get("country", "US")
        for tenant, place in zip(platform.rows("tenants"), PLACES, strict=True)
    }
    for owner in platform.rows("owners"):
        if owner["phone"] in world.e164:
            number = phonenumbers.parse(owner["phone"], regions[owner["tenant_id"]])
            assert phonenumbers.is_valid_number(number)
            assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == world.e164[owner["phone"]]


def _region(phone: str | None) -> str | None:
    return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) if phone else None
