"""Three days on an adopted platform: all five jobs do there what they do on tables of ours, and it stays as it was."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text

from shared.application import Application
from shared.cli.demo.simulated_days import due_jobs
from shared.database import migrations, tables
from shared.database.engine import open_engine
from shared.domain.policy.models import TenantPolicy
from shared.gateways.sms import OptedOut, Sms
from shared.platform.schema_check import lacks, platform_lacks
from shared.runtime import run
from tests import rows
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.platforms import catalog
from tests.platforms.adopting import adopt, check_in
from tests.platforms.first.platform import First
from tests.platforms.second.platform import Second
from tests.platforms.story import FIRST, HOUR, LAST, LONG_AGO, PEOPLE, SHOTS, STOPPED, Platform, at, live


@pytest.fixture
def adopted(platform: Platform) -> Iterator[Engine]:
    """The platform's database as the jobs see it, before any migration of ours."""
    adopt(platform.engine)
    engine = open_engine(platform.engine.url.render_as_string(hide_password=False), "petcare")
    yield engine
    engine.dispose()


@dataclass
class Phones:
    """What arrives on whose phone, and when (UTC)."""

    clock: Clock
    texts: list[tuple[str, str, str]] = field(default_factory=list)

    def __call__(self, sms: Sms) -> None:
        """Take a text, unless its number sent STOP once."""
        if sms.to == STOPPED:
            raise OptedOut("21610")
        names = {phone: name for name, phone in PEOPLE.items()}
        self.texts.append((f"{self.clock.now:%d %H:%M}", names[sms.to], sms.body))


def scored(engine: Engine, platform: Platform, name: str, score: int) -> None:
    """Give an owner a score that is long ago, in our own table: both platforms keep none."""
    row = {"id": platform.owner_ids()[name], "score": score, "at": LONG_AGO}
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO petcare.owner_standings (owner_id, reputation_score, last_reputation_update)"
                " VALUES (:id, :score, :at)"
            ),
            row,
        )


def application_on(engine: Engine, clock: Clock, sms: RecordingSms, payments: RecordingPayments) -> Application:
    return Application(
        engine,
        TenantPolicy(),
        ZoneInfo("UTC"),
        sms,
        clock=clock,
        payments=payments,
        monotonic=clock.monotonic,
        wait=clock.wait,
    )


def play(application: Application, platform: Platform, clock: Clock) -> list[dict[str, Any]]:
    """Live through the days; return the results of the runs."""
    hour, results = FIRST, []
    while hour < LAST:
        clock.now = hour
        live(platform, hour)
        for job, minute in due_jobs(hour):
            clock.now = hour + timedelta(minutes=minute)
            results.append(run(application, job))
        hour += HOUR
    return results


VISIT = "Happy Tails reminder: visit for"
CALL, ASK = "Changes? Call +12125550199.", "Questions or changes: +12125550199."
STOP = "Reply STOP to opt out"
EXPIRING = (
    "Vaccination expiry notice from Happy Tails. Echo: bordetella (Sat, Mar 21, 7 days left); "
    "Duke: DHPP (Sat, Mar 28, 14 days left); Coco: rabies (Mon, Apr 13, 30 days left). "
    f"Questions or updates: +12125550199. {STOP}"
)
MISSED = (
    "Happy Tails: we missed Rex on Fri, Mar 13 at 10:00 AM. No-show fee: $30.00. Charged on or after Mar 15. "
    f"Questions: +12125550199. {STOP}"
)
PAID = (
    "Receipt from Happy Tails: no-show fee of $30.00 paid. Missed visit: on Fri, Mar 13 at 10:00 AM. "
    f"Questions: +12125550199. {STOP}"
)


def texts(pets_of_ana: str) -> list[tuple[str, str, str]]:
    """Return every text of the three days: when it leaves (UTC, four hours ahead of New York), to whom, its words."""
    return [
        # The first run, before quiet hours begin: what is due within 24 hours and still useful.
        ("13 00:00", "Dan", f"{VISIT} Rex tomorrow, Fri Mar 13, at 10:00 AM. Full groom. {CALL} {STOP}"),
        ("13 00:00", "Fay", f"{VISIT} Rex tomorrow, Fri Mar 13, at 5:00 PM. Full groom. {CALL} {STOP}"),
        ("13 00:00", "Hal", f"{VISIT} Rex tomorrow, Fri Mar 13, at 9:00 AM. Full groom. {CALL} {STOP}"),
        # Two hours before, and not before eight in the morning. Fay cancels before hers.
        ("13 12:00", "Dan", f"{VISIT} Rex today, Fri Mar 13, at 10:00 AM. Full groom. {ASK} {STOP}"),
        ("13 12:00", "Hal", f"{VISIT} Rex today, Fri Mar 13, at 9:00 AM. Full groom. {ASK} {STOP}"),
        ("13 19:00", "Ana", f"{VISIT} {pets_of_ana} tomorrow, Sat Mar 14, at 3:00 PM. Full groom. {CALL} {STOP}"),
        ("13 22:00", "Ivy", f"{VISIT} Rex tomorrow, Sat Mar 14, at 6:00 PM. Full groom. {CALL} {STOP}"),
        ("14 12:00", "Cara", EXPIRING),
        ("14 12:00", "Dan", MISSED),
        ("14 16:30", "Ana", f"{VISIT} {pets_of_ana} today, Sat Mar 14, at 3:00 PM. Full groom. {ASK} {STOP}"),
        ("14 19:30", "Ivy", f"{VISIT} Rex today, Sat Mar 14, at 6:00 PM. Full groom. {ASK} {STOP}"),
        ("15 12:00", "Dan", PAID),
    ]


def test_three_days_on_an_adopted_platform(
    adopted: Engine, platform: Platform, clock: Clock, sms: RecordingSms, payments: RecordingPayments
) -> None:
    before = catalog.described(platform.engine)
    assert platform_lacks(adopted) == []
    migrations.upgrade(adopted)
    assert lacks(adopted) == []
    scored(adopted, platform, "Eve", 70)
    sms.answer = phones = Phones(clock)
    results = play(application_on(adopted, clock, sms, payments), platform, clock)

    assert [each["errors"] for each in results if each["total_errors"]] == []
    pets_of_ana = "Bella and Max" if isinstance(platform, First) else "Bella"
    assert sorted(phones.texts) == texts(pets_of_ana)
    assert [(each.status, each.amount, each.offence_number) for each in rows.all_of(adopted, tables.payments)] == [
        ("succeeded", 3000, 1)
    ]
    assert len(payments.confirmed) == 1
    assert platform.state_of("Dan") == FINED[type(platform)]
    assert platform.state_of("Ana")[0] in ("COMPLETED", "done")
    assert standings(adopted) == {"Dan": (1, 80), "Eve": (0, 75), "Fay": (0, 90)}
    assert not platform.wants_texts("Jon")
    assert sum(platform.wants_texts(name) for name in PEOPLE) == len(PEOPLE) - 2  # Ben never did
    assert set(vaccination_statuses(adopted)) == {"expiring_soon"}
    platform.read_everything()
    assert catalog.described(platform.engine) == before


FINED = {First: ("NO_SHOW", 3000), Second: ("missed", Decimal("30.00"))}


def standings(engine: Engine) -> dict[str, tuple[int, int]]:
    """Return the counts and scores that are not as they were at first, by the owner's name."""
    found = [
        (each.first_name, (each.no_show_count, each.reputation_score)) for each in rows.all_of(engine, tables.owners)
    ]
    return {name: standing for name, standing in found if standing != (0, 100)}


def vaccination_statuses(engine: Engine) -> list[str]:
    """Return the statuses of the records, and of the pets that have any, of the business that is served."""
    served = [each.id for each in rows.all_of(engine, tables.tenants) if each.is_active and each.status == "active"]
    records = [each for each in rows.all_of(engine, tables.vaccination_records) if each.tenant_id in served]
    pets = [each for each in rows.all_of(engine, tables.pets) if each.name in SHOTS and each.tenant_id in served]
    return [*(each.status for each in records), *(each.vaccination_status for each in pets)]


def test_a_detection_that_meets_a_check_in_charges_nobody(
    adopted: Engine, platform: Platform, clock: Clock, sms: RecordingSms, payments: RecordingPayments
) -> None:
    migrations.upgrade(adopted)
    application = application_on(adopted, clock, sms, payments)
    clock.now = at(13, 12)
    for name in ("Fay", "Hal"):  # so that the day is not held
        platform.check_in(name, clock.now)
    clock.now = at(14, 6, 30)
    desk, statement = platform.engine.connect(), check_in(platform)
    statement(desk)  # open: its row is locked
    detecting = Thread(target=run, args=(application, "NoShowDetector"))
    detecting.start()
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with platform.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as looking:
        while looking.exec_driver_sql(waits).scalar_one() == 0:
            assert detecting.is_alive()
    desk.commit()
    desk.close()
    detecting.join()
    assert rows.all_of(adopted, tables.payments) == []
    assert platform.state_of("Dan")[0] in ("IN_PROGRESS", "booked")
    assert standings(adopted) == {}
