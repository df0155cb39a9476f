"""Who is served, and what waits for people: red as long as one business is not served, or somebody waits too long."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.application import Application
from shared.database import tables
from shared.errors import RunFailed
from shared.operations.health import Check, Health, examine
from shared.runtime import run
from tests import rows
from tests.doubles import Clock
from tests.rows import NOON
from tests.salon import Salon, salon

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BAD = '{"no_show": {"grace_minutes": "soon"}}'

Looked = Callable[[], Health]


@pytest.fixture
def looked(application: Application, clock: Clock) -> Looked:
    """Examine what is there now."""
    return lambda: examine(application.engine, {}, application.zone, clock.now, defaults=application.defaults)


def named(health: Health, name: str) -> list[Check]:
    return [each for each in health.checks if each.name == name]


def add(application: Application, subdomain: str, **columns: object) -> None:
    with application.engine.begin() as connection:
        rows.tenant(connection, subdomain, **columns)


def test_six_of_seven_businesses_with_bad_settings_are_not_well(application: Application, looked: Looked) -> None:
    add(application, "sound")
    for number in range(6):
        add(application, f"bad-{number}", settings=BAD)
    found = looked()
    assert not found.is_well
    (all_,) = named(found, "businesses")
    assert (all_.is_well, all_.words) == (False, "1 of 7 served")
    (one,) = named(found, "business bad-3")
    assert one.words.startswith("not served: ")
    assert "no_show.grace_minutes" in one.words
    assert one.command == "python -m shared tenants check bad-3"
    assert len([each for each in found.checks if each.name.startswith("business bad-")]) == 6


def test_it_says_since_when_a_business_is_not_served(application: Application, clock: Clock, looked: Looked) -> None:
    add(application, "sound")
    add(application, "bad", settings=BAD)
    run(application, "AppointmentReminders2h")
    first = clock.now
    clock.pass_(hours=1)
    run(application, "AppointmentReminders2h")
    run(application, "VaccinationMonitor")
    assert named(looked(), "business bad")[0].since == first
    with application.engine.begin() as connection:
        connection.execute(tables.tenants.update().values(settings=None))
    assert not named(looked(), "business bad")
    assert looked().is_well


def test_nobody_is_served_though_businesses_exist(application: Application, clock: Clock, looked: Looked) -> None:
    assert named(looked(), "businesses") == [Check("businesses", True, "none yet")]
    add(application, "asleep", status="inactive")
    (nobody,) = named(looked(), "businesses")
    assert nobody.words.startswith("nobody is served: none of 1 business is active")
    assert not nobody.is_well
    add(application, "bad", settings=BAD)
    with pytest.raises(RunFailed, match="bad: settings: "):
        run(application, "AppointmentReminders2h")
    began = clock.now
    clock.pass_(hours=1)
    with pytest.raises(RunFailed, match="bad: settings: "):
        run(application, "AppointmentReminders2h")
    assert named(looked(), "businesses")[0].words == "nobody is served: 1 business with bad settings"
    assert named(looked(), "business bad")[0].since == began


def test_a_business_for_which_a_job_failed_is_named_with_the_job(
    application: Application, looked: Looked, monkeypatch: pytest.MonkeyPatch
) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        pet = rows.pet(connection, tenant, rows.owner(connection, tenant))
        rows.vaccination(connection, tenant, pet, (NOON + 5 * DAY).date())
    monkeypatch.setattr("shared.tasks.vaccination_monitor.rules.decide", None)
    with pytest.raises(RunFailed, match="paws: "):
        run(application, "VaccinationMonitor")
    (found,) = named(looked(), "business paws")
    assert found.words == "VaccinationMonitor failed for it"
    assert found.command == "python -m shared runs --job VaccinationMonitor"


def test_more_businesses_than_can_be_read_are_counted(application: Application, looked: Looked) -> None:
    for number in range(25):
        add(application, f"bad-{number}", settings=BAD)
    (more,) = named(looked(), "more businesses")
    assert more == Check("more businesses", False, "5 more with errors", None, "python -m shared tenants")


def test_a_business_of_an_unknown_country_is_not_well(application: Application, looked: Looked) -> None:
    add(application, "somewhere", timezone="Etc/UTC", phone="555 0100")
    (found,) = named(looked(), "business somewhere")
    assert found.words.startswith("country: ")
    assert not found.is_well


def test_fees_that_wait_for_staff_are_not_well_after_seven_days(
    paws: Salon, application: Application, clock: Clock, looked: Looked
) -> None:
    paws.add_due_fee(clock, stripe_customer_id=None, has_payment_method=False)
    paws.collect()
    assert paws.fee().status == "failed"
    failed_at = clock.now
    clock.pass_(days=7)
    words = "1 fee waiting for staff: 1 failed; the oldest 7 d ago"
    command = "python -m shared fee list --status failed"
    assert named(looked(), "fees for staff") == [Check("fees for staff", True, words, failed_at, command)]
    clock.pass_(minutes=1)
    assert not named(looked(), "fees for staff")[0].is_well


def test_a_held_day_is_named_with_the_command_that_accepts_it(
    application: Application, clock: Clock, looked: Looked
) -> None:
    held = salon(application, subdomain="snowed-in")
    for _ in range(4):
        held.add_missed(NOON - 3 * HOUR)
    held.run()
    first = clock.now
    clock.pass_(days=1)
    held.run()
    (found,) = named(looked(), "held day of snowed-in")
    assert (found.is_well, found.since) == (True, first)
    assert found.words.startswith("2026-03-03 is held back: 4 of 4 appointments look missed")
    assert found.command == "python -m shared run NoShowDetector --accept-surge snowed-in:2026-03-03"
    clock.pass_(days=1, minutes=1)
    assert not named(looked(), "held day of snowed-in")[0].is_well
    held.run(accept_surge=[("snowed-in", (NOON - 3 * HOUR).date())])
    assert not named(looked(), "held day of snowed-in")
