"""For each code why something is not done: `explain` foretells it, the run does so, `explain` tells it afterwards."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

import pytest

from shared.application import Application
from shared.database.engine import reading
from shared.domain.fees import FEE_SENTENCES, FeeCode
from shared.domain.reasons import SENTENCES, Reason
from shared.operations.explain import Explanation, explain
from shared.operations.forecast import Occurrence, occurrences
from shared.operations.forecast.upcoming import upcoming
from shared.operations.words import moment_words
from shared.runtime import run
from shared.schedules.function_json import read_schedules
from tests.doubles import Clock
from tests.operations.forecast import cases
from tests.operations.forecast.cases import DAY, NOON, ON_SQLITE, SOON, Case, settings
from tests.salon import salon

TEXTS: Final = {
    Reason.OPTED_OUT: Case("appointment", cases.visit(sms_opted_in=False)),
    Reason.NO_PHONE: Case("appointment", cases.visit(phone=None)),
    Reason.INVALID_PHONE: Case("appointment", cases.visit(phone="12345")),
    Reason.PHONE_BLOCKED: Case("appointment", cases.visit_with_blocked_number),
    Reason.OWNER_INACTIVE: Case("appointment", cases.visit(is_active=False)),
    Reason.PET_DECEASED: Case("appointment", cases.visit(pet={"is_deceased": True})),
    Reason.KIND_DISABLED: Case("appointment", cases.visit(), settings('{"reminders": {"24h": false}}')),
    Reason.BOOKED_INSIDE_WINDOW: Case("appointment", cases.booked_late),
    Reason.OWNER_CHANGED: Case("appointment", cases.with_waiting_reminder(cases.passed_on)),
    Reason.RESCHEDULED: Case(
        "appointment", cases.with_waiting_reminder(cases.changed(scheduled_start=SOON, scheduled_end=SOON + DAY / 24))
    ),
    Reason.APPOINTMENT_CANCELLED: Case(
        "appointment", cases.with_waiting_reminder(cases.changed(status="cancelled", cancelled_by="owner"))
    ),
    Reason.APPOINTMENT_STARTED: Case("appointment", cases.with_waiting_reminder(cases.changed(status="in_progress"))),
    Reason.APPOINTMENT_COMPLETED: Case("appointment", cases.with_waiting_reminder(cases.changed(status="completed"))),
    Reason.APPOINTMENT_MISSED: Case("appointment", cases.with_waiting_reminder(cases.changed(status="no_show"))),
    Reason.APPOINTMENT_DELETED: Case("appointment", cases.with_waiting_reminder(cases.changed(deleted_at=NOON))),
    Reason.FOREIGN_REFERENCE: Case(
        "appointment", cases.with_waiting_reminder(cases.given_a_service_of_another_business)
    ),
    Reason.TENANT_INACTIVE: Case("appointment", cases.with_waiting_reminder(cases.suspended)),
    Reason.TOO_LATE: Case("appointment", cases.too_late),
    Reason.PET_INACTIVE: Case("vaccination", cases.shot(is_active=False)),
    Reason.SUPERSEDED: Case("vaccination", cases.superseded_shot),
    Reason.EXPIRY_CHANGED: Case("vaccination", cases.with_waiting_alert(expiry_date=cases.EXPIRY.replace(year=2027))),
    Reason.RECORD_DELETED: Case("vaccination", cases.with_waiting_alert(deleted_at=NOON)),
    Reason.NO_SHOW_CORRECTED: Case(
        "appointment", cases.with_waiting_notice(cases.changed(status="confirmed", arrived_at=NOON))
    ),
    Reason.FEE_SETTLED: Case("appointment", cases.with_waiting_word_that_it_failed),
    Reason.CLOSED_DAY: Case("appointment", cases.missed(), settings('{"no_show": {"closed_on": ["2026-03-03"]}}')),
    Reason.CAME_THAT_DAY: Case("appointment", cases.came_to_another),
    Reason.FEE_NOT_CONFIGURED: Case("appointment", cases.missed(), (("currency", "JPY"),)),
}
HELD: Final = {
    Reason.SURGE: Case("appointment", cases.missed_like_many),
    Reason.ATTENDANCE_NOT_RECORDED: Case("appointment", cases.missed_where_nobody_writes_down_who_comes),
}
"""Of these nothing is on record: the day is held again by each run, until somebody accepts it."""
FEES: Final = {
    FeeCode.COVERED_BY_DEPOSIT: Case("appointment", cases.missed(deposit_paid=2500)),
    FeeCode.NO_FEE: Case("appointment", cases.missed(), settings('{"no_show": {"fee_cap_cents": 0}}')),
    FeeCode.BELOW_MINIMUM: Case("appointment", cases.missed(), settings('{"no_show": {"fee_cap_cents": 10}}')),
    FeeCode.NO_DELIVERED_REMINDER: Case(
        "payment", cases.due_fee({"settings": '{"no_show": {"fee_requires_delivered_reminder": true}}'})
    ),
    FeeCode.NO_PAYMENT_METHOD: Case("payment", cases.due_fee(has_payment_method=False)),
    FeeCode.OWNER_INACTIVE: Case("payment", cases.fee_of_an_owner_who_left),
    FeeCode.TOO_LATE: Case("payment", cases.due_fee(days=15)),
    FeeCode.AMOUNT_CHANGED: Case("payment", cases.fee_changed_after_it_was_begun),
    FeeCode.SUPERSEDED: Case("payment", cases.fee_of_one_entered_twice),
}
ONLY_A_PROVIDER: Final = {
    Reason.REJECTED: "the provider refuses the text",
    Reason.ATTEMPTS_EXHAUSTED: "the provider does not take the text in five attempts",
    Reason.AMBIGUOUS: "the provider does not answer clearly",
    Reason.UNCONFIRMED: "the provider does not answer clearly, twice",
    Reason.DEAD_NUMBER: "a carrier reports the number dead",
    FeeCode.CANCELLED_AT_PROVIDER: "somebody cancels the payment at the provider",
    FeeCode.PAID_AFTER_WAIVER: "the provider tells late that the card was charged",
    FeeCode.PAID_LATE: "the provider tells late that the card was charged",
}
"""What cannot be foretold, each with why."""
NOTHING_TO_EXPLAIN: Final = {
    Reason.SUBJECT_GONE: "what the text was about is not there to be asked about",
    Reason.UNREADABLE: "only a fault of this program keeps a text from being written",
}


def test_each_code_has_its_case_or_says_why_not() -> None:
    tables = TEXTS, HELD, FEES, ONLY_A_PROVIDER, NOTHING_TO_EXPLAIN
    codes = [(type(code), code) for table in tables for code in table]
    assert sorted(codes, key=str) == sorted([(type(each), each) for each in (*Reason, *FeeCode)], key=str)


def foretold(application: Application, case: Case, id_: UUID) -> list[str]:
    return [each.what for each in upcoming(application, read_schedules(), case.what, id_)]


def explained(application: Application, case: Case, id_: UUID) -> Explanation:
    with reading(application.engine) as connection:
        found = explain(connection, case.what, id_, application.defaults, application.zone)
    assert found
    return found


def told(application: Application, case: Case, id_: UUID, since: datetime) -> list[str]:
    """What `explain` tells of the time since an instant, as it would have foretold it."""
    found = explained(application, case, id_)
    return [f"{moment_words(each.at, found.zone)}  {each.what}" for each in found.timeline if each.at > since]


def runs_of(application: Application, clock: Clock) -> Iterator[Occurrence]:
    """Do the coming runs, one after the other, for some hours."""
    for each in list(occurrences(read_schedules(), application.zone, clock.now, clock.now + DAY / 4)):
        clock.now = each.at
        yield each


def why(lines: list[str], sentence: str) -> str:
    """Return when the first line says that something is not done for this reason."""
    return next((line.partition("  ")[0] for line in lines if line.endswith(sentence)), f"never: {lines}")


@ON_SQLITE
@pytest.mark.parametrize("reason", TEXTS)
def test_what_is_foretold_not_to_be_sent_or_counted_is_not_and_for_that_reason(
    application: Application, clock: Clock, reason: Reason
) -> None:
    case, sentence = TEXTS[reason], SENTENCES[reason]
    paws = salon(application, **dict(case.tenant))
    id_ = case.set_up(paws, clock)
    began, at = clock.now, why(foretold(application, case, id_), sentence)
    for each in runs_of(application, clock):
        run(application, each.job)
        if any(line.endswith(sentence) for line in told(application, case, id_, began)):
            break
    assert why(told(application, case, id_, began), sentence) == at


@ON_SQLITE
@pytest.mark.parametrize("reason", HELD)
def test_a_day_that_is_foretold_to_be_held_is_held_and_will_be_again(
    application: Application, clock: Clock, reason: Reason
) -> None:
    paws = salon(application)
    id_ = HELD[reason].set_up(paws, clock)
    (line, *_) = foretold(application, HELD[reason], id_)
    assert line.endswith(f"2026-03-03 is held back, nothing is marked: {SENTENCES[reason]}")
    clock.now = NOON + 13.5 * cases.HOUR
    assert reason in {day["reason"] for day in run(application, "NoShowDetector")["held"]}
    assert paws.fees() == []
    (again, *_) = foretold(application, HELD[reason], id_)
    assert again.partition("  ")[2] == line.partition("  ")[2]


@ON_SQLITE
@pytest.mark.parametrize("code", FEES)
def test_a_fee_that_is_foretold_not_to_be_charged_is_not_and_for_that_reason(
    application: Application, clock: Clock, code: FeeCode
) -> None:
    case, sentence = FEES[code], FEE_SENTENCES[code]
    paws = salon(application, **dict(case.tenant))
    id_ = case.set_up(paws, clock)
    lines = foretold(application, case, id_)
    for each in runs_of(application, clock):
        run(application, each.job)
        if code in {entry.code for entry in explained(application, case, id_).timeline}:
            break
    assert why(lines, sentence) == moment_words(clock.now, explained(application, case, id_).zone)
    assert code in {fee.failure_code for fee in paws.fees()}
    assert not [line for line in lines if "charged to the saved card" in line]
