from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.domain.records import Appointment, Owner, Tenant
from shared.messages.rendering import living_pets, reminder_words, street_of
from shared.messages.wording import clean, day_words, days_left_words, money_words, name_of, when_words
from tests.messages.conftest import NEW_YORK, NOW, a_pet

Book = Callable[..., Appointment]


def words_of(tenant: Tenant, owner: Owner, *appointments: Appointment, language: str = "en") -> dict[str, str]:
    return reminder_words(tenant, owner, appointments, language=language, zone=NEW_YORK, region="US", now=NOW)


def when(*starts: str, language: str = "en", region: str = "US", zone: ZoneInfo = NEW_YORK) -> str:
    instants = [datetime.fromisoformat(start) for start in starts]
    return when_words(instants, zone=zone, language=language, region=region, now=NOW)


def test_all_values_of_an_ordinary_reminder(tenant: Tenant, owner: Owner, booked: Book) -> None:
    assert words_of(tenant, owner, booked(a_pet("Bella"))) == {
        "owner": "Ana",
        "pets": "Bella",
        "when": "tomorrow, Fri Mar 6, at 10:00 AM",
        "business": "Happy Paws Grooming",
        "service": "Full groom",
        "address": "12 Main St",
        "phone": "(555) 010-0142",
    }


def test_all_pets_are_named_each_once_in_order(tenant: Tenant, owner: Owner, booked: Book) -> None:
    bella, max_, luna = a_pet("Bella"), a_pet("Max"), a_pet("Luna")
    visit = [booked(bella, max_), booked(bella, luna)]
    assert words_of(tenant, owner, *visit)["pets"] == "Bella, Max and Luna"
    assert living_pets(visit) == (bella, max_, luna)


def test_dead_and_deleted_pets_are_not_named(tenant: Tenant, owner: Owner, booked: Book) -> None:
    visit = booked(a_pet("Rex", is_deceased=True), a_pet("Bella"), a_pet("Tom", is_deleted=True))
    assert words_of(tenant, owner, visit)["pets"] == "Bella"


@pytest.mark.parametrize("nameless", [None, "", "  ", "\u200b\ufeff", "\u3164", "\ufe0f", "\x00\n"])
def test_a_pet_without_a_name_is_your_pet_once(
    nameless: str | None, tenant: Tenant, owner: Owner, booked: Book
) -> None:
    assert words_of(tenant, owner, booked(a_pet(nameless)))["pets"] == "your pet"
    visit = booked(a_pet(nameless), a_pet("Bella"), a_pet(nameless))
    assert words_of(tenant, owner, visit)["pets"] == "Bella and your pet"


def test_an_appointment_without_pets_is_about_your_pet(tenant: Tenant, owner: Owner, booked: Book) -> None:
    assert words_of(tenant, owner, booked())["pets"] == "your pet"
    assert words_of(tenant, owner, booked(), language="es")["pets"] == "su mascota"


def test_services_are_listed_once_and_unknown_ones_left_out(tenant: Tenant, owner: Owner, booked: Book) -> None:
    visit = [booked(service="Bath"), booked(service=None), booked(service="Nails"), booked(service="Bath")]
    assert words_of(tenant, owner, *visit)["service"] == "Bath and Nails"
    assert words_of(tenant, owner, booked(service=None))["service"] == ""


def test_a_business_without_a_name_goes_by_its_subdomain(tenant: Tenant, owner: Owner, booked: Book) -> None:
    assert words_of(replace(tenant, business_name=" "), owner, booked())["business"] == "happy"


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        (["2026-03-05T19:30Z"], "today, Thu Mar 5, at 2:30 PM"),
        (["2026-03-06T04:59Z"], "today, Thu Mar 5, at 11:59 PM"),
        (["2026-03-06T05:00Z"], "tomorrow, Fri Mar 6, at 12:00 AM"),
        (["2026-03-07T19:30Z"], "on Sat, Mar 7 at 2:30 PM"),
        (["2026-03-04T19:30Z"], "on Wed, Mar 4 at 2:30 PM"),
        (
            ["2026-03-06T19:00Z", "2026-03-06T15:00Z", "2026-03-06T15:00Z"],
            "tomorrow, Fri Mar 6, at 10:00 AM and 2:00 PM",
        ),
        (
            ["2026-03-06T04:00Z", "2026-03-06T15:00Z"],
            "today, Thu Mar 5, at 11:00 PM and tomorrow, Fri Mar 6, at 10:00 AM",
        ),
        (["2026-03-08T13:00Z"], "on Sun, Mar 8 at 9:00 AM"),  # the clocks have gone forward
    ],
)
def test_when_is_told_from_the_local_day(starts: list[str], expected: str) -> None:
    assert when(*starts) == expected


@pytest.mark.parametrize(
    ("language", "region", "expected"),
    [
        ("en", "GB", "on Sat 7 Mar at 14:30"),
        ("en", "us", "on Sat, Mar 7 at 2:30 PM"),
        ("en", "", "on Sat, Mar 7 at 2:30 PM"),
        ("en", "../..", "on Sat, Mar 7 at 2:30 PM"),
        ("en", "ZZ", "on Sat, Mar 7 at 2:30 PM"),
        ("es", "ES", "el sáb, 7 mar a las 14:30"),
    ],
)
def test_dates_are_written_as_in_the_language_and_region(language: str | None, region: str, expected: str) -> None:
    assert when("2026-03-07T19:30Z", language=language, region=region) == expected


def test_spanish_has_one_o_clock_in_the_singular() -> None:
    assert when("2026-03-06T18:00Z", language="es", region="US") == "mañana, vie 6 de mar, a la 1:00 p.m."
    assert when("2026-03-06T16:00Z", language="es", region="US") == "mañana, vie 6 de mar, a las 11:00 a.m."


@pytest.mark.parametrize("region", ["US", "GB", "AU", "CA", "IN", "MX", "ES"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_only_plain_spaces_are_used(language: str, region: str) -> None:
    texts = [
        when("2026-03-07T19:30Z", language=language, region=region),
        money_words(2500, "EUR", language=language, region=region),
    ]
    assert all(char == " " or not char.isspace() for char in "".join(texts))


def test_the_ends_of_the_calendar_do_not_overflow() -> None:
    assert when("9999-12-31T23:59:00Z", zone=ZoneInfo("Pacific/Kiritimati")) == "on Fri, Dec 31 at 11:59 PM"
    assert when("0001-01-01T00:00:00Z").endswith("at 12:00 AM")


@pytest.mark.parametrize(
    ("address", "street"),
    [
        (None, ""),
        ("\n", ""),
        ("12 Main St\nSpringfield, IL", "12 Main St"),
        ("Paws Plaza, 12 Main St, Springfield", "Paws Plaza, 12 Main St"),
        ("12, rue de Lyon, Paris", "12, rue de Lyon"),
        ("Old Mill, Smallville", "Old Mill"),
    ],
)
def test_the_address_is_its_street_line(address: str | None, street: str) -> None:
    assert street_of(address) == street


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (" Bella\r\n\tMax\x00 ", "Bella Max"),
        ("Nuit\u00a0Ahathoor\u202fX", "Nuit Ahathoor X"),
        ("evil\u202egnirts\ud800", "evilgnirts"),
        ("👨‍👩‍👧 🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👨‍👩‍👧 🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
        ("$pets {x} '; DROP TABLE pets;--", "$pets {x} '; DROP TABLE pets;--"),
    ],
)
def test_values_are_cleaned_of_what_cannot_be_read(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def test_very_long_names_are_cut_without_splitting_an_emoji() -> None:
    assert name_of("B" * 41) == "B" * 37 + "..."
    assert name_of("B" * 40) == "B" * 40
    assert name_of("B" * 36 + "👨‍👩‍👧" + "B" * 9) == "B" * 36 + "..."
    assert len(name_of("e" + "\u0301" * 500)) <= 40


def test_days_left_are_written_with_the_right_plural() -> None:
    assert [days_left_words(days, language="en") for days in (0, 1, 7)] == ["last day", "1 day left", "7 days left"]
    assert days_left_words(1, language="es") == "queda 1 día"


def test_a_day_may_go_without_its_weekday() -> None:
    assert day_words(date(2026, 3, 7), language="en", region="US") == "Sat, Mar 7"
    assert day_words(date(2026, 3, 7), language="en", region="US", weekday=False) == "Mar 7"


@pytest.mark.parametrize(
    ("cents", "currency", "expected"),
    [
        (2500, "usd", "$25.00"),
        (2500, "GBP", "£25.00"),
        (2500, "JPY", "¥2,500"),
        (250050, "RSD", "RSD2,500.50"),
        (2500, "KWD", "KWD2.500"),
        (2500, "XXQ", "XXQ25.00"),
    ],
)
def test_money_is_told_in_the_minor_unit_of_its_currency(cents: int, currency: str, expected: str) -> None:
    assert money_words(cents, currency, language="en", region="US") == expected


def test_now_may_be_given_in_any_zone() -> None:
    now = NOW.astimezone(ZoneInfo("Asia/Tokyo"))
    start = datetime(2026, 3, 6, 4, tzinfo=UTC)
    assert when_words([start], zone=NEW_YORK, language="en", region="US", now=now) == "today, Thu Mar 5, at 11:00 PM"
