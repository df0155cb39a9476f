"""What `explain text` says: one text from planning to delivery, what it is about, and what becomes of it next."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from shared.application import Application
from shared.database import tables
from shared.database.engine import reading
from shared.domain.ids import NotificationId
from shared.operations.explain import Explanation, explain, explain_all
from shared.operations.fact_words import fact_words
from shared.operations.outbox import replay
from shared.runtime import run
from shared.schedules.function_json import read_schedules
from tests import rows
from tests.doubles import Clock
from tests.rows import NOON

HOUR = timedelta(hours=1)
JOB = "AppointmentReminders24h"


def reminded(application: Application, **owner: object) -> tuple[UUID, UUID]:
    """Book a visit of tomorrow, run the reminders, and return the ids of the visit and of its text."""
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        its = rows.owner(connection, tenant, **owner)
        pets = [rows.pet(connection, tenant, its)]
        visit = rows.appointment(connection, tenant, NOON + 24 * HOUR, owner_id=its, pets=pets)
    run(application, JOB)
    (text,) = rows.all_of(application.engine, tables.notifications)
    return visit, text.id


def explained(application: Application, id_: UUID) -> Explanation:
    with reading(application.engine) as connection:
        found = explain(connection, "text", id_, application.defaults, application.zone)
    assert found
    return found


def told(application: Application, id_: UUID) -> list[tuple[str, str | None]]:
    return [(each.what, each.code) for each in explained(application, id_).timeline]


def test_a_text_that_left_is_told_with_whom_it_was_for_and_what_it_is_about(application: Application) -> None:
    visit, id_ = reminded(application)
    found = explained(application, id_)
    words = fact_words(found)
    assert (words["pets"], words["business"], words["status"]) == ("Bella", "Happy Paws", "sent")
    assert words["about"] == f"appointment {visit.hex[:8]}"
    assert words["to"] == "+1•••••0143"
    assert [each.what.partition(":")[0] for each in found.timeline] == [
        "24-hour reminder planned",
        "sent to +1•••••0143, 1 segment",
    ]


def test_a_text_that_was_not_delivered_says_what_the_providers_code_means(application: Application) -> None:
    _, id_ = reminded(application)
    rows.change(application.engine, tables.notifications, id_, status="undelivered", error_code="30003")
    what, code = told(application, id_)[-1]
    assert what.startswith("sent, but not delivered: 30003: ")
    assert code == "30003"


def test_a_text_that_was_put_back_says_so_and_why_the_last_attempt_failed(application: Application) -> None:
    _, id_ = reminded(application)
    its = {"status": "failed", "sent_at": None, "error_code": "21614", "reason": "dead_number"}
    rows.change(application.engine, tables.notifications, id_, provider_message_id=None, **its)
    with application.engine.begin() as connection:
        assert replay(connection, [NotificationId(id_)], NOON + HOUR) == {id_}
    (_, _), (failed, code), (put_back, _) = told(application, id_)
    assert (failed.partition(": ")[0], code) == ("an attempt to send it failed", "21614")
    assert put_back == "put back into the outbox by staff"


def test_a_cancelled_text_says_why_though_no_decision_stands_behind_it_any_more(
    application: Application, clock: Clock
) -> None:
    visit, id_ = reminded(replace(application, sms_enabled=False))
    rows.change(application.engine, tables.appointments, visit, status="cancelled")
    clock.pass_(minutes=30)
    run(application, JOB)
    assert told(application, id_)[-1] == ("cancelled: The appointment was cancelled.", "appointment_cancelled")
    assert explain_all(application, read_schedules(), "text", id_).next == ()  # type: ignore[union-attr]


def test_what_becomes_of_a_waiting_text_is_foretold_with_its_values(application: Application) -> None:
    visit, id_ = reminded(replace(application, sms_enabled=False))
    (step,) = explain_all(application, read_schedules(), "text", id_).next  # type: ignore[union-attr]
    assert step.event is not None
    assert (step.event.step, step.event.kind, step.event.subject_ids) == ("text", "reminder_24h", (visit,))
    rows.change(application.engine, tables.appointments, visit, status="cancelled")
    (step,) = explain_all(application, read_schedules(), "text", id_).next  # type: ignore[union-attr]
    assert step.what.endswith("24-hour reminder not sent: The appointment was cancelled.")


def test_of_a_text_without_a_row_nothing_is_explained(application: Application) -> None:
    visit, _ = reminded(application)
    with reading(application.engine) as connection:
        assert explain(connection, "text", visit, application.defaults, application.zone) is None
