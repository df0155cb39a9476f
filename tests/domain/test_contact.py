import csv
from pathlib import Path
from typing import Any

import pytest

from shared.domain.contact import UNKNOWN_REGION, can_be_answered, cannot_text, e164, region_of
from shared.domain.policy.models import SmsPolicy
from shared.domain.reasons import Reason
from tests.domain.builders import an_owner

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.parametrize(
    ("country", "phone", "region"),
    [
        ("NP", "+44 20 7946 0123", "NP"),  # the setting comes first
        ("NP", None, "NP"),
        (None, "+44 20 7946 0123", "GB"),  # then the tenant's own phone
        (None, "+1 604 555 0123", "CA"),
        (None, "+1 206 555 0123", "US"),
        (None, "+61 2 5550 0123", "AU"),
        (None, "(604) 555-0123", "NZ"),  # nobody knows which country's: then that of the time zone
        (None, "+1 555 010 0142", "NZ"),
        (None, "not a number", "NZ"),
        (None, "+999 1", "NZ"),
        (None, "", "NZ"),
        (None, None, "NZ"),
    ],
)
def test_the_region_is_that_of_the_setting_or_of_the_tenants_phone_or_of_its_time_zone(
    country: str | None, phone: str | None, region: str
) -> None:
    assert region_of(country, phone, "Pacific/Auckland") == region


@pytest.mark.parametrize("phone", ["+800 1234 5678", "+870 773 111 632", "+883 5100 0123 4567"])
def test_a_phone_that_is_at_home_nowhere_tells_no_region(phone: str) -> None:
    assert region_of(None, phone, "Europe/London") == "GB"


@pytest.mark.parametrize(
    ("zone", "region"),
    [
        ("America/Bogota", "CO"),
        ("Europe/Istanbul", "TR"),
        ("Asia/Istanbul", "TR"),
        ("Turkey", "TR"),
        ("Asia/Kolkata", "IN"),
        ("Asia/Calcutta", "IN"),
        ("America/New_York", "US"),
        ("US/Eastern", "US"),
        ("America/Argentina/Buenos_Aires", "AR"),
        ("America/Buenos_Aires", "AR"),
        ("Europe/Kiev", "UA"),
        ("Europe/Kyiv", "UA"),
        ("Arctic/Longyearbyen", "SJ"),
    ],
)
def test_a_time_zone_tells_the_region_under_each_of_its_names(zone: str, region: str) -> None:
    assert region_of(None, "300 123 4567", zone) == region


@pytest.mark.parametrize(
    "zone", ["UTC", "Etc/UTC", "Etc/GMT+5", "GMT", "EST", "EST5EDT", "CET", "Antarctica/McMurdo", "Factory", "nowhere"]
)
def test_a_time_zone_of_no_one_country_tells_no_region(zone: str) -> None:
    assert region_of(None, "300 123 4567", zone) == UNKNOWN_REGION


def test_where_no_country_is_certain_only_international_numbers_are_valid() -> None:
    numbers = ["(212) 555-0143", "300 123 4567", "0300 123 4567", "+57 300 123 4567"]
    assert [e164(each, UNKNOWN_REGION) for each in numbers] == [None, None, None, "+573001234567"]


@pytest.mark.parametrize(
    ("own", "default", "answered"),
    [
        ({}, None, True),
        ({}, "+12125550100", True),
        ({}, "HappyPaws", False),
        ({"from": "12345"}, "HappyPaws", True),
        ({"from": "Paws 24"}, None, False),
        ({"messaging_service_sid": "MG" + "a" * 32}, "HappyPaws", True),
        ({"messaging_service_sid": "MG" + "a" * 32, "from": "Paws"}, None, False),
    ],
)
def test_a_sender_that_is_a_name_takes_no_replies(own: dict[str, str], default: str | None, answered: bool) -> None:
    assert can_be_answered(SmsPolicy.model_validate(own), default) is answered


@pytest.mark.parametrize(
    ("phone", "region", "number"),
    [
        ("(206) 555-0100", "US", "+12065550100"),
        ("206.555.0100", "US", "+12065550100"),
        ("+1 206 555 0100", "NP", "+12065550100"),
        (" 12065550100 ", "US", "+12065550100"),
        ("984-1234567", "NP", "+9779841234567"),
        ("07400 123456", "GB", "+447400123456"),
        ("+44 (0)7400 123456", "US", "+447400123456"),
        ("984-1234567", "US", None),
        ("206 555 010", "US", None),
        ("206 555 01000", "US", None),
        ("+44 7400", "US", None),
        ("911", "US", None),
        ("call me", "US", None),
        ("", "US", None),
        ("+", "US", None),
    ],
)
def test_a_valid_number_is_written_in_e164(phone: str, region: str, number: str | None) -> None:
    assert e164(phone, region) == number


@pytest.mark.parametrize(
    ("owner", "reason"),
    [
        ({}, None),
        ({"phone": "206-555-0100"}, None),
        ({"phone": None}, Reason.NO_PHONE),
        ({"phone": ""}, Reason.NO_PHONE),
        ({"phone": " \t"}, Reason.NO_PHONE),
        ({"phone": "n/a"}, Reason.INVALID_PHONE),
        ({"phone": "+1 206 555"}, Reason.INVALID_PHONE),
        ({"sms_opted_in": False}, Reason.OPTED_OUT),
        ({"sms_opted_in": False, "phone": None}, Reason.OPTED_OUT),
        ({"sms_opted_in": False, "phone": "12"}, Reason.OPTED_OUT),
    ],
)
def test_why_an_owner_may_not_be_texted(owner: dict[str, Any], reason: Reason | None) -> None:
    assert cannot_text(an_owner(**owner), "US") is reason


def test_a_national_number_is_read_in_the_tenants_region() -> None:
    owner = an_owner(phone="984-1234567")
    assert cannot_text(owner, "NP") is None
    assert cannot_text(owner, "US") is Reason.INVALID_PHONE


def test_every_example_number_of_every_region_is_read_as_it_is_documented() -> None:
    path = DATA / "phone_examples_libphonenumber.csv"
    if not path.is_file():
        pytest.skip(f"NOT CHECKED: the numbers of all regions ({path.name} is not here)")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wrong = [row for row in rows if e164(row["e164"], "US") != (row["e164"] if row["is_valid"] == "1" else None)]
    assert len(rows) > 1000
    assert not wrong, wrong[:5]
