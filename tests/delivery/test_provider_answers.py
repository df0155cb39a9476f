"""What a provider answers, and what becomes of a text without a clear answer."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.application import Application
from shared.database import tables
from shared.errors import RunFailed
from shared.gateways.sms import CredentialsRefused, NotProcessed, OutcomeUnknown, Rejected, Sms
from tests import rows
from tests.delivery.reminding import DAY, due_tomorrow, remind
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON


def answering(error: Exception) -> object:
    def answer(sms: Sms) -> None:
        raise error

    return answer


def test_a_refused_message_is_failed_for_good(application: Application, sms: RecordingSms) -> None:
    due_tomorrow(application.engine)
    sms.answer = answering(Rejected("21211"))
    assert remind(application)["failed"] == 1
    failed = rows.only(application.engine, tables.notifications)
    assert (failed.status, failed.reason, failed.error_code) == ("failed", "rejected", "21211")
    remind(application)
    assert len(sms.sent) == 1


def test_what_was_not_processed_is_sent_again_after_a_while(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    due_tomorrow(application.engine)
    sms.answer = answering(NotProcessed("20429"))
    remind(application)
    waiting = rows.only(application.engine, tables.notifications)
    assert (waiting.status, waiting.attempts, waiting.error_code) == ("planned", 3, "20429")
    assert waiting.not_before > clock.now
    sms.answer = lambda sent: None
    clock.pass_(hours=1)
    assert remind(application)["reminders_sent"] == 1


def test_after_five_attempts_it_is_dead(application: Application, sms: RecordingSms, clock: Clock) -> None:
    due_tomorrow(application.engine)
    sms.answer = answering(NotProcessed("20429"))
    for _ in range(7):
        remind(application)
        clock.pass_(minutes=45)
    dead = rows.only(application.engine, tables.notifications)
    assert (dead.status, dead.reason, dead.attempts, len(sms.sent)) == ("dead", "attempts_exhausted", 5, 5)


def test_an_unclear_answer_is_never_blindly_sent_again(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    due_tomorrow(application.engine)
    sms.answer = answering(OutcomeUnknown("time-out"))
    remind(application)
    clock.pass_(seconds=119)
    remind(application)
    unclear = rows.only(application.engine, tables.notifications)
    assert (unclear.status, unclear.reason, len(sms.sent), sms.asked) == ("sending", "ambiguous", 1, [])


def test_what_the_providers_log_holds_counts_as_sent(application: Application, sms: RecordingSms, clock: Clock) -> None:
    due_tomorrow(application.engine)
    sms.answer = answering(OutcomeUnknown("time-out"))
    remind(application)
    sms.took(sms.sent[0], "SM-from-the-log", NOON)
    clock.pass_(minutes=2)
    remind(application)
    settled = rows.only(application.engine, tables.notifications)
    assert (settled.status, settled.provider_message_id, len(sms.sent)) == ("sent", "SM-from-the-log", 1)
    assert settled.ambiguities == 1


def test_what_the_log_does_not_hold_is_sent_again(application: Application, sms: RecordingSms, clock: Clock) -> None:
    due_tomorrow(application.engine)
    sms.answer = answering(OutcomeUnknown("dropped"))
    remind(application)
    sms.answer = lambda sent: None
    clock.pass_(minutes=6)
    remind(application)
    settled = rows.only(application.engine, tables.notifications)
    assert (settled.status, len(sms.sent), settled.ambiguities) == ("sent", 2, 1)


def test_an_entry_that_the_log_shows_late_is_waited_for(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    due_tomorrow(application.engine)
    sms.answer = answering(OutcomeUnknown("time-out"))
    remind(application)
    sms.answer = lambda sent: None
    clock.pass_(minutes=2)
    remind(application)
    waits = rows.only(application.engine, tables.notifications)
    assert (waits.status, waits.claimed_until, len(sms.asked)) == ("sending", NOON + timedelta(minutes=6), 1)
    sms.took(sms.sent[0], "SM-shown-late", NOON)
    clock.pass_(minutes=4)
    remind(application)
    settled = rows.only(application.engine, tables.notifications)
    assert (settled.status, settled.provider_message_id, len(sms.sent)) == ("sent", "SM-shown-late", 1)


def test_where_waiting_for_the_log_would_make_it_useless_it_is_asked_once(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    """A 2-hour reminder is useful until 15 minutes before the start: this one for five minutes more."""
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + timedelta(minutes=20))
    sms.answer = answering(OutcomeUnknown("time-out"))
    remind(application, "AppointmentReminders2h")
    sms.answer = lambda sent: None
    clock.pass_(minutes=2)
    remind(application, "AppointmentReminders2h")
    assert (rows.only(application.engine, tables.notifications).status, len(sms.sent)) == ("sent", 2)


def test_what_the_log_does_not_hold_and_is_too_late_expires(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    due_tomorrow(application.engine)
    sms.answer = answering(OutcomeUnknown("dropped"))
    remind(application)
    clock.now = NOON + DAY
    remind(application)
    assert (rows.only(application.engine, tables.notifications).status, len(sms.sent)) == ("expired", 1)
    assert rows.only(application.engine, tables.decisions).reason == "too_late"


@pytest.mark.parametrize(
    ("difference", "found"),
    [
        ({}, True),
        ({"to": "+12125550199"}, False),
        ({"body": "another text"}, False),
        ({"sender": "+12125550100"}, True),  # the message left the choice to the provider
        ({"created_at": NOON - timedelta(hours=1)}, True),  # the provider's clock may be behind
        ({"created_at": NOON + timedelta(hours=1)}, True),  # or ahead
        ({"created_at": NOON - timedelta(minutes=61)}, False),
        ({"created_at": NOON + timedelta(minutes=61)}, False),
    ],
)
def test_a_message_of_the_log_is_this_one_if_number_text_and_time_agree(
    application: Application, sms: RecordingSms, clock: Clock, difference: dict, found: bool
) -> None:
    due_tomorrow(application.engine)
    sms.answer = answering(OutcomeUnknown("time-out"))
    remind(application)
    sms.took(sms.sent[0], "SM-from-the-log", NOON)
    sms.books[0] = replace(sms.books[0], **difference)
    clock.pass_(minutes=6)
    remind(application)
    settled = rows.only(application.engine, tables.notifications)
    assert (settled.provider_message_id == "SM-from-the-log", len(sms.sent) == 1) == (found, found)


@pytest.mark.parametrize(
    ("logged", "found"), [({}, True), ({"messaging_service_sid": "MG1"}, False), ({"sender": "+12125550177"}, False)]
)
def test_a_message_of_the_log_is_this_one_only_if_the_tenants_own_sender_sent_it(
    application: Application, sms: RecordingSms, clock: Clock, logged: dict, found: bool
) -> None:
    settings = f'{{"sms": {{"messaging_service_sid": "MG{"0" * 32}", "from": "+12125550100"}}}}'
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection, settings=settings), NOON + DAY)
    sms.answer = answering(OutcomeUnknown("time-out"))
    remind(application)
    sms.took(sms.sent[0], "SM-from-the-log", NOON, **logged)
    clock.pass_(minutes=6)
    remind(application)
    assert (len(sms.sent) == 1) == found


def test_the_ids_of_other_messages_are_left_out_when_the_log_is_asked(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    due_tomorrow(application.engine)
    remind(application)
    due_tomorrow_again = rows.only(application.engine, tables.owners)
    with application.engine.begin() as connection:
        start = NOON + DAY + timedelta(minutes=5)
        rows.appointment(connection, due_tomorrow_again.tenant_id, start, owner_id=due_tomorrow_again.id)
    sms.answer = answering(OutcomeUnknown("time-out"))
    remind(application)
    sms.took(sms.sent[1], "SM1", NOON)
    sms.answer = lambda sent: None
    clock.pass_(minutes=6)
    remind(application)
    assert len(sms.sent) == 3


def test_two_equal_messages_are_not_found_under_one_id(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        for _ in range(2):
            rows.appointment(connection, tenant, NOON + DAY)
    sms.answer = answering(OutcomeUnknown("time-out"))
    remind(application)
    assert len(set(sms.bodies)) == 1
    sms.took(sms.sent[0], "SM-one", NOON)
    sms.answer = lambda sent: None
    clock.pass_(minutes=6)
    remind(application)
    assert len(sms.sent) == 3


def test_the_log_is_asked_for_the_text_and_the_number_as_they_were_handed_over(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    due_tomorrow(application.engine)
    sms.answer = answering(OutcomeUnknown("time-out"))
    remind(application)
    sms.took(sms.sent[0], "SM-from-the-log", NOON)
    with application.engine.begin() as connection:
        connection.execute(tables.pets.update().values(name="Luna"))
        connection.execute(tables.owners.update().values(phone="+12125550199"))
    clock.pass_(minutes=2)
    remind(application)
    assert (len(sms.sent), rows.only(application.engine, tables.notifications).status) == (1, "sent")
    assert sms.asked == [("+12125550143", NOON - timedelta(hours=1))]


def test_what_was_unclear_twice_and_is_not_in_the_log_is_for_a_person_to_look_at(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    due_tomorrow(application.engine)
    sms.answer = answering(OutcomeUnknown("time-out"))
    for _ in range(4):
        remind(application)
        clock.pass_(minutes=6)
    kept = rows.only(application.engine, tables.notifications)
    assert (len(sms.sent), len(sms.asked), kept.ambiguities, kept.unclear_answers) == (2, 2, 2, 2)
    assert (kept.status, kept.reason, kept.error_code) == ("dead", "unconfirmed", "time-out")


def test_what_a_dead_worker_left_is_settled_when_its_claim_runs_out(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    due_tomorrow(application.engine)

    class Killed(BaseException):
        """The worker is gone in the middle of sending."""

    sms.answer = answering(Killed())
    with pytest.raises(Killed):
        remind(application)
    assert rows.only(application.engine, tables.notifications).status == "sending"
    sms.answer = lambda sent: None
    clock.pass_(minutes=5)
    assert (remind(application)["delivery"]["ambiguous"], len(sms.asked)) == ({}, 1)
    clock.pass_(minutes=3)
    assert remind(application)["delivery"]["ambiguous"] == {"reminder_24h": 1}
    assert rows.only(application.engine, tables.notifications).status == "sent"
    assert len(sms.sent) == 2


def test_refused_credentials_stop_the_run_and_lose_nothing(
    application: Application, sms: RecordingSms, clock: Clock
) -> None:
    due_tomorrow(application.engine)
    sms.answer = answering(CredentialsRefused("20003"))
    with pytest.raises(RunFailed, match="20003"):
        remind(application)
    kept = rows.only(application.engine, tables.notifications)
    assert (kept.status, kept.attempts) == ("planned", 0)
    assert rows.only(application.engine, tables.runs).status == "failed"
    sms.answer = lambda sent: None
    assert remind(application)["reminders_sent"] == 1
