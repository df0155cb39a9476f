"""A fortnight hour by hour, and two shorter spells over other changes of the clocks, held against the oracle."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, cycle, pairwise
from multiprocessing import get_context

import pytest

from shared.jobs import JOBS
from shared.operations.forecast import Step
from tests import databases
from tests.databases import Stock
from tests.simulation.books import Books, Standing
from tests.simulation.evidence import promises
from tests.simulation.house import house_of
from tests.simulation.oracle import KIND_OF_JOB
from tests.simulation.platform import Platform
from tests.simulation.spells import FORTNIGHTS, PLOTS, Plot, Spell, live
from tests.simulation.world import DAY, HOUR

KINDS = {
    "AppointmentReminders24h": ("reminder_24h",),
    "AppointmentReminders2h": ("reminder_2h",),
    "VaccinationMonitor": ("vaccination_expiring",),
    "NoShowDetector": ("no_show", "no_show_notice", "fee_receipt", "fee_failed"),
    "ReputationUpdater": (),
}
"""What each job decides about."""

EVENTS = {"NoShowDetector": ("no_show",), "ReputationUpdater": ("opening", "completed", "on_time", "recovery")}
EVENTS["ReputationUpdater"] += ("late_cancellation",)
SENT = {
    "AppointmentReminders24h": "reminders_sent",
    "AppointmentReminders2h": "reminders_sent",
    "VaccinationMonitor": "total_alerts_sent",
}
"""Under which key the result of a run tells how many texts of its kind left."""

of_each_job = pytest.mark.parametrize("job", JOBS)


@pytest.fixture(scope="module")
def lived(stocks: Callable[[str], Stock]) -> Iterator[Mapping[str, Future[Spell]]]:
    """All spells, on one kind of database after the other: each kind has a fortnight of all five jobs."""
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as processes:

        def lived_on(kind: str, plot: Plot) -> Future[Spell]:
            try:
                stock = stocks(kind)
            except pytest.skip.Exception as why:
                not_lived = Future[Spell]()
                not_lived.set_exception(why)
                return not_lived
            return processes.submit(live, plot, stock.databases.copy(stock.pattern))

        yield {
            name: lived_on(kind, plot)
            for (name, plot), kind in zip(PLOTS.items(), cycle(databases.KINDS), strict=False)
        }


@pytest.fixture(scope="module", params=list(PLOTS))
def spell(request: pytest.FixtureRequest, lived: Mapping[str, Future[Spell]]) -> Spell:
    return lived[request.param].result()


@of_each_job
def test_every_decision_is_the_oracles(spell: Spell, job: str) -> None:
    assert not (lines := spell.readable.verdicts(spell.expected, spell.played.found, KINDS[job])), "\n".join(lines)


@of_each_job
def test_every_text_leaves_when_the_oracle_says_and_to_whom(spell: Spell, job: str) -> None:
    assert not (lines := spell.readable.texts(spell.expected, spell.played.found, KINDS[job])), "\n".join(lines)


def test_the_status_of_every_vaccination_and_pet_is_the_oracles_after_each_run(spell: Spell) -> None:
    lines = spell.readable.rows(spell.expected.vaccinations, spell.played.found.vaccinations)
    assert not lines, "\n".join(lines)


def test_every_fee_is_the_oracles_after_each_run(spell: Spell) -> None:
    assert not (lines := spell.readable.rows(spell.expected.fees, spell.played.found.fees)), "\n".join(lines)


def test_the_days_that_are_held_are_the_oracles(spell: Spell) -> None:
    assert spell.played.found.held == spell.expected.held


def test_every_owners_count_and_score_are_the_oracles_after_each_run(spell: Spell) -> None:
    lines = spell.readable.rows(spell.expected.owners, spell.played.found.owners, Standing.allows)
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize("job", [job for job in JOBS if job in EVENTS])
def test_every_reputation_event_is_the_oracles(spell: Spell, job: str) -> None:
    assert not (lines := spell.readable.events(spell.expected, spell.played.found, EVENTS[job])), "\n".join(lines)


def test_each_run_reports_how_many_texts_of_its_kind_it_sent(spell: Spell) -> None:
    told = {run: result[SENT[run[0]]] for run, result in spell.played.results.items() if run[0] in KIND_OF_JOB}
    assert told == {run: spell.expected.sent_by_run[run] for run in told}


def test_each_run_goes_through_all_tenants_but_the_broken_and_the_inactive(spell: Spell) -> None:
    processed = {run: result["tenants_processed"] for run, result in spell.played.results.items()}
    assert processed == {run: len(working) for run, working in spell.expected.working.items()}


def test_each_run_names_the_tenants_with_broken_settings(spell: Spell) -> None:
    for run, result in spell.played.results.items():
        named = {error["tenant"] for error in result["errors"]}
        assert spell.expected.broken[run] <= named or result["total_errors"] > len(result["errors"]), run


def test_rows_that_refer_to_another_business_are_named_and_nothing_is_decided_about_them(spell: Spell) -> None:
    books = Books(spell.world.e164)
    for change in spell.world.changes:
        books.platform.apply(change)
    appointments = books.platform.rows("appointments")
    bad = {row["id"] for row in appointments if books.is_foreign(row)}
    pets = books.platform.tables["pets"]
    records = books.platform.rows("vaccination_records")
    bad |= {row["id"] for row in records if pets[row["pet_id"]]["tenant_id"] != row["tenant_id"]}
    named = {error["subject"] for result in spell.played.results.values() for error in result["errors"]}
    assert any(str(key) in subject for key in bad for subject in named)
    assert not bad & {subject for _, subject, _ in spell.played.found.verdicts}


def test_no_text_is_in_quiet_hours_late_misdirected_or_about_something_that_is_off(spell: Spell) -> None:
    objections = [
        f"{objection}: {spell.readable.text(departure.sent)}"
        for departure in spell.played.departures
        for objection in departure.objections(spell.world.e164)
    ]
    assert not objections, "\n".join(objections[:10])


def test_nothing_is_in_more_than_one_text(spell: Spell) -> None:
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


def test_decisions_texts_payments_charges_and_scores_belong_together(spell: Spell) -> None:
    assert not spell.played.loose_ends, "\n".join(spell.played.loose_ends[:10])


def test_the_runs_do_what_was_foretold_of_them(spell: Spell) -> None:
    lines = spell.foreteller.differences
    assert not lines, f"{len(lines)} differences\n" + "\n".join(lines[:10])


@pytest.fixture(scope="module")
def fortnight(lived: Mapping[str, Future[Spell]]) -> list[Spell]:
    return [lived[name].result() for name in FORTNIGHTS]


def test_the_oracle_meets_every_reason_in_the_fortnight(fortnight: list[Spell]) -> None:
    verdicts = chain.from_iterable(spell.expected.verdicts.items() for spell in fortnight)
    met = {(subject[0], verdict.outcome, verdict.reason) for subject, verdict in verdicts}
    why_nobody = ("owner_inactive", "opted_out", "no_phone", "invalid_phone")
    assert met >= {("reminder_24h", "notify", None), ("reminder_2h", "expired", "too_late")}
    assert {reason for kind, _, reason in met if kind.startswith("reminder")} >= {
        *("kind_disabled", "booked_inside_window", "pet_deceased", *why_nobody),
        *("too_late", "rescheduled", "tenant_inactive"),
        *("appointment_cancelled", "appointment_started", "appointment_completed", "appointment_deleted"),
    }
    assert met >= {
        ("vaccination_expiring", "skipped", reason)
        for reason in ("pet_deceased", "pet_inactive", "superseded", *why_nobody)
    }
    assert {reason for kind, outcome, reason in met if (kind, outcome) == ("vaccination_expiring", "cancelled")} >= {
        *("record_deleted", "expiry_changed", "superseded"),
    }
    assert met >= {("vaccination_expiring", "expired", "too_late"), ("no_show", "notify", "fee_not_configured")}
    assert met >= {("no_show_notice", "skipped", reason) for reason in why_nobody}
    assert met >= {("no_show", "skipped", reason) for reason in ("closed_day", "came_that_day", "pet_deceased")}
    assert met >= {("no_show_notice", "cancelled", "no_show_corrected")}
    assert met >= {("no_show_notice", "notify", None), ("fee_receipt", "notify", None)}


def test_the_oracle_meets_every_fate_of_a_fee_and_every_event_in_the_fortnight(fortnight: list[Spell]) -> None:
    fates = {fee.status for spell in fortnight for fees in spell.expected.fees.values() for fee in fees.values()}
    events = {(line[1], line[4]) for spell in fortnight for line in spell.expected.events}
    currencies = {fee.currency for spell in fortnight for fee in [*spell.expected.fees.values()][-1].values()}
    assert fates == {"pending", "succeeded", "failed", "cancelled", "waived", "needs_refund"}
    assert events >= {("no_show", True), *((kind, False) for kinds in EVENTS.values() for kind in kinds)}
    assert currencies == {"USD", "CAD", "AUD", "NZD", "GBP", "JPY", "EGP", "INR"}
    held = {(where, why) for spell in fortnight for days in spell.expected.held.values() for where, _, why in days}
    assert held >= {("hudson", "surge"), ("chatham", "surge")}
    assert held >= {(where, "attendance_not_recorded") for where in ("nook", "brook", "ganges")}


def test_the_oracle_lets_fees_of_every_kind_follow_their_owners_in_the_fortnight(fortnight: list[Spell]) -> None:
    rows = [item for spell in fortnight for fees in spell.expected.fees.values() for item in fees.items()]
    passed_on = {fee.status for (first, _), fee in rows if fee.owner != first}
    assert passed_on >= {"pending", "failed", "succeeded", "cancelled", "needs_refund"}


def test_everything_that_can_be_foretold_was_held_against_the_deed_in_the_fortnight(fortnight: list[Spell]) -> None:
    compared = sum((spell.foreteller.compared for spell in fortnight), Counter[Step]())
    assert compared.keys() == set(Step)
    assert compared[Step.TEXT] > 100


def test_the_fortnight_is_as_large_and_as_awkward_as_promised(fortnight: list[Spell]) -> None:
    platform = Platform()
    worlds = [spell.world for spell in fortnight]
    changes = [change for world in worlds for change in world.changes]
    for change in changes:
        platform.apply(change)
    moved = {change.key for change in changes if "scheduled_start" in change.values and not change.is_new}
    cancelled = {change.key for change in changes if change.values.get("status") == "cancelled"}
    houses = [house_of(tenant) for tenant in platform.rows("tenants")]
    zones = {house.quiet.zone for house in houses}
    world = worlds[0]
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
    assert len(platform.tables["vaccination_records"]) >= 1500
    assert len(moved) >= 500
    assert len(cancelled) >= 300
    lengths = [row["scheduled_end"] - row["scheduled_start"] for row in platform.rows("appointments")]
    assert sum(length >= 6.5 * DAY for length in lengths) >= 50
    for world in worlds:
        assert {run.job for run in world.runs} == set(JOBS)
        assert len(world.runs) <= 0.96 * len(world.scheduled)
        reminders = [run for run in world.runs if run.job in ("AppointmentReminders24h", "AppointmentReminders2h")]
        assert max(later.now - earlier.now for earlier, later in pairwise(reminders)) >= 6 * HOUR
        assert not {change.at for change in world.changes} & {run.now for run in world.scheduled}
