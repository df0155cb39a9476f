"""When a vaccination is alerted, by tier and local day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.notifications import Member
from shared.domain.plans import Plan, UndecidedAlert
from shared.domain.policy.models import ServedTenant
from shared.domain.reasons import Reason
from shared.domain.records import Outcome, Vaccination
from shared.tasks.vaccination_monitor import rules
from shared.tasks.vaccination_monitor.rules import Calendar
from tests.domain.builders import ELSEWHERE, LONG_AGO, NEW_YORK, RUN_ID, TENANT_ID, a_pet, an_owner, local, served

TIERS = (30, 14, 7)
TODAY = date(2026, 3, 3)
NOON = local("2026-03-03 12:00")
DAY = timedelta(days=1)
some_tiers = st.sets(st.integers(1, 60), min_size=1, max_size=4).map(lambda tiers: tuple(sorted(tiers, reverse=True)))


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


IN_A_WEEK = in_days(7)


def a_record(expires_on: date | None = IN_A_WEEK, **changes: Any) -> Vaccination:
    facts = {
        "id": uuid4(),
        "tenant_id": TENANT_ID,
        "owner": an_owner(),
        "pet": a_pet(),
        "is_pet_active": True,
        "vaccine": "rabies",
        "name": None,
        "created_at": LONG_AGO,
        "is_superseded": False,
        "is_deleted": False,
    }
    return Vaccination(**{**facts, "expires_on": expires_on, **changes})


def alert(record: Vaccination, tier: int = 7, earlier: Outcome | None = None, why: Reason | None = None) -> Any:
    return UndecidedAlert(record, tier, earlier, why)


def decide(*alerts: UndecidedAlert, tenant: ServedTenant | None = None, now: datetime = NOON) -> Plan:
    return rules.decide(alerts, tenant or served(), now, LONG_AGO, RUN_ID)


def calendar(tiers: tuple[int, ...] = TIERS, *, today: date = TODAY, on: date = date(2020, 1, 1)) -> Calendar:
    return Calendar(today, on, max(today - 2 * DAY, on), tiers)


def tiers_of(windows: list[Any], expires_on: date) -> list[int]:
    return [each.tier for each in windows if each.first <= expires_on <= each.last]


# Tiers


@given(tiers=some_tiers, left=st.integers(-5, 70))
def test_the_tier_in_force_is_the_smallest_that_is_at_least_the_days_left(tiers: tuple[int, ...], left: int) -> None:
    wanted = [tier for tier in tiers if 0 <= left <= tier][-1:]
    assert tiers_of(rules.due_windows(calendar(tiers)), in_days(left)) == wanted


@given(tiers=some_tiers, left=st.integers(-5, 70))
def test_what_was_in_force_and_no_longer_is_since_two_days_became_useless_lately(
    tiers: tuple[int, ...], left: int
) -> None:
    in_force = [
        set(tiers_of(rules.due_windows(calendar(tiers, today=TODAY - back * DAY)), in_days(left))) for back in range(3)
    ]
    missed = tiers_of(rules.missed_windows(calendar(tiers)), in_days(left))
    assert set(missed) == (in_force[1] | in_force[2]) - in_force[0]


@given(tiers=some_tiers, left=st.integers(0, 70))
def test_an_alert_is_useful_to_the_midnight_after_its_last_day_in_force(tiers: tuple[int, ...], left: int) -> None:
    for tier in tiers_of(rules.due_windows(calendar(tiers)), in_days(left)):
        until = rules.useful_until(in_days(left), tier, tiers, NEW_YORK)
        last_day = (until - timedelta(seconds=1)).astimezone(NEW_YORK).date()
        assert (until.astimezone(NEW_YORK).hour, until.astimezone(NEW_YORK).minute) == (0, 0)
        assert tiers_of(rules.due_windows(calendar(tiers, today=last_day)), in_days(left)) == [tier]
        assert tiers_of(rules.due_windows(calendar(tiers, today=last_day + DAY)), in_days(left)) != [tier]


def test_the_last_tier_is_useful_to_the_end_of_the_expiry_day_also_where_it_has_23_hours() -> None:
    assert rules.useful_until(date(2026, 3, 8), 7, TIERS, NEW_YORK) == local("2026-03-09 00:00")


def test_where_the_clocks_skip_midnight_a_tier_ends_when_they_jump() -> None:
    beirut = ZoneInfo("Asia/Beirut")  # clocks went from 00:00 to 01:00 on 27 March 2022
    assert rules.useful_until(date(2022, 3, 26), 7, TIERS, beirut) == datetime(2022, 3, 26, 22, tzinfo=UTC)


def test_nothing_from_before_switch_on_is_looked_for_but_the_smallest_tier() -> None:
    windows = rules.due_windows(calendar(on=TODAY))
    assert [(each.tier, each.first, each.last) for each in windows] == [
        (30, in_days(30), in_days(30)),
        (14, in_days(14), in_days(14)),
        (7, TODAY, in_days(7)),
    ]
    assert rules.missed_windows(calendar(on=TODAY)) == []


def test_a_day_after_switch_on_one_day_of_expiries_may_have_been_missed() -> None:
    windows = rules.missed_windows(calendar(on=TODAY - DAY))
    assert [(each.tier, each.first, each.last) for each in windows] == [
        (30, in_days(14), in_days(14)),
        (14, in_days(7), in_days(7)),
        (7, in_days(-1), in_days(-1)),
    ]


# What is alerted


@pytest.mark.parametrize(
    ("left", "tier", "alerted"), [(30, 30, True), (29, 30, False), (14, 14, True), (13, 14, False), (6, 7, True)]
)
def test_a_tier_that_began_before_the_record_was_made_is_not_alerted_but_the_smallest(
    left: int, tier: int, alerted: bool
) -> None:
    made_today = a_record(in_days(left), created_at=NOON)
    assert rules.is_alerted(made_today, tier, served(), LONG_AGO) is alerted


@pytest.mark.parametrize(("left", "alerted"), [(14, True), (13, False)])
def test_a_tier_that_began_before_switch_on_is_not_alerted(left: int, alerted: bool) -> None:
    assert rules.is_alerted(a_record(in_days(left)), 14, served(), NOON) is alerted


def test_creation_counts_by_the_local_date() -> None:
    late_in_utc = a_record(in_days(14), created_at=local("2026-03-03 23:30"))  # 4 March in UTC
    assert rules.is_alerted(late_in_utc, 14, served(), LONG_AGO)


@pytest.mark.parametrize(("made", "late"), [("2026-02-23 12:00", True), ("2026-02-24 12:00", False)])
def test_what_became_useless_is_late_only_if_the_record_is_as_old_as_its_tier(made: str, late: bool) -> None:
    record = a_record(TODAY - DAY, created_at=local(made))  # its last tier began on 23 February
    assert rules.is_late(record, 7, served(), LONG_AGO) is late


def test_a_tier_that_began_before_switch_on_and_ended_after_it_is_not_late_but_the_last_one_is() -> None:
    ended_today = a_record(TODAY + 14 * DAY)
    assert rules.is_late(ended_today, 30, served(), LONG_AGO)
    assert not rules.is_late(ended_today, 30, served(), local("2026-03-02 12:00"))
    assert rules.is_late(a_record(TODAY - DAY), 7, served(), local("2026-03-02 12:00"))


def test_what_is_nobodys_concern_is_not_late() -> None:
    assert not rules.is_late(a_record(TODAY - DAY, is_superseded=True), 7, served(), LONG_AGO)


# To whom

DEAD = a_pet(is_deceased=True)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"owner": an_owner(is_active=False), "pet": DEAD}, Reason.OWNER_INACTIVE),
        ({"pet": DEAD, "is_pet_active": False}, Reason.PET_DECEASED),
        ({"is_pet_active": False, "is_superseded": True}, Reason.PET_INACTIVE),
        ({"is_superseded": True, "owner": an_owner(sms_opted_in=False)}, Reason.SUPERSEDED),
        ({"owner": an_owner(sms_opted_in=False, phone=None)}, Reason.OPTED_OUT),
        ({"owner": an_owner(phone=" ")}, Reason.NO_PHONE),
        ({"owner": an_owner(phone="12")}, Reason.INVALID_PHONE),
        ({}, None),
    ],
)
def test_the_reasons_of_a_skip_in_their_order(changes: dict[str, Any], reason: Reason | None) -> None:
    assert rules.skip_reason(a_record(**changes), "US") == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_deleted": True}, Reason.RECORD_DELETED),
        ({"expires_on": in_days(8)}, Reason.EXPIRY_CHANGED),
        ({"expires_on": None}, Reason.EXPIRY_CHANGED),
        ({"is_superseded": True}, Reason.SUPERSEDED),
        ({}, None),
    ],
)
def test_what_is_no_longer_right_when_it_is_sent(changes: dict[str, Any], reason: Reason | None) -> None:
    record = a_record()
    key = rules.alert_decision(record, 7).ledger_key
    changed = a_record(**{"id": record.id, **changes})
    assert rules.no_longer_right(changed, Member(RUN_ID, key, record.id, None), "US") == reason


def test_a_row_of_another_business_is_found() -> None:
    assert a_record().foreign_part is None
    assert a_record(pet=a_pet(tenant_id=ELSEWHERE)).foreign_part == "pet"
    assert a_record(owner=an_owner(tenant_id=ELSEWHERE)).foreign_part == "pet's owner"


# Deciding


def test_one_owner_gets_one_text_useful_until_the_first_of_its_tiers_is_over() -> None:
    owner = an_owner()
    plan = decide(alert(a_record(in_days(14), owner=owner), 14), alert(a_record(in_days(20), owner=owner), 30))
    (notification,) = plan.notifications
    assert [(each.outcome, each.notification_id) for each in plan.decisions] == [("notify", notification.id)] * 2
    assert (notification.owner_id, notification.not_before) == (owner.id, NOON)
    assert notification.useful_until == local("2026-03-09 00:00")  # the day on which 14 days are left of the second


def test_the_occurrence_is_the_expiry_date_and_the_tier() -> None:
    record = a_record(date(2026, 3, 10))
    (decision,) = decide(alert(record)).decisions
    assert decision.ledger_key == f"vaccination_expiring:{record.id}:2026-03-10:7"


def test_at_night_it_waits_for_the_morning() -> None:
    (notification,) = decide(alert(a_record()), now=local("2026-03-03 01:00")).notifications
    assert notification.not_before == local("2026-03-03 08:00")


@pytest.mark.parametrize(("quiet", "planned"), [("21:00-08:00", 0), ("21:00-00:00", 0), ("21:00-23:59", 1), ("off", 1)])
def test_what_could_only_leave_when_it_is_useless_is_not_decided(quiet: str, planned: int) -> None:
    tenant = served({"sms": {"quiet_hours": quiet}})
    plan = decide(alert(a_record(TODAY)), now=local("2026-03-03 22:00"), tenant=tenant)
    assert len(plan.decisions) == planned


def test_a_skip_the_ledger_has_already_is_not_decided_again() -> None:
    silent = a_record(owner=an_owner(phone=None))
    assert len(decide(alert(silent)).decisions) == 1
    assert decide(alert(silent, 7, Outcome.SKIPPED, Reason.NO_PHONE)) == Plan()
    assert decide(alert(silent, 7, Outcome.CANCELLED, Reason.NO_PHONE)) == Plan()
    (again,) = decide(alert(silent, 7, Outcome.SKIPPED, Reason.OPTED_OUT)).decisions
    assert again.reason == "no_phone"


def test_a_skip_is_retaken_when_its_reason_is_gone() -> None:
    plan = decide(alert(a_record(), 7, Outcome.SKIPPED, Reason.NO_PHONE))
    assert plan.retaken == {each.ledger_key for each in plan.decisions}
    assert len(plan.notifications) == 1


def test_records_are_grouped_by_owner_what_expires_first_at_the_front() -> None:
    ana, bob = an_owner(), an_owner()
    records = [a_record(in_days(days), owner=owner) for days, owner in ((7, ana), (3, bob), (1, ana))]
    groups = rules.by_owner([alert(each) for each in records])
    assert sorted([each.vaccination.expires_on for each in group] for group in groups) == [
        [in_days(1), in_days(7)],
        [in_days(3)],
    ]
