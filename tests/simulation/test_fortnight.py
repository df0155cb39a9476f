"""A fortnight hour by hour, and two shorter spells over other changes of the clocks, held against the oracle."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from shared.database.engine import open_engine
from shared.database.migrations import upgrade

from .differences import Readable
from .evidence import promises
from .house import house_of
from .oracle import Oracle, Prediction, predict
from .platform import Platform
from .play import Played, play
from .script import make_world
from .world import DAY, HOUR, World

SPELLS = {
    "a fortnight with the end of summer time in New York": (datetime(2026, 10, 24, tzinfo=UTC), 14, 160),
    "two days with the end of summer time on Lord Howe": (datetime(2026, 4, 4, tzinfo=UTC), 2, 16),
    "two days with the start of summer time in New York": (datetime(2026, 3, 7, tzinfo=UTC), 2, 16),
}
"""First instant, days, visits per tenant."""


@dataclass(frozen=True, slots=True)
class Spell:
    world: World
    expected: Prediction
    played: Played
    readable: Readable


@pytest.fixture(scope="module", params=list(SPELLS.values()), ids=list(SPELLS))
def spell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Spell:
    world = make_world(*request.param)
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('simulation') / 'petcare.db'}")
    upgrade(engine)
    played = play(world, engine)
    engine.dispose()
    return Spell(world, predict(world), played, Readable(world))


def test_every_decision_is_the_oracles(spell: Spell) -> None:
    assert not (lines := spell.readable.verdicts(spell.expected, spell.played.found)), "\n".join(lines)


def test_every_text_leaves_when_the_oracle_says_and_to_whom(spell: Spell) -> None:
    assert not (lines := spell.readable.texts(spell.expected, spell.played.found)), "\n".join(lines)


def test_each_run_reports_how_many_texts_of_its_kind_it_sent(spell: Spell) -> None:
    reported = {now: result["reminders_sent"] for now, result in spell.played.results.items()}
    assert reported == {now: spell.expected.sent_by_run[now] for now in reported}


def test_each_run_goes_through_all_tenants_but_the_broken_and_the_inactive(spell: Spell) -> None:
    processed = {now: result["tenants_processed"] for now, result in spell.played.results.items()}
    assert processed == {now: len(working) for now, working in spell.expected.working.items()}


def test_each_run_names_the_tenants_with_broken_settings(spell: Spell) -> None:
    for now, result in spell.played.results.items():
        named = {error["tenant"] for error in result["errors"]}
        assert spell.expected.broken[now] <= named or result["total_errors"] > len(result["errors"]), now


def test_rows_that_refer_to_another_business_are_named_and_nothing_is_decided_about_them(spell: Spell) -> None:
    oracle = Oracle(spell.world.e164)
    for change in spell.world.changes:
        oracle.platform.apply(change)
    bad = {row["id"] for row in oracle.platform.rows("appointments") if oracle.is_foreign(row)}
    named = {error["subject"] for result in spell.played.results.values() for error in result["errors"]}
    assert any(str(key) in subject for key in bad for subject in named)
    assert not bad & {appointment for _, appointment, _ in spell.played.found.verdicts}


def test_no_text_is_in_quiet_hours_late_misdirected_or_about_something_that_is_off(spell: Spell) -> None:
    objections = [
        f"{objection}: {spell.readable.text(departure.sent)}"
        for departure in spell.played.departures
        for objection in departure.objections(spell.world.e164)
    ]
    assert not objections, "\n".join(objections[:10])


def test_each_reminder_is_in_at_most_one_text(spell: Spell) -> None:
    about = Counter((sent.kind, *member) for sent in spell.played.found.sent.elements() for member in sent.members)
    assert about
    assert set(about.values()) == {1}


def test_every_reminder_that_nothing_stands_in_the_way_of_leaves_within_half_an_hour_of_its_lead(spell: Spell) -> None:
    about = defaultdict(list)
    for sent in spell.played.found.sent.elements():
        for member in sent.members:
            about[sent.kind, member].append(sent)
    made = list(promises(spell.world))
    broken = [promise for promise in made if not promise.is_kept(about[promise.kind, promise.member])]
    assert made
    assert not broken, "\n".join(str(promise) for promise in broken[:10])


def test_decisions_and_notifications_belong_together(spell: Spell) -> None:
    assert not spell.played.loose_ends


def test_the_fortnight_is_as_large_and_as_awkward_as_promised() -> None:
    world = make_world(*next(iter(SPELLS.values())))
    platform = Platform()
    for change in world.changes:
        platform.apply(change)
    moved = {change.key for change in world.changes if "scheduled_start" in change.values and not change.is_new}
    cancelled = {change.key for change in world.changes if change.values.get("status") == "cancelled"}
    houses = [house_of(tenant) for tenant in platform.rows("tenants")]
    zones = {house.quiet.zone for house in houses}
    shifting = {
        zone.key
        for zone in zones
        if world.first.astimezone(zone).utcoffset() != world.last.astimezone(zone).utcoffset()
    }
    assert world.last - world.first == 14 * DAY
    assert sum(house.is_active for house in houses) >= 12
    assert {zone.key for zone in zones} > {"Asia/Kathmandu", "Australia/Lord_Howe"} | shifting
    assert {"America/New_York", "America/St_Johns", "Africa/Cairo"} <= shifting
    assert len(platform.tables["appointments"]) >= 3000
    assert len(moved) >= 500
    assert len(cancelled) >= 300
    assert len(world.runs) <= 0.95 * len(world.scheduled)
    assert max(later.now - earlier.now for earlier, later in pairwise(world.runs)) >= 6 * HOUR
    assert not {change.at for change in world.changes} & {run.now for run in world.scheduled}
