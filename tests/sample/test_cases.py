"""Each odd case is what its label says."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.sample import Sample
from shared.sample.owner_cases import PET_NAMES
from tests.sample.conftest import NOW, Found, sample_at

EVERY_THIRD_HOUR = [datetime(2026, month, 9, hour, 40, tzinfo=UTC) for month in (1, 7) for hour in range(0, 24, 3)]
LABELS = {
    "owner opted out", "owner without phone", "owner with a blank phone", "invalid phone", "owner inactive",
    "owner deleted", "owner without a name", "owner named with a placeholder", "two owners with one phone",
    "owner reads Spanish", "owner of another tenant", "pet of another tenant", "two pets", "three pets",
    "three pets, one dead", "all pets dead", "no pets", "pet without a name", "pet deleted",
    "pet named with emoji", "pet named with quotes", "pet named with SQL", "pet named with a placeholder",
    "pet named with braces", "pet named with a newline", "pet named with control characters",
    "pet named with a hundred characters", "pet named with markup",
    "booked inside 24h", "booked inside 2h", "moved inside 24h", "two appointments on one day", "starts at 08:30",
    "starts at 09:00", "starts at 23:10", "cancelled", "completed", "deleted", "without service", "in the year 9999",
    "missed, card saved", "missed, no card", "missed for the fourth time", "missed, two appointments on one day",
    "missed, own fee schedule", "missed, no fee schedule for the currency", "missed, deposit covers part",
    "missed, deposit covers all", "missed nine days ago", "imported after it began", "marked no-show by staff",
    "completed, on time", "completed, late", "cancelled by the owner, late", "cancelled by the owner, early",
    "cancelled by staff, late",
}  # fmt: skip


def local_start(found: Found, label: str) -> datetime:
    start: datetime = found.appointment(label)["scheduled_start"]
    return start.astimezone(ZoneInfo(found.tenant(label)["timezone"]))


def days_left(found: Found, label: str) -> int:
    expiry_on = found.record(label)["expiry_date"]
    left: timedelta = expiry_on - NOW.astimezone(ZoneInfo("America/New_York")).date()
    return left.days


def test_every_case_is_there_once(sample: Sample, found: Found) -> None:
    assert {label for label, _ in sample.cases} == LABELS
    assert len(sample.cases) == len({appointment_id for _, appointment_id in sample.cases})
    assert len(found.vaccination_cases) == len(sample.vaccination_cases) == 16


@pytest.mark.parametrize(
    ("label", "column", "value"),
    [
        ("owner opted out", "sms_opted_in", False),
        ("owner without phone", "phone", None),
        ("owner with a blank phone", "phone", " "),
        ("invalid phone", "phone", "not-a-number"),
        ("owner inactive", "is_active", False),
        ("owner without a name", "first_name", None),
        ("owner named with a placeholder", "first_name", "${pets}"),
        ("owner reads Spanish", "language", "es"),
    ],
)
def test_an_odd_owner_differs_in_one_thing(found: Found, label: str, column: str, value: object) -> None:
    assert found.owner(label)[column] == value
    assert found.owner(label)["tenant_id"] == found.appointment(label)["tenant_id"]
    assert found.appointment(label)["scheduled_start"] > NOW + timedelta(hours=24)


def test_a_deleted_owner_is_still_marked_active(found: Found) -> None:
    assert found.owner("owner deleted")["deleted_at"] < NOW
    assert found.owner("owner deleted")["is_active"]


def test_rows_of_two_tenants_are_mixed_where_they_say_so(found: Found) -> None:
    mixed = found.appointment("owner of another tenant")
    assert found.owner("owner of another tenant")["tenant_id"] != mixed["tenant_id"]
    stray = found.pets("pet of another tenant")
    assert stray[0]["tenant_id"] != found.owner("pet of another tenant")["tenant_id"]


def test_no_other_appointment_mixes_tenants(sample: Sample, found: Found) -> None:
    mixed = {
        row["id"]
        for row in sample.rows["appointments"]
        if found.row("owners", row["owner_id"])["tenant_id"] != row["tenant_id"]
        or (row["service_id"] and found.row("services", row["service_id"])["tenant_id"] != row["tenant_id"])
    }
    assert mixed == {found.cases["owner of another tenant"]}


@pytest.mark.parametrize(
    ("label", "dead"),
    [
        ("two pets", [False, False]),
        ("three pets", [False, False, False]),
        ("three pets, one dead", [False, True, False]),
        ("all pets dead", [True, True]),
        ("no pets", []),
    ],
)
def test_pets_live_or_are_dead(found: Found, label: str, dead: list[bool]) -> None:
    assert [pet["is_deceased"] for pet in found.pets(label)] == dead


def test_pets_lack_a_name_or_have_an_odd_one(found: Found) -> None:
    assert [pet["name"] for pet in found.pets("pet without a name")] == [None]
    assert found.pets("pet deleted")[0]["deleted_at"] < NOW
    for what, name in PET_NAMES.items():
        assert [pet["name"] for pet in found.pets(f"pet named with {what}")] == [name]
        assert len(name) <= 100


def test_two_appointments_on_one_day_are_one_visit(found: Found) -> None:
    first, second = found.same_owner("two appointments on one day")
    assert first["id"] == found.cases["two appointments on one day"]
    assert second["scheduled_start"] - first["scheduled_start"] == timedelta(hours=5, minutes=30)


@pytest.mark.parametrize("now", EVERY_THIRD_HOUR)
def test_what_is_booked_late_is_booked_after_its_reminder_was_due(now: datetime) -> None:
    found = Found(sample_at(now))
    for label, lead in (("booked inside 24h", timedelta(hours=24)), ("booked inside 2h", timedelta(hours=2))):
        row = found.appointment(label)
        assert row["scheduled_start"] - lead < row["created_at"] < now < row["scheduled_start"]
        local = now.astimezone(ZoneInfo(found.tenant(label)["timezone"]))
        assert time(10) <= local.time() < time(19)


def test_what_was_moved_was_booked_before_its_reminder_was_due(found: Found) -> None:
    moved = found.appointment("moved inside 24h")
    assert moved["created_at"] < moved["scheduled_start"] - timedelta(hours=24)
    assert NOW < moved["scheduled_start"] < NOW + timedelta(hours=24)
    assert moved["updated_at"] > moved["scheduled_start"] - timedelta(hours=24)


@pytest.mark.parametrize(
    ("label", "local"),
    [("starts at 08:30", time(8, 30)), ("starts at 09:00", time(9)), ("starts at 23:10", time(23, 10))],
)
def test_a_start_near_quiet_hours_is_at_that_local_time(found: Found, label: str, local: time) -> None:
    assert local_start(found, label).time() == local
    assert found.appointment(label)["scheduled_start"] > NOW + timedelta(hours=24)


@pytest.mark.parametrize("status", ["cancelled", "completed"])
def test_what_is_over_before_it_began_has_that_status(found: Found, status: str) -> None:
    assert found.appointment(status)["status"] == status
    assert found.appointment(status)["scheduled_start"] > NOW


def test_other_appointments_are_deleted_without_service_or_far_away(found: Found) -> None:
    assert found.appointment("deleted")["deleted_at"] < NOW
    assert found.appointment("deleted")["status"] == "confirmed"
    assert found.appointment("without service")["service_id"] is None
    assert found.appointment("in the year 9999")["scheduled_start"].year == 9999


MISSED = [label for label in sorted(LABELS) if label.startswith("missed,") or label == "missed for the fourth time"]


@pytest.mark.parametrize("now", EVERY_THIRD_HOUR)
def test_missed_visits_ended_within_the_last_day_and_nobody_came(now: datetime) -> None:
    found = Found(sample_at(now))
    for label in MISSED:
        row = found.appointment(label)
        assert now - timedelta(hours=24) < row["scheduled_start"] < row["scheduled_end"] <= now
        assert (row["status"], row["arrived_at"]) == ("confirmed", None)
        assert row["created_at"] < row["scheduled_start"] - timedelta(hours=24)


def test_missed_visits_differ_in_what_can_be_charged(found: Found) -> None:
    assert found.owner("missed, card saved")["stripe_customer_id"].startswith("cus_")
    assert not found.owner("missed, no card")["has_payment_method"]
    assert found.owner("missed for the fourth time")["no_show_count"] == 3
    assert found.tenant("missed, own fee schedule")["currency"] == "NPR"
    assert found.tenant("missed, no fee schedule for the currency")["currency"] == "JPY"
    assert len(found.same_owner("missed, two appointments on one day")) == 2
    assert found.appointment("missed nine days ago")["scheduled_start"] < NOW - timedelta(days=7)


@pytest.mark.parametrize("label", ["missed, deposit covers part", "missed, deposit covers all"])
def test_a_deposit_is_a_payment_too(sample: Sample, found: Found, label: str) -> None:
    row = found.appointment(label)
    paid: list[dict[str, Any]] = [each for each in sample.rows["payments"] if each["appointment_id"] == row["id"]]
    assert [(each["type"], each["status"], each["amount"]) for each in paid] == [
        ("deposit", "succeeded", row["deposit_paid"])
    ]


def test_past_visits_were_kept_imported_or_marked(found: Found) -> None:
    def lateness(label: str) -> timedelta:
        row = found.appointment(label)
        late: timedelta = row["arrived_at"] - row["scheduled_start"]
        return late

    assert lateness("completed, on time") < timedelta(minutes=15) < lateness("completed, late")
    imported = found.appointment("imported after it began")
    assert imported["created_at"] > imported["scheduled_start"]
    assert found.appointment("marked no-show by staff")["status"] == "no_show"


@pytest.mark.parametrize(
    ("label", "by", "late"),
    [
        ("cancelled by the owner, late", "owner", True),
        ("cancelled by the owner, early", "owner", False),
        ("cancelled by staff, late", "staff", True),
    ],
)
def test_cancellations_say_who_and_when(found: Found, label: str, by: str, late: bool) -> None:
    row = found.appointment(label)
    assert (row["status"], row["cancelled_by"]) == ("cancelled", by)
    assert (row["scheduled_start"] - row["cancelled_at"] < timedelta(hours=24)) is late
    assert row["created_at"] < row["cancelled_at"]


@pytest.mark.parametrize(
    ("label", "left"),
    [
        ("expires in 31 days", 31),
        ("expires in 30 days", 30),
        ("expires in 14 days", 14),
        ("expires in 7 days", 7),
        ("expires today", 0),
        ("expired yesterday", -1),
    ],
)
def test_records_expire_when_they_say(found: Found, label: str, left: int) -> None:
    assert days_left(found, label) == left


def test_records_are_superseded_or_not(found: Found) -> None:
    def newest(label: str) -> dict[str, Any]:
        return max(found.same_pet(label), key=lambda row: str(row["administered_date"]))

    assert found.record("never expires")["expiry_date"] is None
    assert newest("superseded by a booster")["expiry_date"] > found.record("superseded by a booster")["expiry_date"]
    assert newest("newer record never expires")["expiry_date"] is None
    assert newest("distemper superseded by DHPP")["type"] == "dhpp"
    assert newest("DHPP not superseded by parvo")["type"] == "parvo"
    assert len({row["name"] for row in found.same_pet("other, told apart by name")}) == 2


def test_records_are_imported_or_of_pets_nobody_is_told_about(found: Found) -> None:
    assert found.record("imported late")["created_at"] == NOW - timedelta(days=1)
    assert found.row("pets", found.record("pet dead")["pet_id"])["is_deceased"]
    assert not found.row("pets", found.record("pet inactive")["pet_id"])["is_active"]
