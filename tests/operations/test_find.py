"""What `find` finds, on every database: by names, phones and ids; whose it is, when, and what explains it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event

from shared.database import tables
from shared.database.engine import reading
from shared.domain.records import visit_id
from shared.errors import UsageError
from shared.operations.find import Finding, find
from shared.operations.find.searching import MOST
from shared.operations.find.terms import read_words
from tests import rows
from tests.rows import NOON

DAY = timedelta(days=1)
UTC_ZONE = ZoneInfo("UTC")


@dataclass(slots=True)
class Platform:
    """Two businesses with owners and pets of like names."""

    engine: Engine
    ids: dict[str, UUID] = field(default_factory=dict)

    def find(self, *words: str, only: tuple[str, ...] = ()) -> Finding:
        with reading(self.engine) as connection:
            return find(connection, words, [self.ids[each] for each in only], UTC_ZONE)  # type: ignore[misc]

    def names(self, *words: str, only: tuple[str, ...] = ()) -> list[str]:
        """Return what is found, by the names given here, the latest first."""
        named = {id_: name for name, id_ in self.ids.items()}
        return [named[each.id] for each in self.find(*words, only=only).found]


@pytest.fixture
def platform(engine: Engine) -> Platform:
    made = Platform(engine)
    with engine.begin() as connection:
        ids = made.ids
        ids["happy"] = rows.tenant(connection, "happy-paws", business_name="Happy Paws", phone="+12125550100")
        ids["vet"] = rows.tenant(
            connection, "clinica", business_name="Clínica Águila", timezone="Europe/Madrid", phone="+34912345678"
        )
        ids["ana"] = rows.owner(connection, ids["happy"], first_name="Ana", last_name="Smith", phone="(212) 555-0143")
        ids["jose"] = rows.owner(connection, ids["vet"], first_name="José", last_name="Núñez", phone="+34 612 34 56 78")
        ids["bella"] = rows.pet(connection, ids["happy"], ids["ana"], name="Bella")
        ids["max"] = rows.pet(connection, ids["happy"], ids["ana"], name="Max")
        ids["other bella"] = rows.pet(connection, ids["vet"], ids["jose"], name="BELLA II")
        ids["visit"] = rows.appointment(
            connection, ids["happy"], NOON + DAY, owner_id=ids["ana"], pets=[ids["bella"], ids["max"]]
        )
        ids["old visit"] = rows.appointment(
            connection, ids["happy"], NOON - 9 * DAY, owner_id=ids["ana"], pets=[ids["max"]]
        )
        ids["rabies"] = rows.vaccination(connection, ids["happy"], ids["bella"], date(2026, 4, 1))
    return made


def test_a_word_is_the_beginning_of_a_name_whatever_its_case_and_accents(platform: Platform) -> None:
    assert platform.names("JOSE") == platform.names("nunez") == platform.names("José") == ["jose"]
    assert platform.names("aguila") == ["vet"]
    assert platform.names("paws") == platform.names("happy-paws") == ["happy"]
    assert platform.names("mith") == []  # the end of Smith


def test_with_a_pet_come_its_visits_and_vaccinations_and_with_an_owner_those_of_all_pets(platform: Platform) -> None:
    assert platform.names("bella", "happy") == ["bella", "visit", "rabies"]
    assert platform.names("max") == ["max", "visit", "old visit"]
    assert platform.names("smith") == ["ana", "visit", "old visit", "rabies"]


def test_several_words_narrow_across_pet_owner_and_business(platform: Platform) -> None:
    assert set(platform.names("bella")) == {"bella", "other bella", "visit", "rabies"}
    assert platform.names("bella nunez") == platform.names("bella", "clinica") == ["other bella"]
    assert "other bella" not in platform.names("bella smith")
    assert platform.names("bella", "smith", "clinica") == []
    assert platform.names("ana", "happy", "paws") == ["ana", "visit", "old visit", "rabies"]
    assert set(platform.names("bella", only=("vet",))) == {"other bella"}


@pytest.mark.parametrize(
    "typed",
    [
        ("2125550143",),
        ("+1 212 555 0143",),
        ("12125550143",),
        ("001", "212", "555-0143"),
        ("(212)", "555-0143", "ext", "5"),
        ("212.555.0143x12",),
        ("555 0143",),
    ],
)
def test_a_phone_is_found_however_it_is_written(platform: Platform, typed: tuple[str, ...]) -> None:
    assert platform.names(*typed)[0] == "ana"
    assert platform.names("bella", *typed) == ["bella", "visit", "rabies"]


@pytest.mark.parametrize("typed", ["+34612345678", "612 34 56 78", "0034 612 345 678"])
def test_a_phone_is_read_as_the_businesss_country_reads_it(platform: Platform, typed: str) -> None:
    assert platform.names(typed) == ["jose"]


@pytest.mark.parametrize("typed", ["212 555 0144", "+44 212 555 0143 99", "0143"])
def test_another_number_or_a_few_digits_find_nobody(platform: Platform, typed: str) -> None:
    assert platform.names(typed) == []


@pytest.mark.parametrize("what", ["happy", "ana", "bella", "visit", "rabies"])
def test_an_id_or_its_beginning_finds_that_alone(platform: Platform, what: str) -> None:
    id_ = platform.ids[what]
    assert platform.names(str(id_)) == platform.names(id_.hex[:10].upper()) == [what]


def test_a_line_says_what_whose_and_when_in_local_time_and_names_the_command(platform: Platform) -> None:
    (visit,) = (each for each in platform.find("bella", "happy").found if each.what == "visit")
    assert visit.whose == "Bella, Max, Ana Smith, •••••0143, Happy Paws"
    assert (visit.when, visit.state) == ("Wed 04 Mar 2026 12:00 EST", "confirmed")
    assert visit.command == f"explain appointment {platform.ids['visit'].hex[:8]}"
    (business,) = platform.find("aguila").found
    assert business.command == "tenants check clinica"
    (pet,) = platform.find("bella", "nunez").found
    assert (pet.command, pet.when) == (f"explain owner {platform.ids['jose'].hex[:8]}", "since 2026-01-05")


def test_fees_and_texts_are_found_with_their_visit(platform: Platform) -> None:
    ids = platform.ids
    with platform.engine.begin() as connection:
        fee = visit_id(ids["happy"], ids["ana"], (NOON - 9 * DAY).date())  # type: ignore[arg-type]
        ids["fee"] = rows.insert(
            connection, tables.payments, id=fee, tenant_id=ids["happy"], owner_id=ids["ana"], type="no_show_fee",
            status="succeeded", amount=5000, currency="USD", visit_on=(NOON - 9 * DAY).date(),
        )  # fmt: skip
        refund = {"payment_id": fee, "action": "refund", "who": "Tom", "why": "goodwill"}
        rows.insert(connection, tables.fee_actions, amount=2000, outcome="done", **refund)
        rows.insert(connection, tables.fee_actions, amount=100, outcome="asked", **refund)
        ids["text"] = rows.reminder(connection, ids["visit"], NOON + DAY)
    assert platform.names("max") == ["max", "visit", "text", "old visit", "fee"]
    found = {each.what: each for each in platform.find("smith").found}
    assert found["fee"].state == "$50.00, $20.00 refunded, succeeded"
    assert found["fee"].command == f"explain payment {fee.hex[:8]}"
    assert found["text"].command == f"explain text {ids['text'].hex[:8]}"
    assert found["text"].state == "24-hour reminder, delivered"
    assert platform.names("+12125550143").count("text") == 1
    assert platform.names(ids["text"].hex[:12]) == ["text"]


def test_at_most_twenty_are_shown_the_latest_first_and_that_there_are_more(platform: Platform) -> None:
    with platform.engine.begin() as connection:
        for days in range(25):
            rows.appointment(connection, platform.ids["vet"], NOON + days * DAY, owner_id=platform.ids["jose"], pets=[])
    finding = platform.find("jose")
    assert (len(finding.found), finding.are_more) == (MOST, True)
    starts = [each.at for each in finding.found]
    assert starts == sorted(starts, reverse=True)
    assert starts[0] == NOON + 24 * DAY
    assert not platform.find("aguila").are_more


def test_ids_that_begin_alike_are_written_whole(platform: Platform) -> None:
    twins = [UUID(f"abcdef12-0000-4000-8000-{number:012x}") for number in (1, 2)]
    with platform.engine.begin() as connection:
        for id_ in twins:
            rows.owner(connection, platform.ids["happy"], id=id_, first_name="Zoe", phone=None)
    assert {each.command for each in platform.find("zoe").found} == {f"explain owner {id_}" for id_ in twins}


@pytest.mark.parametrize("word", ["%", "_", "b_lla", "[b]ella", "\\", "'", "--", "\x1b[2J", "x" * 5000, "\U0001f436"])
def test_what_steers_a_pattern_is_a_letter_like_any_other(platform: Platform, word: str) -> None:
    assert platform.names(word) == []


@pytest.mark.parametrize("words", [(), ("",), (" ", "\t")])
def test_without_a_word_nothing_is_looked_for(platform: Platform, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="write a name, a phone number, or an id or its beginning"):
        platform.find(*words)


def test_nothing_found_is_an_empty_finding(platform: Platform) -> None:
    assert platform.find("xyzzy") == Finding((), are_more=False)


def test_a_row_that_cannot_be_read_hides_no_other(platform: Platform) -> None:
    rows.change(platform.engine, tables.appointments, platform.ids["visit"], scheduled_start=NOON.replace(year=9000))
    rows.change(platform.engine, tables.tenants, platform.ids["vet"], settings="{", timezone="Mars", currency="?")
    assert set(platform.names("bella")) == {"bella", "other bella", "rabies"}


@pytest.fixture
def statements(engine: Engine) -> Iterator[list[str]]:
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    yield heard
    event.remove(engine, "before_cursor_execute", hear)


@pytest.mark.parametrize("words", [("bella",), ("bella", "smith"), ("2125550143",), ("abcd",)])
def test_the_statements_are_few_and_each_is_limited(
    platform: Platform, statements: list[str], words: tuple[str, ...]
) -> None:
    platform.find(*words)
    assert len(statements) <= 25
    through = [each for each in statements if "LIKE" in each]
    assert len(through) <= 3
    assert all("LIMIT" in each for each in through)


def test_neighbouring_words_that_make_a_number_are_one() -> None:
    asked = read_words(["bella", "+1", "(212)", "555-0143", "ext", "12", "smith"])
    assert asked.phones == ("+1 (212) 555-0143",)
    assert [each.text for each in asked.terms] == ["5550143", "bella", "smith"]
    assert read_words(["room", "12"]).phones == ()
