"""The examination: what counts as well, and what is said of the rest."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from shared.database import breakers, limits, runs, tables
from shared.database.engine import open_engine
from shared.delivery.senders import queries as senders
from shared.domain.breaker import Breaker
from shared.domain.policy.models import TenantPolicy
from shared.domain.records import RunStatus
from shared.operations.health import Check, Health, examine, span_words
from shared.schedules.function_json import Schedule, read_schedules
from shared.schedules.ncrontab import parse
from tests import rows
from tests.rows import NOON

UTC = ZoneInfo("UTC")
JOB = "NoShowDetector"
DAILY = {JOB: Schedule(JOB, parse("0 30 6 * * *"), "timer")}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DUE = NOON.replace(hour=6, minute=30)
RUN = f"python -m shared run {JOB}"

Look = Callable[..., Check]


def noted(
    engine: Engine,
    at: datetime,
    status: RunStatus,
    error: str | None = None,
    tenants: Sequence[str] = (),
    result: dict[str, Any] | None = None,
) -> None:
    with engine.begin() as connection:
        id_ = uuid4()
        runs.start(connection, runs.NewRun(id_, JOB, at, at, "test", tenants))
        if status is not RunStatus.RUNNING:
            runs.finish(connection, id_, status, at + MINUTE, result or {}, error)


@pytest.fixture
def look(engine: Engine) -> Look:
    """Examine the database at noon and return one check by its name."""

    def named(name: str, at: datetime = NOON, **options: Any) -> Check:
        found = examine(engine, DAILY, UTC, at, **{"defaults": TenantPolicy(), **options})
        assert found.is_well is all(each.is_well for each in found.checks)
        (check,) = (each for each in found.checks if each.name == name)
        return check

    return named


def test_all_is_well_when_every_job_did_its_work_and_nothing_hangs(engine: Engine) -> None:
    with engine.begin() as connection:
        for job in read_schedules():
            id_ = uuid4()
            runs.start(connection, runs.NewRun(id_, job, NOON, NOON, "test"))
            runs.finish(connection, id_, RunStatus.SUCCEEDED, NOON, {}, None)
    found = examine(engine, read_schedules(), UTC, NOON + MINUTE, defaults=TenantPolicy())
    assert found.is_well
    assert [each.name for each in found.checks] == [
        "settings",
        "database",
        *read_schedules(),
        "businesses",
        "texts",
        "fees",
        "dead letters",
        "due texts",
        "fees for staff",
    ]
    assert {each.command for each in found.checks} == {None}


def test_a_job_that_never_ran_is_not_well(look: Look) -> None:
    assert look(JOB) == Check(JOB, False, "never ran", None, RUN)


def test_a_job_that_only_failed_never_succeeded(engine: Engine, look: Look) -> None:
    noted(engine, DUE, RunStatus.FAILED, "the database failed: gone")
    words = f"never succeeded; the run of {span_words(NOON - DUE)} ago failed: the database failed: gone"
    assert look(JOB) == Check(JOB, False, words, DUE, RUN)


@pytest.mark.parametrize("status", runs.DONE)
def test_a_job_is_late_half_an_hour_after_it_was_due(engine: Engine, look: Look, status: RunStatus) -> None:
    noted(engine, DUE - DAY, status)
    assert look(JOB, DUE + 30 * MINUTE).is_well
    late = look(JOB, DUE + 31 * MINUTE)
    assert late == Check(JOB, False, "missed 1 run since 06:30 UTC; nothing started it", DUE, RUN)
    noted(engine, DUE, status)
    assert look(JOB, DUE + 31 * MINUTE) == Check(JOB, True, "done 31 min ago")


def test_missed_runs_are_counted_since_the_first(engine: Engine) -> None:
    hourly = {JOB: Schedule(JOB, parse("0 0 * * * *"), "timer")}
    noted(engine, DUE, RunStatus.SUCCEEDED)

    def words(at: datetime) -> str:
        return next(each.words for each in examine(engine, hourly, UTC, at, defaults=None).checks if each.name == JOB)

    assert words(DUE + HOUR) == "done 60 min ago"
    assert words(DUE + 4 * HOUR + MINUTE) == "missed 4 runs since 07:00 UTC; nothing started it"
    assert words(DUE + DAY + MINUTE) == "missed 24 runs since Tue 03 Mar 2026 07:00 UTC; nothing started it"
    assert words(DUE + 60 * DAY).startswith("missed more than 1000 runs since Tue 03 Mar 2026 07:00 UTC")


def test_a_run_that_met_errors_was_done_and_names_their_number(engine: Engine, look: Look) -> None:
    noted(engine, DUE, RunStatus.WITH_ERRORS, result={"total_errors": 2})
    words = f"done 60 min ago with 2 errors (python -m shared runs --job {JOB})"
    assert look(JOB, DUE + HOUR) == Check(JOB, True, words)


def test_a_run_for_one_business_does_not_do_the_work_of_all(engine: Engine, look: Look) -> None:
    noted(engine, DUE, RunStatus.SUCCEEDED, tenants=["paws"])
    assert look(JOB).words == "never ran"
    noted(engine, DUE - DAY, RunStatus.SUCCEEDED)
    assert look(JOB, DUE + HOUR).words == "missed 1 run since 06:30 UTC; nothing started it"


def test_a_schedule_is_read_in_its_zone(engine: Engine) -> None:
    noted(engine, DUE, RunStatus.SUCCEEDED)  # 06:30 in London: 01:30 in New York, where it is due at 06:30
    assert not examine(engine, DAILY, ZoneInfo("America/New_York"), NOON, defaults=TenantPolicy()).checks[2].is_well
    assert examine(engine, DAILY, UTC, NOON, defaults=TenantPolicy()).checks[2].is_well


def test_the_reason_why_a_job_is_late_is_told(engine: Engine, look: Look) -> None:
    noted(engine, DUE - DAY, RunStatus.SUCCEEDED)
    noted(engine, DUE, RunStatus.FAILED, "no tenant could be worked for")
    assert look(JOB, DUE + HOUR).words == (
        "missed 1 run since 06:30 UTC; the run of 60 min ago failed: no tenant could be worked for"
    )
    noted(engine, DUE + MINUTE, RunStatus.RUNNING)
    assert look(JOB, DUE + HOUR).words.endswith("the run of 59 min ago was cut off: no process is at it")
    with engine.begin() as connection:
        lease = {"name": f"{JOB}:3", "holder": "another", "expires_at": DUE + 2 * HOUR}
        connection.execute(tables.leases.insert(), lease)
    assert look(JOB, DUE + HOUR).words.endswith("a run is under way since 59 min")


def test_a_failed_run_is_told_before_the_job_is_late(engine: Engine, look: Look) -> None:
    noted(engine, DUE - DAY, RunStatus.SUCCEEDED)
    noted(engine, DUE, RunStatus.FAILED, "gone")
    assert look(JOB, DUE + 2 * MINUTE) == Check(JOB, True, "done 24 h ago; the run of 2 min ago failed: gone")


def text_row(engine: Engine, **columns: Any) -> None:
    ordinary = {
        "kind": "reminder_24h",
        "not_before": NOON,
        "useful_until": NOON + HOUR,
        "priority": 1,
        "run_id": uuid4(),
        "created_at": NOON,
    }
    with engine.begin() as connection:
        tenant = rows.tenant(connection, f"paws-{uuid4().hex[:8]}")
        owner = rows.owner(connection, tenant)
        rows.insert(connection, tables.notifications, tenant_id=tenant, owner_id=owner, **ordinary | columns)


def test_a_text_that_is_sending_beyond_its_claim_hangs(engine: Engine, look: Look) -> None:
    text_row(engine, status="sending", claimed_until=NOON + MINUTE)
    assert look("texts").is_well
    text_row(engine, status="sending", claimed_until=NOON - 5 * MINUTE)
    text_row(engine, status="sending", claimed_until=NOON - 3 * MINUTE)
    text_row(engine, status="sent", claimed_until=NOON - DAY)
    words = "2 texts whose worker is gone: the next run asks the provider what became of it; the oldest 5 min ago"
    command = "python -m shared run AppointmentReminders2h"
    assert look("texts") == Check("texts", False, words, NOON - 5 * MINUTE, command)


def test_texts_that_are_due_and_do_not_leave_are_not_well(engine: Engine, look: Look) -> None:
    text_row(engine, status="planned", not_before=NOON - 2 * HOUR, useful_until=NOON + HOUR)
    text_row(engine, status="planned", not_before=NOON - 5 * HOUR, useful_until=NOON - HOUR)
    assert look("due texts") == Check("due texts", True, "1 due")
    text_row(engine, status="planned", not_before=NOON - 3 * HOUR, useful_until=NOON + HOUR)
    found = look("due texts")
    assert (found.is_well, found.since) == (False, NOON - 3 * HOUR)
    assert found.words.startswith("2 texts due and not sent; the oldest 3 h ago. No run, sending switched off")
    assert found.command == "python -m shared outbox --status planned"


def test_a_fee_that_is_processing_beyond_its_claim_hangs(engine: Engine, look: Look) -> None:
    with engine.begin() as connection:
        tenant = rows.tenant(connection)
        for type_, until in (("no_show_fee", 1), ("no_show_fee", -7), ("deposit", -9)):
            rows.insert(
                connection,
                tables.payments,
                tenant_id=tenant,
                owner_id=rows.owner(connection, tenant),
                type=type_,
                status="processing",
                amount=2500,
                currency="USD",
                claimed_until=NOON + until * MINUTE,
            )
    found = look("fees")
    assert (found.is_well, found.since, found.command) == (False, NOON - 7 * MINUTE, RUN)
    assert found.words.startswith("1 fee whose worker is gone")


def test_a_text_that_was_given_up_counts_while_it_is_useful_and_for_a_day(engine: Engine, look: Look) -> None:
    text_row(engine, status="dead", updated_at=NOON - 25 * HOUR, useful_until=NOON - 25 * HOUR)
    assert look("dead letters") == Check("dead letters", True, "none given up")
    text_row(engine, status="dead", updated_at=NOON - 23 * HOUR, useful_until=NOON - 23 * HOUR)
    text_row(engine, status="dead", updated_at=NOON - 26 * HOUR, useful_until=NOON + HOUR)
    found = look("dead letters")
    assert (found.is_well, found.since) == (False, NOON - 26 * HOUR)
    assert found.words == "2 texts given up lately; the oldest 26 h ago"
    assert found.command == "python -m shared outbox --status dead"


def test_an_open_breaker_is_told_with_the_last_failure(engine: Engine, look: Look) -> None:
    with engine.begin() as connection:
        breakers.open_(connection, Breaker("sms"), "connection refused", NOON - MINUTE)
    found = look("sms breaker", NOON - MINUTE + MINUTE / 60)
    assert (found.is_well, found.since) == (False, NOON - MINUTE)
    assert found.words.startswith("open: the provider is away (last failure: connection refused); the first run after ")
    assert found.command is None
    later = look("sms breaker", NOON + HOUR)
    assert later.words.endswith("; the next run asks again")
    assert later.command == "python -m shared run AppointmentReminders2h"
    with engine.begin() as connection:
        breakers.take_probe(connection, breakers.read(connection, "sms"), "me", NOON)
        breakers.close(connection, Breaker("sms"), "me", NOON)
    assert look("sms breaker") == Check("sms breaker", True, "closed")


def paused(engine: Engine, until: datetime, **tenant: Any) -> None:
    """Let a sender be refused at NOON, and its tenant pause."""
    with engine.begin() as connection:
        id_ = rows.tenant(connection, "paws", **tenant)
        limits.pause(connection, {id_: until}, "30034", NOON, is_sender_trouble=True)


@pytest.mark.parametrize(
    ("until", "next_"),
    [
        (NOON + 12 * HOUR, "its texts wait until 2026-03-04 05:00 UTC, then one is tried"),
        (NOON, "the next run tries one text"),
    ],
)
def test_a_sender_that_is_refused_is_not_well_until_it_is_put_right(
    engine: Engine, look: Look, until: datetime, next_: str
) -> None:
    paused(engine, until)
    words = f"the SMS provider or the carriers refuse its sender (30034): {next_}; docs/sms.md says what to do"
    check = Check("sender of paws", False, words, NOON, "python -m shared outbox --tenant paws")
    assert look("sender of paws", NOON + HOUR) == check
    with engine.begin() as connection:
        connection.execute(tables.pauses.update().values(is_sender_trouble=False))
    assert not sms_checks(engine)


def test_the_sender_of_a_business_that_is_served_no_more_is_nobodys_trouble(engine: Engine) -> None:
    paused(engine, NOON, status="suspended")
    assert not sms_checks(engine)


def sms_checks(engine: Engine) -> list[Check]:
    """What is said of senders, of texts that do not arrive, and of clocks: nothing where all is well."""
    named = ("sender of", "texts of", "clock")
    return [
        each for each in examine(engine, {}, UTC, NOON, defaults=TenantPolicy()).checks if each.name.startswith(named)
    ]


def test_a_business_whose_texts_mostly_do_not_arrive_is_not_well(engine: Engine) -> None:
    with engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        for number in range(10):
            at = NOON - (number + 1) * HOUR
            status, sent_at = ("failed", None) if number < 6 else ("delivered", at)
            row = {"kind": "reminder_24h", "priority": 1, "run_id": uuid4(), "created_at": at, "not_before": at}
            when = {"useful_until": at + DAY, "updated_at": at, "sent_at": sent_at}
            rows.insert(
                connection, tables.notifications, tenant_id=tenant, owner_id=owner, status=status, **row, **when
            )
    words = "most_texts_fail: 6 of its last 10 did not arrive"
    assert sms_checks(engine) == [Check("texts of paws", False, words, None, "python -m shared outbox --tenant paws")]


@pytest.mark.parametrize(
    ("skew", "words"),
    [
        (2 * MINUTE, None),
        (3 * MINUTE, "this machine's is 3 min behind the sms provider's, 60 min ago: set it by a time server"),
        (-2 * HOUR, "this machine's is 2 h ahead of the sms provider's, 60 min ago: set it by a time server"),
    ],
)
def test_a_clock_that_is_off_is_told(engine: Engine, skew: timedelta, words: str | None) -> None:
    with engine.begin() as connection:
        senders.note_clock(connection, "sms", DAY, NOON - 2 * HOUR)
        senders.note_clock(connection, "sms", skew, NOON - HOUR)
    assert sms_checks(engine) == ([Check("clock", False, words, NOON - HOUR)] if words else [])


def test_a_wrong_setting_is_a_finding_and_the_rest_is_looked_at_all_the_same(look: Look) -> None:
    wrong = "TWILIO_AUTH_TOKEN: not set"
    assert look("settings", wrong_setting=wrong) == Check("settings", False, wrong)
    assert look("database", wrong_setting=wrong).is_well


def test_a_database_that_is_not_there_is_a_finding_with_the_command_that_helps(tmp_path: Path) -> None:
    missing = open_engine(f"sqlite:///{tmp_path}/none.db")
    found = examine(missing, DAILY, UTC, NOON, defaults=TenantPolicy())
    (database,) = (each for each in found.checks if each.name == "database")
    assert not database.is_well
    assert database.command == "python -m shared db upgrade"
    assert len(found.checks) == 2


def test_a_database_that_cannot_be_used_is_a_finding() -> None:
    away = open_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")
    (_, database) = examine(away, DAILY, UTC, NOON, defaults=TenantPolicy()).checks
    assert (database.is_well, database.command) == (False, "python -m shared db check")
    assert database.words.startswith("the database at 127.0.0.1/none cannot be used: ")


def test_what_is_wrong_comes_first_and_machines_get_all() -> None:
    well, wrong = Check("a", True, "fine"), Check("b", False, "gone", NOON, "python -m shared db check")
    found = Health(NOON, (well, wrong))
    assert found.ordered == [wrong, well]
    assert found.as_object() == {
        "healthy": False,
        "at": NOON.isoformat(),
        "checks": [
            {"name": "a", "healthy": True, "detail": "fine", "since": None, "command": None},
            {
                "name": "b",
                "healthy": False,
                "detail": "gone",
                "since": NOON.isoformat(),
                "command": "python -m shared db check",
            },
        ],
    }


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (MINUTE, "1 min"),
        (119 * MINUTE, "119 min"),
        (2 * HOUR, "2 h"),
        (47 * HOUR, "47 h"),
        (50 * HOUR, "2 d"),
    ],
)
def test_a_span_is_said_at_a_glance(span: timedelta, words: str) -> None:
    assert span_words(span) == words
