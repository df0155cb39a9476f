"""The whole job on a database: twice, at once, in pages, with bad rows, as a dry run."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from shared.application import Application
from shared.database import tables
from shared.database.engine import reading
from shared.database.tenants import active_tenants
from shared.domain.tally import Tally
from shared.jobs import KINDS
from shared.planning.context import Context
from shared.planning.tenants import serve
from shared.runtime import run
from shared.tasks.reputation_updater import planning as reputation_updater
from shared.tasks.reputation_updater.planning import Book
from tests import rows
from tests.tasks.reputation_updater.steps import (
    DAY,
    JOB,
    MONDAY,
    SUNDAY,
    cancelled,
    detect,
    events,
    everything,
    new_owner,
    score_of,
    settle,
    state,
    visit,
)


def test_running_twice_changes_nothing(application: Application, tenant: UUID) -> None:
    owners = everything(application, tenant)
    run(application, JOB)
    before = state(application)
    assert [score_of(application, owner) for owner in owners] == [67, 50, 40, 65]
    again = settle(application)
    assert state(application) == before
    assert [again[key] for key in ("events_settled", "total_improved", "total_restricted")] == [0, 0, 0]


def a_book(application: Application) -> Book:
    with reading(application.engine) as connection:
        tenants = active_tenants(connection)
    tally = Tally()
    served, _ = serve(tenants, application.defaults, application.zone, tally)
    context = Context(application.engine, uuid4(), SUNDAY, SUNDAY, served, KINDS, tally, False, lambda: False)
    return Book(context, {each.tenant.id: each for each in served})


def test_two_processes_that_found_the_same_work_do_it_once(application: Application, tenant: UUID) -> None:
    owners = everything(application, tenant)
    one, other = a_book(application), a_book(application)
    to_settle = [list(reputation_updater._pages_to_settle(book)) for book in (one, other)]
    to_mend = [list(reputation_updater._pages_to_mend(book)) for book in (one, other)]
    for book, pages in zip((one, other), to_settle, strict=True):
        for page in pages:
            reputation_updater._settle(book, page)
    for book, standings in zip((one, other), to_mend, strict=True):
        for found in standings:
            reputation_updater._mend(book, found)
    assert [score_of(application, owner) for owner in owners] == [67, 50, 40, 65]
    settled = [book.context.tally.total("events_settled") for book in (one, other)]
    improved = [book.context.tally.total("total_improved") for book in (one, other)]
    assert (settled, improved) == ([4, 0], [1, 0])


def test_a_no_show_written_after_the_owners_were_read_stops_the_recovery(
    application: Application, tenant: UUID
) -> None:
    owner = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 90 * DAY)
    book = a_book(application)
    (page,) = reputation_updater._pages_to_mend(book)
    detect(application, tenant, owner, SUNDAY)
    reputation_updater._mend(book, page)
    assert score_of(application, owner) == 40


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_pages_of_any_size_settle_and_mend_everything(
    application: Application, tenant: UUID, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("shared.planning.paging.BATCH", batch)
    owners = everything(application, tenant)
    assert settle(application)["total_checked"] == 4
    assert [score_of(application, owner) for owner in owners] == [67, 50, 40, 65]


def test_a_run_out_of_time_leaves_the_rest_to_the_next(application: Application, tenant: UUID) -> None:
    owners = everything(application, tenant)
    result = run(replace(application, time_budget=timedelta(seconds=-1)), JOB)
    assert (result["events_settled"], result["total_checked"]) == (0, 0)
    run(application, JOB)
    assert [score_of(application, owner) for owner in owners] == [67, 50, 40, 65]


# Bad rows


@pytest.mark.parametrize("strange", ["owner", "pet", "service"])
def test_a_row_that_refers_to_another_tenant_is_named_and_never_settled(
    application: Application, tenant: UUID, strange: str
) -> None:
    owner = new_owner(application, tenant, 60)
    with application.engine.begin() as connection:
        other = rows.tenant(connection, "other")
        stranger = rows.owner(connection, other, reputation_score=60)
        columns: dict[str, Any] = {
            "owner": {"owner_id": stranger},
            "pet": {"owner_id": owner, "pets": [rows.pet(connection, other, stranger)]},
            "service": {
                "owner_id": owner,
                "service_id": rows.insert(connection, tables.services, tenant_id=other, name="x"),
            },
        }[strange]
        bad = rows.appointment(connection, tenant, MONDAY, status="completed", **columns)
        rows.pet(connection, other, stranger)
        pets = [rows.pet(connection, tenant, owner)]
    visit(application, tenant, owner, MONDAY + DAY, "completed", pets=pets)
    result = settle(application)
    assert result["errors"] == [
        {"tenant": "paws", "subject": f"appointment {bad}", "reason": f"its {strange} belongs to another business"}
    ]
    assert (events(application), score_of(application, owner)) == ([("completed", 2)], 62)


def test_a_tenant_with_bad_settings_is_left_out_and_stops_nobody(application: Application, tenant: UUID) -> None:
    with application.engine.begin() as connection:
        bad = rows.tenant(connection, "bad", settings='{"reputation": {"recovery_days": 0}}')
    for each in (tenant, bad):
        visit(application, each, new_owner(application, each, 60), MONDAY, "completed")
    result = settle(application)
    assert (result["events_settled"], result["tenants_processed"], result["total_errors"]) == (1, 1, 1)


def test_one_tenants_failure_does_not_stop_the_others(
    application: Application, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    events_of = reputation_updater.events_of

    def fails_for_bad(past, served):
        if served.tenant.subdomain == "bad":
            raise ZeroDivisionError("bad")
        return events_of(past, served)

    monkeypatch.setattr(reputation_updater, "events_of", fails_for_bad)
    with application.engine.begin() as connection:
        bad = rows.tenant(connection, "bad")
    for each in (tenant, bad):
        visit(application, each, new_owner(application, each, 60), MONDAY, "completed")
    result = settle(application)
    assert (result["events_settled"], result["tenants_processed"], result["total_errors"]) == (1, 1, 1)


def test_nobody_recovers_while_a_tenants_visits_cannot_be_settled(
    application: Application, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(past, served):
        raise ZeroDivisionError("bad")

    with application.engine.begin() as connection:
        rows.tenant(connection, "other")
    owner = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 100 * DAY)
    cancelled(application, tenant, owner, 2)
    with monkeypatch.context() as patch:
        patch.setattr(reputation_updater, "events_of", fails)
        assert run(application, JOB)["total_improved"] == 0
    settle(application)
    assert score_of(application, owner) == 50


# A dry run


@pytest.mark.parametrize("batch", [1, 500])
def test_a_dry_run_tells_everything_and_writes_nothing(
    application: Application, tenant: UUID, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("shared.planning.paging.BATCH", batch)
    everything(application, tenant)
    stopped = new_owner(application, tenant, 35, last_reputation_update=SUNDAY - 100 * DAY)
    appointment = cancelled(application, tenant, stopped, 2)
    kept = new_owner(application, tenant, 60, last_reputation_update=SUNDAY - 100 * DAY)
    visit(application, tenant, kept, MONDAY, "completed")
    before = state(application)
    dry = run(application, JOB, is_dry=True)
    assert state(application) == before
    assert rows.all_of(application.engine, tables.runs) == []
    (told,) = (each for each in dry["would"] if each["subject"] == f"appointment {appointment}")
    assert told == {
        "action": "settle",
        "tenant": "paws",
        "subject": f"appointment {appointment}",
        "to": None,
        "when": (MONDAY - timedelta(hours=2)).isoformat(),
        "text": None,
        "segments": None,
        "reason": "late_cancellation",
    }
    assert [each["when"] for each in dry["would"] if each["reason"] == "no_show"] == [MONDAY.isoformat()]
    json.dumps(dry)
    real = run(application, JOB)
    keys = ("total_checked", "events_settled", "total_improved", "total_restricted", "total_unrestricted")
    assert {key: dry[key] for key in keys} == {key: real[key] for key in keys}
    assert len(dry["would"]) == real["events_settled"] + real["total_improved"] == 8
    assert run(application, JOB, is_dry=True)["would"] == []


def test_the_statements_grow_with_batches_not_with_rows(application: Application) -> None:
    statements: list[str] = []
    event.listen(application.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts = []
    for many in (1, 100):
        with application.engine.begin() as connection:
            tenant = rows.tenant(connection, f"paws-{many}")
        for _ in range(many):
            everything(application, tenant)
        statements.clear()
        assert run(application, JOB, only=[f"paws-{many}"])["events_settled"] == many * 4
        counts.append(len(statements))
    assert counts[1] == counts[0]
