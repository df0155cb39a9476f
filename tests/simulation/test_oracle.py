"""The oracle on its own: the examples of the rules, and the evidence it must not contradict."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from tests.simulation.alerts import covers, tier_in_force, useful_until
from tests.simulation.books import Books, Event, Prediction
from tests.simulation.evidence import promises
from tests.simulation.house import House
from tests.simulation.local_time import Quiet, day_begins
from tests.simulation.oracle import predict
from tests.simulation.places import PLACES
from tests.simulation.platform import Platform
from tests.simulation.reminders import LEADS, due_at
from tests.simulation.script import make_world
from tests.simulation.stays import found_from
from tests.simulation.world import HOUR, World

NEW_YORK = ZoneInfo("America/New_York")
DEFAULT = House("1", "hudson", True, False, Quiet(NEW_YORK, time(21), time(8)))


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


@pytest.mark.parametrize(
    ("tiers", "expiry", "today", "tier"),
    [
        ((30, 14, 7), "2026-11-30", "2026-10-30", None),
        ((30, 14, 7), "2026-11-30", "2026-10-31", 30),
        ((30, 14, 7), "2026-11-30", "2026-11-15", 30),
        ((30, 14, 7), "2026-11-30", "2026-11-16", 14),
        ((30, 14, 7), "2026-11-30", "2026-11-30", 7),
        ((30, 14, 7), "2026-11-30", "2026-12-01", None),
        ((3, 2, 1), "2026-11-30", "2026-11-30", 1),
    ],
)
def test_the_tier_in_force_is_the_smallest_that_is_not_past(
    tiers: tuple[int, ...], expiry: str, today: str, tier: int | None
) -> None:
    row = {"expiry_date": date.fromisoformat(expiry)}
    assert tier_in_force(replace(DEFAULT, tiers=tiers), row, date.fromisoformat(today)) == tier


@pytest.mark.parametrize(
    ("tier", "until"), [(30, "2026-11-16 05:00"), (14, "2026-11-23 05:00"), (7, "2026-12-01 05:00")]
)
def test_an_alert_is_useful_until_the_local_midnight_at_which_the_next_tier_begins(tier: int, until: str) -> None:
    row = {"expiry_date": date(2026, 11, 30)}
    assert useful_until(DEFAULT, row, tier) == datetime.fromisoformat(until).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Africa/Cairo", "2026-10-30", "2026-10-29 22:00"),  # the hour before midnight comes twice
        ("America/Havana", "2026-11-01", "2026-11-01 04:00"),  # the hour after midnight comes twice
        ("America/Havana", "2026-03-08", "2026-03-08 05:00"),  # there is no midnight
        ("Pacific/Kiritimati", "2026-11-01", "2026-10-31 10:00"),
    ],
)
def test_a_local_day_begins_at_its_first_instant(zone: str, day: str, begins: str) -> None:
    expected = datetime.fromisoformat(begins).replace(tzinfo=UTC)
    assert day_begins(ZoneInfo(zone), date.fromisoformat(day)) == expected


@pytest.mark.parametrize(
    ("newer", "older", "does"),
    [
        (("dhpp", None), ("parvo", None), True),
        (("parvo", None), ("dhpp", None), False),
        (("rabies", "A"), ("rabies", "B"), True),
        (("other", " Lepto  4"), ("other", "lepto 4 "), True),
        (("other", "Lepto 4"), ("other", "Canine Flu"), False),
    ],
)
def test_a_record_covers_what_the_rules_say(
    newer: tuple[str, str | None], older: tuple[str, str | None], does: bool
) -> None:
    rows = ({"type": vaccine, "name": name} for vaccine, name in (newer, older))
    assert covers(*rows) is does


@pytest.mark.parametrize(
    ("zone", "start", "end", "found"),
    [
        ("America/New_York", "2026-03-02 09:00", "2026-03-02 10:00", "2026-03-02 15:00"),
        ("America/New_York", "2026-03-02 09:00", "2026-03-02 09:05", "2026-03-02 14:15"),  # the grace counts
        ("America/New_York", "2026-03-02 08:00", "2026-03-02 23:00", "2026-03-03 04:00"),  # fifteen hours of one day
        ("America/New_York", "2026-03-02 21:00", "2026-03-03 08:59", "2026-03-03 13:59"),  # a night
        ("America/New_York", "2026-03-02 21:00", "2026-03-03 09:00", "2026-03-03 05:00"),
        ("America/New_York", "2026-03-02 23:55", "2026-03-16 11:00", "2026-03-03 05:10"),
        (
            "America/New_York",
            "2026-03-07 20:00",
            "2026-03-08 08:00",
            "2026-03-08 12:00",
        ),  # eleven hours
        ("America/New_York", "2026-10-31 20:00", "2026-11-01 07:00", "2026-11-01 04:00"),  # twelve hours
        ("Africa/Cairo", "2026-10-29 14:00", "2026-11-05 10:00", "2026-10-29 22:00"),  # the last hour comes twice
        ("America/Havana", "2026-03-07 14:00", "2026-03-21 10:00", "2026-03-08 05:00"),  # no midnight
        ("Asia/Kathmandu", "2026-10-20 14:00", "2026-10-27 10:00", "2026-10-20 18:15"),
    ],
)
def test_an_appointment_is_found_when_it_is_over_and_a_stay_after_its_first_day(
    zone: str, start: str, end: str, found: str
) -> None:
    here = ZoneInfo(zone)
    instants = (datetime.fromisoformat(text).replace(tzinfo=here).astimezone(UTC) for text in (start, end))
    row = dict(zip(("scheduled_start", "scheduled_end"), instants, strict=True))
    house = replace(DEFAULT, quiet=Quiet(here, None, None))
    assert found_from(house, row) == datetime.fromisoformat(found).replace(tzinfo=UTC)


def test_a_score_is_kept_within_its_bounds_at_each_step_and_may_depend_on_the_order_of_one_instant() -> None:
    books, noon = Books({}), datetime(2026, 10, 20, 12, tzinfo=UTC)
    owner = {"id": "kim", "reputation_score": 99, "last_reputation_update": None, "created_at": noon}
    books.platform.tables["owners"]["kim"] = owner
    books.add_event(Event("kim", "completed", "a", 2, noon))
    assert owner["reputation_score"] == 100
    books.add_event(Event("kim", "late_cancellation", "b", -10, noon + HOUR))
    books.add_event(Event("kim", "completed", "c", 2, noon - HOUR))
    assert owner["reputation_score"] == 90
    books.add_event(Event("kim", "no_show", "d", -20, noon))
    assert books.scores_of("kim") == {70, 72}


def test_no_owner_is_charged_twice_for_a_day_and_every_fee_has_its_event(prediction: Prediction) -> None:
    visits = Counter(line[2] for line in prediction.events if line[1] == "no_show")
    for fees in prediction.fees.values():
        assert fees.keys() <= visits.keys()
    assert set(visits.values()) == {1}


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
