"""The vaccination monitor on a database: outages, bad rows, dry runs and what a run tells."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import event

from shared.application import Application
from shared.database import tables
from shared.runtime import run
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.rows import BOOKED, NOON
from tests.tasks.vaccination_monitor.rows import JOB, a_pet, decided, in_days, plant, switch_on, vaccines_in

# Missed runs


def test_what_became_useless_in_an_outage_is_recorded_as_too_late(application: Application, clock: Clock) -> None:
    switch_on(application, clock)
    plant(application, 13, 12, 11, 6, -1, -2, -3)
    assert run(application, JOB)["expired"] == 4
    assert {key for key in decided(application) if key[1] == "expired"} == {
        (f"{in_days(left)}:{tier}", "expired", "too_late") for left, tier in ((13, 30), (6, 14), (-1, 7), (-2, 7))
    }
    assert run(application, JOB)["expired"] == 0


def test_nothing_from_before_switch_on_is_recorded_as_too_late(application: Application, clock: Clock) -> None:
    plant(application, 13, 6, -1)
    run(application, JOB)
    clock.pass_(hours=1)
    run(application, JOB)
    assert {key[1] for key in decided(application)} == {"notify"}


def test_an_import_of_what_has_expired_is_not_recorded_as_too_late(application: Application, clock: Clock) -> None:
    switch_on(application, clock)
    plant(application, 13, 6, -1, created_at=NOON)
    run(application, JOB)
    assert {key[1] for key in decided(application)} == {"notify"}


# Bad rows and failing tenants


def test_a_row_of_another_business_is_named_and_never_mixed(application: Application, sms: RecordingSms) -> None:
    with application.engine.begin() as connection:
        ours, theirs = rows.tenant(connection), rows.tenant(connection, "theirs")
        _, their_pet = a_pet(connection, theirs)
        bad_pet = rows.vaccination(connection, ours, their_pet, in_days(7))
        pet_of_theirs = rows.pet(connection, ours, rows.owner(connection, theirs))
        bad_owner = rows.vaccination(connection, ours, pet_of_theirs, in_days(7))
        rows.vaccination(connection, *a_pet(connection, ours), in_days(7))
    result = run(application, JOB)
    assert {(each["tenant"], each["subject"], each["reason"]) for each in result["errors"]} == {
        ("paws", f"vaccination {bad_pet}", "its pet belongs to another business"),
        ("paws", f"vaccination {bad_owner}", "its pet's owner belongs to another business"),
    }
    assert (len(sms.sent), result["total_errors"], result["total_checked"]) == (1, 2, 1)
    assert len(decided(application)) == 1
    pets = {each.id: each.vaccination_status for each in rows.all_of(application.engine, tables.pets)}
    assert pets[their_pet] == "unknown"


def test_a_row_of_another_business_does_not_slip_in_beside_its_owners_sound_ones(
    application: Application, sms: RecordingSms
) -> None:
    with application.engine.begin() as connection:
        ours, theirs = rows.tenant(connection), rows.tenant(connection, "theirs")
        owner = rows.owner(connection, ours)
        rows.vaccination(connection, *a_pet(connection, ours, owner=owner), in_days(7))
        strange = rows.pet(connection, theirs, owner, name="Strange")
        rows.vaccination(connection, ours, strange, in_days(7))
    assert run(application, JOB)["total_errors"] == 1
    assert decided(application) == {(f"{in_days(7)}:7", "notify", None): 1}
    assert [vaccines_in(body) for body in sms.bodies] == ["Bella: rabies (Tue, Mar 10, 7 days left)"]


def test_a_row_of_another_business_is_not_recorded_as_too_late(application: Application, clock: Clock) -> None:
    switch_on(application, clock)
    with application.engine.begin() as connection:
        ours, theirs = rows.tenant(connection), rows.tenant(connection, "theirs")
        _, their_pet = a_pet(connection, theirs)
        rows.vaccination(connection, ours, their_pet, in_days(-1))
    assert (run(application, JOB)["expired"], decided(application)) == (0, {})


def test_soon_is_what_the_tenants_own_first_tier_says(application: Application) -> None:
    settings = json.dumps({"vaccination": {"thresholds": [60, 3]}})
    with application.engine.begin() as connection:
        for subdomain, its in (("early", settings), ("usual", None)):
            tenant = rows.tenant(connection, subdomain, settings=its)
            rows.vaccination(connection, *a_pet(connection, tenant), in_days(50))
    run(application, JOB)
    statuses = [each.status for each in rows.all_of(application.engine, tables.vaccination_records)]
    assert sorted(statuses) == ["current", "expiring_soon"]


def test_a_tenant_with_bad_settings_is_left_out_wholly(application: Application, sms: RecordingSms) -> None:
    with application.engine.begin() as connection:
        for subdomain, settings in (("bad", '{"vaccination": {"thresholds": []}}'), ("good", None)):
            tenant = rows.tenant(connection, subdomain, settings=settings)
            rows.vaccination(connection, *a_pet(connection, tenant), in_days(7))
    result = run(application, JOB)
    assert (len(sms.sent), result["tenants_processed"], result["statuses_updated"]) == (1, 1, 2)
    statuses = [each.status for each in rows.all_of(application.engine, tables.vaccination_records)]
    assert sorted(statuses) == ["expiring_soon", "unknown"]


def test_one_tenants_failure_does_not_stop_the_others(
    application: Application, sms: RecordingSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.tasks.vaccination_monitor import rules

    decide = rules.decide

    def fails_for_bad(alerts, served, *more):
        if served.tenant.subdomain == "bad":
            raise ZeroDivisionError("bad")
        return decide(alerts, served, *more)

    monkeypatch.setattr(rules, "decide", fails_for_bad)
    with application.engine.begin() as connection:
        for subdomain in ("bad", "good"):
            rows.vaccination(connection, *a_pet(connection, rows.tenant(connection, subdomain)), in_days(7))
    result = run(application, JOB)
    assert (len(sms.sent), result["tenants_processed"], result["total_errors"]) == (1, 1, 1)


# Results, dry runs, statements


def test_the_result_has_what_it_promises(application: Application) -> None:
    plant(application, 7)
    result = run(application, JOB)
    wanted = {
        "total_checked": 1,
        "alerts_planned": 1,
        "total_alerts_sent": 1,
        "total_alerts_failed": 0,
        "deferred": 0,
        "skipped": {},
        "expired": 0,
        "statuses_updated": 2,
    }
    assert {key: result[key] for key in wanted} == wanted
    assert result["tenant_results"]["paws"] == {"alerts_planned": 1, "statuses_updated": 2, "total_checked": 1}
    assert run(application, JOB)["statuses_updated"] == 0


def test_a_dry_run_tells_everything_and_writes_nothing(application: Application, sms: RecordingSms) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        rows.vaccination(connection, *a_pet(connection, tenant), in_days(7))
        silent = rows.owner(connection, tenant, phone=None)
        rows.vaccination(connection, *a_pet(connection, tenant, owner=silent), in_days(7))
    ours = [tables.metadata.tables[name] for name in ("decisions", "notifications", "runs", "leases", "pets")]
    ours.append(tables.vaccination_records)
    before = [rows.all_of(application.engine, table) for table in ours]
    result = run(application, JOB, is_dry=True)
    assert sorted((each["action"], each["reason"], each["subject"].split()[0]) for each in result["would"]) == sorted(
        [("update", "out of date", "4"), ("notify", None, "vaccination"), ("skipped", "no_phone", "vaccination")],
        key=lambda each: (each[0], str(each[1])),
    )
    assert [vaccines_in(each["text"]) for each in result["would"] if each["text"]] == [
        "Bella: rabies (Tue, Mar 10, 7 days left)"
    ]
    assert len({frozenset(each) for each in result["would"]}) == 1
    json.dumps(result)
    assert sms.sent == []
    assert [rows.all_of(application.engine, table) for table in ours] == before


def test_the_statements_grow_with_batches_not_with_rows(application: Application) -> None:
    application = replace(application, concurrency=500)  # as many are claimed at first: the largest batch
    statements: list[str] = []
    event.listen(application.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts = []
    for many in (1, 200):
        with application.engine.begin() as connection, rows.all_at_once(connection) as draft:
            tenant = rows.tenant(draft, f"paws-{many}")
            for _ in range(many):
                rows.vaccination(draft, *a_pet(draft, tenant), in_days(7), created_at=BOOKED)
        statements.clear()
        assert run(application, JOB)["total_alerts_sent"] == many
        counts.append(len(statements))
    assert counts[1] == counts[0]


def test_businesses_all_over_the_world_are_brought_up_to_date_by_at_most_ten_statements(
    application: Application, clock: Clock
) -> None:
    zones = "New_York Los_Angeles Chicago Denver Anchorage Sao_Paulo".split()
    with application.engine.begin() as connection:
        for zone in [*(f"America/{each}" for each in zones), "Pacific/Honolulu", "Asia/Tokyo", "Europe/Paris"]:
            tenant = rows.tenant(connection, zone.partition("/")[2].lower().replace("_", "-"), timezone=zone)
            for left in (-3, 7, 300):
                rows.vaccination(connection, *a_pet(connection, tenant), in_days(left))
    written: list[str] = []
    event.listen(application.engine, "before_cursor_execute", lambda *args: written.append(args[2]))
    assert run(application, JOB)["statuses_updated"] == 9 * 3 * 2
    statuses = [each for each in written if each.startswith(("UPDATE vacc", "UPDATE pets"))]
    counts = [each for each in written if "count(*)" in each and "vaccination_records" in each]
    assert (len(statuses), len(counts)) == (4, 4)  # the world has two dates at 06:00 UTC
    written.clear()
    assert run(application, JOB)["statuses_updated"] == 0
    assert not [each for each in written if each.startswith(("UPDATE vacc", "UPDATE pets"))]
