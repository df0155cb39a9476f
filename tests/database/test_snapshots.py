"""Each named query's SQL for each database, as it was reviewed: tests/database/snapshots/.

One that changes on purpose is written anew by `RENEW_SNAPSHOTS=1 python3 dev.py test tests/database/test_snapshots.py`,
and its difference reviewed with the change.
"""

import ast
import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from shutil import copy
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Table, select

from shared.database import breakers, commits, leases, ledger, limits, outbox, reputation, runs, tables, waiting
from shared.database.appointments import Starts
from shared.database.claims import Claim
from shared.database.engine import writing
from shared.database.outbox import Scope
from shared.database.tenants import all_tenants, first_named, how_many_tenants, ids_of, subdomain_of, tenant_by_id
from shared.delivery.blocked_numbers import queries as phone_blocks
from shared.delivery.consent import queries as consent
from shared.delivery.receipts import queries as receipts
from shared.delivery.senders import queries as senders
from shared.domain.breaker import Breaker
from shared.domain.fees import FeeAction
from shared.domain.missed_visits import MarkedVisit
from shared.domain.plans import Decision, Plan
from shared.domain.reasons import Reason
from shared.domain.records import ExpiryWindow, Kind, NotificationStatus, Outcome, RunStatus
from shared.domain.reputation import EventKind, NewEvent
from shared.errors import UsageError
from shared.fees import claim_queries, staff_action_queries, state_queries
from shared.fees import listing as fee_list
from shared.fees import visit_queries as visits
from shared.fees.staff_action_queries import FoundRefund
from shared.operations import (
    history,
    ids,
    reports,
    tenant_queries,
    texts,
)
from shared.operations import outbox as outbox_list
from shared.operations.find import queries as find_queries
from shared.operations.find.queries import Term
from shared.operations.forecast import events, upcoming_queries
from shared.operations.forecast.copying import keep_visits
from shared.operations.forecast.preview_queries import price_of_a_segment, stopped
from shared.operations.outbox import Filter
from shared.operations.report.counting import owner_queries as report_owners
from shared.operations.report.counting import queries as report
from shared.operations.texts import Wanted
from shared.platform import writes
from shared.sample import build, insert
from shared.tasks.appointment_reminders import queries
from shared.tasks.no_show_detector import correction_queries as corrections
from shared.tasks.no_show_detector import merger_queries as passing
from shared.tasks.no_show_detector import queries as no_shows
from shared.tasks.no_show_detector.queries import Day
from shared.tasks.reputation_updater import standings
from shared.tasks.vaccination_monitor import queries as vaccinations
from tests.crash.test_jobs import NOW, TURNS
from tests.database.test_restarts import Business
from tests.recorded_sql import BELOW, DIALECTS, EXECUTING, Recorder, modules_with_sql, recording

RENEW = "RENEW_SNAPSHOTS=1 python3 dev.py test tests/database/test_snapshots.py"
OF_DB = (
    "platform.adopt.changes",
    "platform.adopt.reflecting",
    "platform.bad_values",
    "platform.column_check",
    "platform.key_check",
    "platform.schema_check",
    "platform.sqlite_texts",
)
"""They ask a database's own catalogue, a platform's tables by the names it gave them, or SQLite alone."""
SNAPSHOTS = Path(__file__).parent / "snapshots"
DAY, HOLD, PHONES, WORKER = timedelta(days=1), timedelta(minutes=5), ["+12125550143"], "worker"
SOME = UUID(int=1)
TERMS = [Term("bella"), Term("5550143", is_phone=True)]
BREAKER = Breaker("sms", since=NOW, until=NOW)
STARTS = Starts(after=NOW, until=NOW + DAY)
WINDOW = ExpiryWindow(30, date(2026, 3, 1), date(2026, 3, 31))
WEEKS = report.Window([SOME], NOW - 14 * DAY, NOW - 7 * DAY, NOW)
SCOPE = Scope(only=frozenset([SOME]), left_out=frozenset([SOME]))
VISIT = MarkedVisit(SOME, SOME, SOME, SOME, NOW, is_ours=True, is_forgiven=False)
DECISION = Decision(SOME, Kind.REMINDER_24H, "appointment", SOME, "2026-03-01T15:00Z", Outcome.SKIPPED, Reason.NO_PHONE)
ROW: Any = SimpleNamespace(id=SOME, tenant_id=SOME, owner_id=SOME, starts_at=NOW, expires_on=WINDOW.first)
"""The last one of a page: what comes after it is read."""
CONSENT = {
    "id": SOME,
    "tenant_id": SOME,
    "owner_id": SOME,
    "phone_hash": "hash",
    "given": False,
    "happened_at": NOW,
    "source": "refusal",
    "notification_id": SOME,
    "created_at": NOW,
}
EVENT = NewEvent(SOME, SOME, EventKind.RECOVERY, 5, SOME, NOW, NOW)

CALLS: list[Callable[[Connection], object]] = [
    breakers.all_of_them,
    lambda it: breakers.open_(it, BREAKER, "503", NOW),
    lambda it: breakers.take_probe(it, BREAKER, WORKER, NOW),
    lambda it: breakers.give_probe_back(it, BREAKER, WORKER, NOW),
    lambda it: breakers.reopen(it, BREAKER, WORKER, "503", NOW),
    lambda it: breakers.close(it, BREAKER, WORKER, NOW),
    lambda it: commits.leave(it, uuid4()),
    lambda it: consent.phones_of(it, SOME),
    lambda it: writes.opt_out(it, [SOME], NOW),
    lambda it: writes.change_counts(it, {one(it, tables.owners): 1}, NOW),
    lambda it: consent.record(it, [CONSENT]),
    lambda it: consent.given_at(it, SOME, ["hash"]),
    lambda it: consent.changed_by_others(it, [SOME], NOW),
    lambda it: consent.last_looked_at(it, NOW),
    lambda it: corrections.visits_on(it, [SOME], NOW, NOW + DAY, beyond=VISIT, limit=100),
    lambda it: corrections.standing_visits(it, [SOME]),
    lambda it: pass_on(it),  # noqa: PLW0108  it stands below
    lambda it: fee_list.listed(it, ["failed"], [SOME], SOME, [SOME]),
    lambda it: fee_list.refunded(it, [SOME]),
    lambda it: fee_list.owner_names(it, [SOME]),
    lambda it: fee_list.pet_names(it, [SOME]),
    lambda it: find_queries.tenants_that_fit(it, TERMS, [SOME]),
    lambda it: find_queries.owners_that_fit(it, TERMS, [SOME]),
    lambda it: find_queries.pets_that_fit(it, TERMS, [SOME]),
    lambda it: find_queries.by_beginning(it, "1a2b", [SOME]),
    lambda it: find_queries.visits_of(it, [SOME], [SOME], [SOME]),
    lambda it: find_queries.pets_of(it, [SOME]),
    lambda it: find_queries.vaccinations_of(it, [SOME]),
    lambda it: find_queries.fees(it, [SOME]),
    lambda it: find_queries.texts_about(it, [SOME]),
    lambda it: find_queries.texts_to(it, PHONES, [SOME]),
    lambda it: upcoming_queries.subjects_of_text(it, SOME),
    lambda it: find_queries.pets_at(it, [SOME]),
    lambda it: find_queries.owners_by_id(it, [SOME]),
    lambda it: find_queries.pets_by_id(it, [SOME]),
    lambda it: ids.resolved(it, "appointment", one(it, tables.appointments).hex[:31]),
    all_tenants,
    lambda it: ids_of(it, ["hudson-paws"]),
    lambda it: subdomain_of(it, "hudson-paws"),
    lambda it: first_named(it, 200),
    lambda it: refusal(it, "nobody"),
    tenant_queries.inactive,
    lambda it: tenant_queries.sent_since(it, NOW),
    lambda it: keep_visits(it, NOW, NOW),
    lambda it: events.events_of(it, SOME, "NoShowDetector", NOW, {}),
    events.fee_statuses,
    lambda it: events.subjects_of(it, [SOME]),
    lambda it: list(events.held_days(it, [], "NoShowDetector", NOW)),
    lambda it: history.service_of(it, SOME),
    waiting.first_planned,
    lambda it: upcoming_queries.subject(it, "owner", one(it, tables.owners)),
    lambda it: upcoming_queries.visits_between(it, SOME, NOW, NOW),
    lambda it: upcoming_queries.fee(it, SOME),
    lambda it: upcoming_queries.pending_fees_of(it, SOME),
    lambda it: upcoming_queries.vaccinations_of(it, SOME),
    lambda it: upcoming_queries.last_waiting(it, [SOME]),
    lambda it: price_of_a_segment(it, NOW),
    stopped,
    lambda it: claim_queries.claim_one(it, [None], UUID(int=0), Claim(WORKER, NOW, HOLD)),  # type: ignore[list-item]  of nobody
    lambda it: claim_queries.due(it, [SOME], NOW, 100),
    lambda it: state_queries.waive(it, {SOME: "waived"}, NOW),
    lambda it: state_queries.record_late_payment(it, SOME, NOW),
    lambda it: state_queries.still_open(it, [SOME]),
    lambda it: state_queries.leave_closed(it, WORKER, SOME, NOW),
    lambda it: give_back(it),  # noqa: PLW0108  it stands below
    lambda it: waiting.waiting_texts(it, NOW),
    lambda it: waiting.lapsed_texts(it, NOW),
    lambda it: waiting.lapsed_fees(it, NOW),
    lambda it: waiting.dead_texts(it, NOW),
    waiting.fees_for_staff,
    how_many_tenants,
    lambda it: history.of_appointment(it, one(it, tables.appointments)),
    lambda it: history.of_vaccination(it, one(it, tables.vaccination_records)),
    lambda it: history.of_payment(it, one(it, tables.payments)),
    lambda it: history.of_owner(it, one(it, tables.owners)),
    lambda it: history.of_text(it, decided_text(it)),
    lambda it: texts.found(it, Wanted([NotificationStatus.DEAD], "paws", Kind.REMINDER_24H, ["bella"], NOW), NOW, 20),
    lambda it: fee_list.latest(it, ["failed"], 20, 20, "paws"),
    lambda it: fee_list.count(it, ["failed"]),
    lambda it: ledger.known(it, ["key"]),
    lambda it: ledger.withdraw(it, ["key"]),
    lambda it: ledger.record(it, Plan((DECISION,), retaken=frozenset([DECISION.ledger_key])), SOME, NOW),
    lambda it: ledger.cancel(it, {"key": Reason.RESCHEDULED}, NOW),
    lambda it: leases.take(it, "job", WORKER, NOW),
    lambda it: leases.take(it, "job", WORKER, NOW),  # renewed
    lambda it: limits.pause(it, {one(it, tables.tenants): NOW}, "63038", NOW),
    lambda it: limits.pause(it, {one(it, tables.tenants): NOW}, "63038", NOW),
    lambda it: limits.pause(it, {one(it, tables.tenants): NOW}, "21606", NOW, is_sender_trouble=True),
    lambda it: limits.paused(it, NOW),
    lambda it: outbox.due(it, SCOPE, NOW, 100),
    lambda it: outbox.choose(it, SCOPE, NOW, 100),
    lambda it: outbox.claim(it, [{"id": SOME, "body": "Hello"}], NOW, Claim(WORKER, NOW, HOLD)),
    lambda it: outbox.message_ids_to(it, PHONES),
    lambda it: outbox.under_way(it, PHONES, WORKER),
    lambda it: outbox.count_sent_since(it, NOW),
    lambda it: outbox.record_outcomes(it, WORKER, [{"id": SOME, "claimed_until": NOW}]),
    lambda it: receipts.awaiting(it, SCOPE, ["SM1"]),
    lambda it: receipts.record_receipts(it, [{"id": SOME, "status": "delivered", "updated_at": NOW}]),
    lambda it: receipts.record_prices(it, [{"id": SOME, "price_micros": 7900, "price_currency": "USD"}]),
    lambda it: outbox_list.listed(it, Filter(["dead"], ["paws"], [SOME]), 100),
    lambda it: outbox_list.count(it, Filter()),
    lambda it: outbox_list.replay(it, [SOME], NOW),
    lambda it: phone_blocks.add(it, one(it, tables.tenants), ["hash"], NOW),
    lambda it: phone_blocks.proofs(it, SOME, PHONES),
    lambda it: tenant_by_id(it, one(it, tables.tenants)),
    lambda it: queries.appointments_to_remind(it, Kind.REMINDER_24H, [SOME], STARTS, beyond=ROW, limit=100),
    lambda it: queries.appointments_without_decision(it, Kind.REMINDER_24H, [SOME], STARTS, limit=100),
    lambda it: queries.appointments_without_decision(it, Kind.REMINDER_24H, [SOME], STARTS, beyond=ROW, limit=100),
    reports.fees,
    reports.sent_texts,
    reports.reasons_not_sent,
    lambda it: reports.decisions_about(it, [SOME]),
    lambda it: reports.appointments_waiting(it, 20),
    lambda it: no_shows.attendance(it, [SOME], NOW - DAY, NOW, Day(NOW - DAY, NOW, NOW, NOW, NOW)),
    lambda it: writes.mark_missed(it, [SOME], *no_shows.still_missed(Day(NOW, NOW + DAY, NOW, NOW, NOW))),
    lambda it: writes.mark_missed(it, [SOME], *no_shows.still_missed(Day(NOW - DAY, NOW, NOW, NOW, NOW))),
    lambda it: reputation.reverse_events(it, [SOME], Reason.NO_SHOW_CORRECTED, NOW),
    lambda it: reputation.keys_on_record(it, [EVENT]),
    lambda it: runs.start_once(it, uuid4(), "NoShowDetector", NOW, "host"),
    lambda it: runs.start_again(it, SOME, NOW, "host"),
    lambda it: runs.lock(it, SOME),
    lambda it: runs.by_id(it, [SOME]),
    lambda it: runs.forget(it, [SOME]),
    lambda it: runs.switch_on(it, "NoShowDetector", ["paws"]),
    lambda it: runs.latest(it, NOW, task="NoShowDetector", statuses=[RunStatus.FAILED], limit=20, only_for_all=True),
    lambda it: runs.latest(it, NOW, tenants=["paws"], id_=SOME),
    lambda it: runs.latest(it, NOW, task="NoShowDetector", before=NOW),
    lambda it: senders.end_trouble(it, [SOME], NOW),
    lambda it: senders.is_news(it, SOME, NOW),
    lambda it: list(senders._of_last(it, [SOME], NOW)),
    lambda it: senders.note_clock(it, "sms", DAY, NOW),
    lambda it: senders.note_clock(it, "sms", DAY, NOW),
    senders.clocks,
    lambda it: vaccinations.vaccinations_to_alert(it, [SOME], WINDOW, beyond=ROW, limit=100),
    lambda it: report.reported_tenants(it, "paws"),
    lambda it: report.reported_tenants(it, None),
    lambda it: report.texts(it, WEEKS),
    lambda it: report.texts_of_tenants(it, WEEKS),
    lambda it: report.visits(it, WEEKS),
    lambda it: report.services_booked(it, WEEKS),
    lambda it: report_owners.fees(it, WEEKS),
    lambda it: report_owners.withdrawals(it, WEEKS),
    lambda it: report_owners.agreements(it, WEEKS),
    lambda it: report_owners.blocked_numbers(it, WEEKS),
    lambda it: report_owners.pets_by_status(it, [SOME]),
    lambda it: report_owners.expiring(it, [SOME], WINDOW.first, WINDOW.last),
    lambda it: report_owners.scores(it, [SOME]),
    lambda it: standings.appointments_to_settle(it, [SOME], STARTS, beyond=ROW, limit=500),
    lambda it: standings.standings_to_mend(it, [SOME], beyond=ROW, limit=500),
    lambda it: vaccinations.vaccinations_without_decision(it, [SOME], WINDOW, limit=100),
    lambda it: visits.saved_cards(it, [SOME]),
]
"""What the jobs do not come to in one day of the sample."""


def one(connection: Connection, table: Table) -> UUID:
    return connection.execute(select(table.c.id).order_by(table.c.id).limit(1)).scalar_one()


def decided_text(connection: Connection) -> UUID:
    """A text that stands for a decision: one that was cancelled has none, and ids of texts are random."""
    its = tables.decisions.c
    query = select(its.notification_id).where(its.notification_id.is_not(None)).order_by(its.ledger_key)
    return connection.execute(query.limit(1)).scalar_one()


def refusal(connection: Connection, subdomain: str) -> None:
    """Ask for a tenant that is not there."""
    with pytest.raises(UsageError):
        ids_of(connection, [subdomain])


def give_back(connection: Connection) -> None:
    query = select(tables.payments.c.id).where(tables.payments.c.status == "succeeded")
    fee = connection.execute(query.order_by(tables.payments.c.id).limit(1)).scalar_one()
    staff_action_queries.note(connection, [staff_action_queries.action(FeeAction.WAIVE, fee, "Ana", "she called", NOW)])
    asked = staff_action_queries.ask_refund(connection, fee, None, "Ana", "she called", NOW)
    staff_action_queries.end_refund(connection, asked, {"outcome": "refused"}, NOW, nothing_left=False)
    asked = staff_action_queries.ask_refund(connection, fee, None, "Ana", "she called", NOW)
    there = [FoundRefund("re_1", 1, None, is_lost=False), FoundRefund("re_2", 1, None, is_lost=True)]
    asked, _ = staff_action_queries.note_refunds(connection, asked, there, NOW)
    ours = FoundRefund("re_3", asked.amount_cents, str(asked.id), is_lost=False)
    staff_action_queries.note_refunds(connection, asked, [ours], NOW)
    done = {"outcome": "done", "stripe_refund_id": "re_3"}
    staff_action_queries.end_refund(connection, asked, done, NOW, nothing_left=True)


def pass_on(connection: Connection) -> None:
    """Give a missed visit to somebody else."""
    event, ids = tables.reputation_events, select(tables.owners.c.id).order_by(tables.owners.c.id.desc())
    owner = connection.execute(select(event.c.owner_id).where(event.c.kind == "no_show").limit(1)).scalar_one()
    (visit, *_) = corrections.standing_visits(connection, [owner])
    passing.heirs(connection, [visit])
    heir = connection.execute(ids.where(tables.owners.c.id != owner).limit(1)).scalar_one()
    assert passing.pass_on(connection, visit, heir, NOW)


@pytest.fixture(scope="module")
def recorded(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Recorder:
    """What is executed in a day of the sample, and in the calls."""
    file = copy(migrated_file, tmp_path_factory.mktemp("recorded") / "sample.db")
    business = Business(f"sqlite:///{file}")
    with writing(business.engine) as connection:
        insert(connection, build(NOW).rows)
    with recording(business.engine) as recorder:
        for job, now in TURNS:
            business.run(job, now)
        for call in CALLS:
            with writing(business.engine) as connection:
                call(connection)
    business.engine.dispose()
    return recorder


def shown(functions: dict[str, set[str]]) -> str:
    """One module's functions and their statements, in the order of their texts."""
    return "\n".join(
        f"-- {name}\n" + "".join(f"{text};\n" for text in sorted(texts)) for name, texts in sorted(functions.items())
    )


def file_of(dialect: str, module: str) -> Path:
    return SNAPSHOTS / dialect / f"{module}.sql"


def renew(recorded: Recorder, dialect: str) -> None:
    for file in (SNAPSHOTS / dialect).glob("*.sql"):
        file.unlink()
    for (its, module), functions in recorded.texts.items():
        if its == dialect:
            file_of(dialect, module).parent.mkdir(parents=True, exist_ok=True)
            file_of(dialect, module).write_text(shown(functions), encoding="utf-8")


@pytest.mark.parametrize("dialect", DIALECTS, ids="for {}".format)  # not by itself: each would record anew, elsewhere
def test_every_query_is_as_it_was_reviewed(recorded: Recorder, dialect: str) -> None:
    if os.environ.get("RENEW_SNAPSHOTS"):
        renew(recorded, dialect)
    expected = {file.stem: file.read_text(encoding="utf-8") for file in (SNAPSHOTS / dialect).glob("*.sql")}
    found = {module: shown(functions) for (its, module), functions in recorded.texts.items() if its == dialect}
    assert found == expected, f"reviewed and right? then {RENEW}"


def test_every_query_is_recorded(recorded: Recorder) -> None:
    named = {
        (module, each.name)
        for module, file in modules_with_sql().items()
        for each in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(each, ast.FunctionDef) and each.args.args and each.args.args[0].arg == "connection"
        if not each.name.startswith("_") and module not in (*BELOW, *OF_DB)
    }
    found = {(module, name) for (_, module), functions in recorded.texts.items() for name in functions}
    assert named - found == set()


def test_every_place_that_executes_a_statement_is_recorded(recorded: Recorder) -> None:
    places = [
        (module, each)
        for module, file in modules_with_sql().items()
        for each in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(each, ast.Call) and ast.unparse(each.func) in EXECUTING and module not in (*BELOW, *OF_DB)
    ]
    reached = [
        (module, call.lineno)
        for module, call in places
        if not recorded.lines.isdisjoint((module, line) for line in range(call.lineno, (call.end_lineno or 0) + 1))
    ]
    assert len(places) > 80
    assert [(module, call.lineno) for module, call in places if (module, call.lineno) not in reached] == []
