"""What a dry run shows: by business, in local time, whom it is about by name, and why not in sentences."""

from dataclasses import replace
from datetime import timedelta

from shared.application import Application
from shared.domain.reasons import SENTENCES, Reason
from shared.operations.forecast.dry_run import dry_run_pages
from shared.operations.forecast.preview import Page
from shared.runtime import run
from tests import rows
from tests.doubles import Clock
from tests.operations.forecast.cases import ON_SQLITE
from tests.rows import NOON

pytestmark = ON_SQLITE
HOUR = timedelta(hours=1)
JOB = "AppointmentReminders24h"


def pages(application: Application, job: str = JOB) -> list[Page]:
    return dry_run_pages(application, run(application, job, is_dry=True))


def test_texts_and_what_is_not_sent_are_told_with_names_and_local_times(application: Application) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        for phone in ("+12125550143", None):
            owner = rows.owner(connection, tenant, phone=phone)
            pets = [rows.pet(connection, tenant, owner)]
            rows.appointment(connection, tenant, NOON + 24 * HOUR, owner_id=owner, pets=pets)
        rows.tenant(connection, subdomain="idle")
    (page,) = pages(application)
    sent, not_sent = sorted(page.lines, key=lambda each: each.text, reverse=True)
    assert (page.name, page.segments) == ("Happy Paws", 1)
    assert (sent.what, sent.owner, sent.pets, sent.to) == ("send", "Ana", "Bella", "+1•••••0143")
    assert (sent.at, sent.at.tzinfo) == (NOON, page.zone)
    assert (not_sent.what, not_sent.why) == ("not sent", SENTENCES[Reason.NO_PHONE])


def test_a_text_that_waits_already_is_told_with_its_owner(application: Application, clock: Clock) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + 24 * HOUR)
    run(replace(application, sms_enabled=False), JOB)
    clock.pass_(minutes=30)
    ((line,),) = (page.lines for page in pages(application, "AppointmentReminders2h"))
    assert (line.what, line.owner, line.to) == ("send", "Ana", "+1•••••0143")
    assert "reminder" in line.text


def test_settled_visits_are_counted_and_recovered_scores_named(application: Application) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant, reputation_score=80, last_reputation_update=NOON - 100 * 24 * HOUR)
        for days in (5, 6):
            start = NOON - days * 24 * HOUR
            rows.appointment(connection, tenant, start, owner_id=owner, status="completed", arrived_at=start)
    lines = [line for page in pages(application, "ReputationUpdater") for line in page.lines]
    assert [(each.what, each.owner) for each in lines] == [
        ("2 visits settled: completed", ""),
        ("2 visits settled: on time", ""),
        ("score recovers", "Ana"),
    ]
