"""The preview of what is to come: by business, in its local time, with owner, pets, text and cost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from shared.application import Application
from shared.database import tables
from shared.domain.reasons import SENTENCES, Reason
from shared.operations.forecast import Step
from shared.operations.forecast.preview import Page, preview
from shared.runtime import run
from shared.schedules.function_json import read_schedules
from tests import rows
from tests.crash.test_jobs import state
from tests.doubles import Clock
from tests.operations.forecast.cases import ON_SQLITE
from tests.rows import NOON

pytestmark = ON_SQLITE
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def pages(application: Application, until: datetime | None = None, only: tuple[str, ...] = ()) -> dict[str, Page]:
    return {each.subdomain: each for each in preview(application, read_schedules(), until, only)}


def booked(application: Application, starts_at: datetime, subdomain: str = "paws", **tenant: object) -> None:
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection, subdomain, **tenant), starts_at)


def test_it_says_who_gets_what_text_when(application: Application, database_url: str) -> None:
    booked(application, NOON + 30 * HOUR)
    before = state(database_url)
    (line, *_) = pages(application)["paws"].lines
    assert (line.what, line.owner, line.pets, line.to) == ("24-hour reminder", "Ana", "Bella", "+1•••••0143")
    assert (line.at.isoformat(timespec="minutes"), line.segments) == ("2026-03-03T18:00-05:00", 1)
    assert line.text.startswith("Happy Paws reminder: visit for Bella tomorrow, Wed Mar 4, at 6:00 PM.")
    assert state(database_url) == before


def test_tomorrow_ends_with_each_businesss_own_day(application: Application) -> None:
    late = datetime(2026, 3, 6, 6, tzinfo=UTC)  # a day before is tomorrow in Tokyo, and not in New York
    booked(application, late)
    booked(application, late, "tokyo", timezone="Asia/Tokyo", settings='{"sms": {"quiet_hours": "off"}}')
    found = pages(application)
    assert [each.what for each in found["tokyo"].lines] == ["24-hour reminder"]
    assert found["paws"].lines == ()
    later = pages(application, late)
    assert [each.what for each in later["tokyo"].lines] == ["24-hour reminder", "2-hour reminder"]


def test_it_says_who_gets_none_and_why(application: Application) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant, sms_opted_in=False)
        rows.appointment(connection, tenant, NOON + 25 * HOUR, owner_id=owner)
    (line,) = {(each.step, each.what, each.why) for each in pages(application)["paws"].lines if "24" in each.what}
    assert line == (Step.NO_TEXT, "24-hour reminder not sent", "The owner does not want text messages.")


def test_a_business_that_is_not_served_says_why(application: Application) -> None:
    booked(application, NOON + 30 * HOUR, settings='{"sms": {"quiet": 1}}')
    booked(application, NOON + 30 * HOUR, "asleep", status="suspended")
    found = pages(application)
    assert set(found) == {"paws"}
    assert (found["paws"].lines, found["paws"].not_served[:23]) == ((), "sms.quiet: unknown key;")


def test_what_waits_at_a_business_that_was_suspended_is_foretold_to_be_cancelled(
    application: Application, clock: Clock
) -> None:
    booked(application, NOON + 24 * HOUR)
    run(replace(application, sms_enabled=False), "AppointmentReminders24h")
    rows.change(
        application.engine, tables.tenants, rows.only(application.engine, tables.tenants).id, status="suspended"
    )
    (page,) = pages(application).values()
    assert page.not_served == "it is suspended"
    assert [(each.what, each.why) for each in page.lines] == [
        ("24-hour reminder not sent", SENTENCES[Reason.TENANT_INACTIVE])
    ]
    clock.pass_(hours=1)
    run(application, "AppointmentReminders24h")
    assert rows.only(application.engine, tables.decisions).reason == Reason.TENANT_INACTIVE
    assert pages(application) == {}


def test_visits_to_come_are_taken_to_be_kept_and_past_ones_missed(application: Application) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        rows.appointment(connection, tenant, NOON - 5 * HOUR)
        rows.appointment(connection, tenant, NOON + 2 * HOUR)
    missed = [each for each in pages(application)["paws"].lines if each.step in (Step.MISSED, Step.FEE)]
    assert [(each.what, each.amount) for each in missed] == [("marked as missed", ""), ("fee", "$25.00")]


def test_the_cost_is_what_a_segment_cost_lately(application: Application) -> None:
    booked(application, NOON + 30 * HOUR)
    with application.engine.begin() as connection:
        owner = connection.execute(tables.owners.select()).one()
        for price, segments in ((10_000, 1), (30_000, 1)):
            rows.insert(
                connection, tables.notifications, tenant_id=owner.tenant_id, owner_id=owner.id, kind="reminder_24h",
                status="delivered", not_before=NOON - DAY, useful_until=NOON, priority=1, run_id=uuid4(),
                created_at=NOON - DAY, sent_at=NOON - DAY, segments=segments, price_micros=price, price_currency="USD",
            )  # fmt: skip
    page = pages(application)["paws"]
    assert page.segments == 2
    assert page.cost == "0.04 USD"


def test_only_the_asked_for_businesses_are_played(application: Application) -> None:
    booked(application, NOON + 30 * HOUR)
    booked(application, NOON + 30 * HOUR, "other")
    assert set(pages(application, only=("other",))) == {"other"}
