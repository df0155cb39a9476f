"""What the oracle says of missed visits: cases at a salon in New York, with times written out by hand."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.simulation.books import Fee, Prediction, Verdict
from tests.simulation.oracle import predict
from tests.simulation.platform import Change
from tests.simulation.world import Run, World

NEW_YORK = ZoneInfo("America/New_York")
MISSED = Verdict("notify")
CAME = Verdict("skipped", "came_that_day")
DECEASED = Verdict("skipped", "pet_deceased")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Salon:
    """What is written down at a salon. Kim and Lou have cards, and Rex and Bo are Kim's. Runs are at 06:30 UTC."""

    settings: str | None = None
    changes: list[Change] = field(default_factory=list)
    serials: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        at, common = "2026-01-01 12:00", {"tenant_id": "salon", "deleted_at": None}
        self.add(
            at, "tenants", "salon", subdomain="salon", is_active=True, status="active", deleted_at=None,
            settings=self.settings, currency="USD",
        )  # fmt: skip
        for name in ("kim", "lou"):
            self.add(
                at, "owners", name, **common, phone=name, sms_opted_in=True, is_active=True, stripe_customer_id=name,
                has_payment_method=True, no_show_count=0, reputation_score=100, last_reputation_update=None,
            )  # fmt: skip
        for name in ("rex", "bo"):
            self.add(at, "pets", name, **common, owner_id="kim", name=name, is_deceased=False)

    def add(self, at: str, table: str, key: Hashable, **values: Any) -> None:
        row = {"id": key, **values, "created_at": local(at)}
        self.changes.append(Change(local(at), table, key, row, is_new=True))

    def book(
        self, start: str, end: str = "", owner: str = "kim", pets: tuple[str, ...] = (), is_kept: bool = False
    ) -> int:
        """Return the key of an appointment of one hour, if no end is said."""
        key, begins, at = next(self.serials), local(start), "2026-01-02 12:00"
        self.add(
            at, "appointments", key, tenant_id="salon", owner_id=owner, service_id=None, scheduled_start=begins,
            scheduled_end=local(end) if end else begins + timedelta(hours=1), status="confirmed", deleted_at=None,
            arrived_at=begins if is_kept else None, actual_start=None, cancelled_at=None, cancelled_by=None,
            total_amount=None, deposit_paid=None,
        )  # fmt: skip
        links = ({"appointment_id": key, "pet_id": pet} for pet in pets)
        self.changes += (Change(local(at), "appointment_pets", tuple(row.values()), row, is_new=True) for row in links)
        return key

    def change(self, at: str, table: str, key: Hashable, **values: Any) -> None:
        self.changes.append(Change(local(at), table, key, values))

    def merge(self, at: str, *appointments: int) -> None:
        """Make Kim and Lou one: Lou."""
        for key in appointments:
            self.change(at, "appointments", key, owner_id="lou")
        self.change(at, "owners", "kim", deleted_at=local(at))

    def foretell(self, *runs: str, accepted: tuple[str, ...] = ()) -> Prediction:
        days = frozenset(("salon", date.fromisoformat(day)) for day in accepted)
        instants = [utc(run if ":" in run else f"{run} 06:30") for run in runs]
        changes = sorted(self.changes, key=lambda change: change.at)
        world = World(instants[0], instants[-1], changes, e164={"kim": "+12128670001", "lou": "+12128670002"})
        world.runs = [Run(now, "NoShowDetector", days) for now in instants]
        return predict(world)


def verdicts(said: Prediction) -> dict[Hashable, Verdict]:
    return {key: verdict for (kind, key, _), verdict in said.verdicts.items() if kind == "no_show"}


def fees(said: Prediction) -> list[tuple[Hashable, Hashable, str, int, int]]:
    """Return of each fee for whom it was written, whose it is now, its status, amount and offence number."""
    last: dict[tuple[Hashable, date], Fee] = [*said.fees.values()][-1]
    return [(first, fee.owner, fee.status, fee.amount, fee.offence_number) for (first, _), fee in last.items()]


def counts(said: Prediction) -> dict[Hashable, int]:
    return {owner: standing.count for owner, standing in [*said.owners.values()][-1].items() if standing.count}


def points(said: Prediction) -> dict[Hashable, int]:
    """Return what the missed visits on record cost each owner."""
    lines = [line for line in said.events if line[1] == "no_show" and not line[4]]
    return {owner: sum(line[3] for line in lines if line[0] == owner) for owner in {line[0] for line in lines}}


def held(said: Prediction) -> list[int]:
    """Return on how many days nothing was marked, run by run."""
    return [len(days) for days in said.held.values()]


# Stays


@pytest.mark.parametrize("end", ["2026-03-04 11:00", "2026-03-09 11:00", "2026-03-16 11:00"])
def test_a_stay_of_any_length_is_missed_after_its_first_day_and_charged_a_day_later(end: str) -> None:
    salon = Salon()
    salon.book("2026-03-02 14:00", end)
    said = salon.foretell("2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04")
    assert [len(each) for each in said.fees.values()] == [0, 0, 1, 1]
    assert fees(said) == [("kim", "kim", "succeeded", 2500, 1)]


@pytest.mark.parametrize(("day", "is_found"), [("2026-03-10 04:59", True), ("2026-03-10 05:00", False)])
def test_the_look_back_of_a_stay_begins_at_the_end_of_its_first_day(day: str, is_found: bool) -> None:
    salon = Salon()
    stay = salon.book("2026-03-02 08:00", "2026-03-16 11:00")
    assert (stay in verdicts(salon.foretell("2026-03-01", day))) is is_found


def test_the_first_run_of_all_looks_24_hours_back_from_when_a_stay_could_be_found() -> None:
    salon = Salon()
    earlier, later = (salon.book(f"2026-03-0{day} 08:00", "2026-03-16 11:00") for day in (1, 2))
    assert verdicts(salon.foretell("2026-03-03 05:30")).keys() == {later}
    assert verdicts(salon.foretell("2026-03-03 04:30")).keys() == {earlier}


@pytest.mark.parametrize(
    ("run", "status"),
    [("2026-03-16 20:00", "succeeded"), ("2026-03-17 05:00", "succeeded"), ("2026-03-17 05:01", "failed")],
)
def test_fourteen_days_of_collection_begin_when_the_stay_could_be_found(run: str, status: str) -> None:
    salon = Salon('{"no_show": {"auto_charge": false}}')
    salon.book("2026-03-02 08:00", "2026-03-16 11:00")
    salon.change("2026-03-15 12:00", "tenants", "salon", settings=None)
    assert fees(salon.foretell("2026-03-01", "2026-03-03", run)) == [("kim", "kim", status, 2500, 1)]


# Who came, and who could not


@pytest.mark.parametrize("written", [{"arrived_at": 1}, {"actual_start": 1}, {"status": "completed"}])
def test_who_came_for_another_appointment_of_the_day_missed_nothing(written: dict[str, Any]) -> None:
    salon = Salon()
    twice, kept = salon.book("2026-03-02 09:00"), salon.book("2026-03-02 15:00")
    salon.change("2026-03-02 15:03", "appointments", kept, **written)
    said = salon.foretell("2026-03-01", "2026-03-03", "2026-03-04")
    assert verdicts(said) == {twice: CAME}
    assert (fees(said), counts(said), points(said)) == ([], {}, {})


@pytest.mark.parametrize(("owner", "start"), [("lou", "2026-03-02 15:00"), ("kim", "2026-03-03 00:05")])
def test_what_another_owner_or_day_was_kept_is_no_excuse(owner: str, start: str) -> None:
    salon = Salon()
    alone = salon.book("2026-03-02 09:00")
    salon.book(start, owner=owner, is_kept=True)
    assert verdicts(salon.foretell("2026-03-01", "2026-03-04"))[alone] == MISSED


def test_it_is_missed_after_all_when_the_other_was_a_mistake_of_the_desk() -> None:
    salon = Salon()
    twice, other = salon.book("2026-03-02 09:00"), salon.book("2026-03-02 15:00", is_kept=True)
    salon.change("2026-03-04 12:00", "appointments", other, arrived_at=None, status="cancelled")
    assert verdicts(salon.foretell("2026-03-01", "2026-03-03", "2026-03-05")) == {twice: MISSED}


@pytest.mark.parametrize(("dead", "verdict"), [(("rex", "bo"), DECEASED), (("rex",), MISSED), ((), MISSED)])
def test_nobody_misses_a_visit_whose_pets_have_all_died(dead: tuple[str, ...], verdict: Verdict) -> None:
    salon = Salon()
    visit = salon.book("2026-03-02 09:00", pets=("rex", "bo"))
    for pet in dead:
        salon.change("2026-03-02 20:00", "pets", pet, is_deceased=True)
    said = salon.foretell("2026-03-01", "2026-03-03")
    assert verdicts(said) == {visit: verdict}
    assert len(fees(said)) == (verdict == MISSED)


def test_a_pet_that_was_only_thought_dead_has_missed_its_visit() -> None:
    salon = Salon()
    visit = salon.book("2026-03-02 09:00", pets=("rex",))
    salon.change("2026-03-02 20:00", "pets", "rex", is_deceased=True)
    salon.change("2026-03-03 20:00", "pets", "rex", is_deceased=False)
    assert verdicts(salon.foretell("2026-03-01", "2026-03-03", "2026-03-04")) == {visit: MISSED}


def test_a_visit_of_which_a_part_was_attended_after_all_is_given_back() -> None:
    salon = Salon()
    salon.book("2026-03-02 09:00")
    other = salon.book("2026-03-02 15:00")
    salon.change("2026-03-03 12:00", "appointments", other, status="completed")
    said = salon.foretell("2026-03-01", "2026-03-03", "2026-03-04")
    assert fees(said) == [("kim", "kim", "cancelled", 2500, 1)]
    assert (counts(said), points(said)) == ({}, {})


# Days that wait for a person


def a_week(salon: Salon, kept: int, missed: int) -> None:
    """Book one appointment a day from 2 March on, for whom there is one: first those that are written down."""
    for day in range(kept + missed):
        salon.book(f"2026-03-{2 + day:02} 09:00", is_kept=day < kept)


@pytest.mark.parametrize(
    ("kept", "missed", "is_held"), [(0, 4, False), (0, 5, True), (1, 4, True), (2, 4, False), (2, 5, True)]
)
def test_a_desk_that_writes_down_fewer_than_a_third_of_five_charges_nobody(
    kept: int, missed: int, is_held: bool
) -> None:
    salon = Salon()
    a_week(salon, kept, missed)
    said = salon.foretell("2026-03-01 12:00", "2026-03-09 06:00")
    assert held(said) == [0, missed * is_held]
    assert len(verdicts(said)) == missed * (not is_held)


def test_days_are_looked_at_again_until_somebody_writes_down_who_comes_or_accepts_them() -> None:
    salon = Salon()
    a_week(salon, 0, 5)
    kept = [salon.book(f"2026-03-07 {hour}:00", owner="lou", is_kept=True) for hour in (10, 12, 14)]
    assert len(kept) == 3
    assert held(salon.foretell("2026-03-01", "2026-03-07", "2026-03-08")) == [0, 5, 0]
    assert held(salon.foretell("2026-03-01", "2026-03-07", accepted=("2026-03-05",))) == [0, 4]


def test_what_we_marked_is_no_record_and_what_staff_marked_is_one() -> None:
    salon = Salon()
    a_week(salon, 0, 6)
    assert held(salon.foretell("2026-03-01", *(f"2026-03-0{day}" for day in range(3, 9)))) == [0, 0, 0, 0, 0, 1, 2]
    for key in (1, 2):
        salon.change("2026-03-03 01:00", "appointments", key, status="no_show")
    assert held(salon.foretell("2026-03-01", "2026-03-08")) == [0, 0]


def test_what_is_older_than_fourteen_days_proves_nothing_and_what_was_before_the_first_run_does() -> None:
    salon = Salon()
    a_week(salon, 0, 5)
    salon.book("2026-03-18 09:00")
    assert held(salon.foretell("2026-03-16", "2026-03-19")) == [0, 0]
    salon.book("2026-03-07 10:00")
    assert held(salon.foretell("2026-03-08")) == [1]


@pytest.mark.parametrize(("missed", "kept", "is_held"), [(2, 0, False), (3, 2, True), (3, 3, False), (4, 3, True)])
def test_a_day_of_which_three_and_more_than_half_are_missing_is_held(missed: int, kept: int, is_held: bool) -> None:
    salon = Salon()
    for hour in range(missed):
        salon.book(f"2026-03-02 {9 + hour:02}:00")
    for hour in range(kept):
        salon.book(f"2026-03-02 {9 + hour:02}:00", owner="lou", is_kept=True)
    assert held(salon.foretell("2026-03-01", "2026-03-03")) == [0, is_held]


# Owners that were entered twice


@pytest.mark.parametrize("at", ["2026-03-02 20:00", "2026-03-03 12:00", "2026-03-04 12:00", "2026-03-05 12:00"])
def test_a_missed_visit_goes_with_its_appointment_and_is_paid_once(at: str) -> None:
    salon = Salon()
    salon.merge(at, salon.book("2026-03-02 09:00"))
    said = salon.foretell("2026-03-01", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06")
    written_for = "lou" if at == "2026-03-02 20:00" else "kim"
    assert fees(said) == [(written_for, "lou", "succeeded", 2500, 1)]
    assert (counts(said), points(said)) == ({"lou": 1}, {"lou": -20})


@pytest.mark.parametrize(
    ("kims", "lous", "merged", "expected"),
    [
        ("09:00", "", "2026-03-03 12:00", {"kim": "succeeded"}),
        ("09:00", "15:00", "2026-03-03 12:00", {"kim": "succeeded", "lou": "cancelled"}),
        ("15:00", "09:00", "2026-03-03 12:00", {"kim": "cancelled", "lou": "succeeded"}),
        ("15:00", "09:00", "2026-03-04 12:00", {"kim": "needs_refund", "lou": "succeeded"}),
    ],
)
def test_of_two_fees_of_one_day_the_later_is_given_up(
    kims: str, lous: str, merged: str, expected: dict[str, str]
) -> None:
    salon = Salon()
    salon.merge(merged, salon.book(f"2026-03-02 {kims}"))
    if lous:
        salon.book(f"2026-03-02 {lous}", owner="lou")
    said = salon.foretell("2026-03-01", "2026-03-03", "2026-03-04", "2026-03-05")
    assert {first: status for first, _, status, _, _ in fees(said)} == expected
    assert {owner for _, owner, _, _, _ in fees(said)} == {"lou"}
    assert (counts(said), points(said)) == ({"lou": 1}, {"lou": -20})
    given_up = {first for first, status in expected.items() if status == "cancelled"}
    assert {first for (first, _), fee in [*said.fees.values()][-1].items() if fee.is_superseded} == given_up


def test_of_two_fees_of_one_day_the_one_that_was_collected_stays() -> None:
    salon = Salon()
    salon.change("2026-03-01 12:00", "owners", "lou", has_payment_method=False)
    salon.book("2026-03-02 09:00", owner="lou")
    salon.merge("2026-03-04 12:00", salon.book("2026-03-02 15:00"))
    said = salon.foretell("2026-03-01", "2026-03-03", "2026-03-04", "2026-03-05")
    assert fees(said) == [("lou", "lou", "cancelled", 2500, 1), ("kim", "lou", "succeeded", 2500, 1)]
    assert (counts(said), points(said)) == ({"lou": 1}, {"lou": -20})


def test_offence_numbers_stay_and_the_next_one_counts_what_came_along() -> None:
    salon = Salon()
    visits = [salon.book("2026-03-02 09:00"), salon.book("2026-03-03 09:00")]
    salon.merge("2026-03-04 12:00", *visits)
    salon.book("2026-03-04 15:00", owner="lou")
    said = salon.foretell("2026-03-01", "2026-03-03", "2026-03-04", "2026-03-05")
    assert [(amount, offence) for _, _, _, amount, offence in fees(said)] == [(2500, 1), (3500, 2), (5000, 3)]
    assert (counts(said), points(said)) == ({"lou": 3}, {"lou": -60})


def test_who_came_under_the_other_name_is_given_back_what_was_taken() -> None:
    salon = Salon()
    salon.book("2026-03-02 09:30", owner="lou", is_kept=True)
    salon.merge("2026-03-04 12:00", salon.book("2026-03-02 09:00"))
    said = salon.foretell("2026-03-01", "2026-03-03", "2026-03-04", "2026-03-05")
    assert fees(said) == [("kim", "lou", "needs_refund", 2500, 1)]
    assert (counts(said), points(said)) == ({}, {})


@pytest.mark.parametrize("runs", [("2026-03-03 12:30", "2026-03-03 13:30"), ("2026-03-03 13:30", "2026-03-03 14:30")])
def test_a_notice_that_waits_while_its_visit_passes_on_goes_to_the_new_owner_once(runs: tuple[str, str]) -> None:
    salon = Salon()
    salon.merge("2026-03-03 05:00", salon.book("2026-03-02 09:00"))
    said = salon.foretell("2026-03-01", "2026-03-03", *runs)
    assert [(sent.kind, sent.to) for sent in said.sent] == [("no_show_notice", "+12128670002")]
