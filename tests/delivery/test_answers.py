"""What each answer of the provider does to the message, to its tenant and to the run."""

from datetime import datetime, timedelta

import pytest

from shared.database import tables
from shared.errors import RunFailed
from shared.gateways.sms import (
    CredentialsRefused,
    DailyCapReached,
    NotProcessed,
    OptedOut,
    OutcomeUnknown,
    Rejected,
    SenderRefused,
    Sms,
    Unreachable,
)
from shared.runtime import run
from tests import rows
from tests.delivery.conftest import DAY, Outbox
from tests.rows import NOON


def test_what_was_not_processed_is_tried_again_in_the_run(outbox: Outbox) -> None:
    outbox.fill()
    outbox.answer(NotProcessed("20429"), NotProcessed("20429"))
    result = outbox.deliver()
    (sent,) = outbox.notifications
    assert (sent.status, sent.attempts, sent.error_code) == ("sent", 3, None)
    assert result["delivery"] == {"sent": {"reminder_24h": 1}, "failed": {}, "ambiguous": {}, "deferred": {}}


def test_after_three_tries_the_rest_is_for_later_runs_and_after_five_attempts_it_is_dead(outbox: Outbox) -> None:
    outbox.fill()
    outbox.always(NotProcessed("20429"))
    outbox.deliver()
    assert [(each.status, each.attempts) for each in outbox.notifications] == [("planned", 3)]
    outbox.clock.pass_(minutes=30)
    result = outbox.deliver()
    assert [(each.status, each.attempts, each.reason) for each in outbox.notifications] == [
        ("dead", 5, "attempts_exhausted")
    ]
    assert result["delivery"]["failed"] == {"reminder_24h": 1}
    outbox.clock.pass_(hours=1)
    outbox.deliver()
    assert len(outbox.sms.sent) == 5


def test_a_retry_in_the_run_sends_the_very_same_message(outbox: Outbox) -> None:
    outbox.fill()
    outbox.answer(Unreachable("connect_failed"))
    outbox.deliver()
    first, second = outbox.sms.sent
    assert first == second


def test_a_worker_whose_claim_was_taken_over_leaves_the_message_to_the_other(outbox: Outbox) -> None:
    outbox.fill()

    def answer_late(_: Sms) -> None:
        with outbox.application.engine.begin() as connection:
            connection.execute(tables.notifications.update().values(claimed_by="another"))
        raise Rejected("30006")

    outbox.sms.answer = answer_late
    outbox.deliver()
    assert [(each.status, each.claimed_by, each.error_code) for each in outbox.notifications] == [
        ("sending", "another", None)
    ]


@pytest.mark.parametrize("meanwhile", ["sending", "planned", "expired", "cancelled", "dead"])
def test_an_answer_with_an_id_is_never_dropped_however_late_it_comes(outbox: Outbox, meanwhile: str) -> None:
    """The process stood still; another took the text over, found nothing in the log, and went on with it."""
    outbox.fill()

    def answer_late(_: Sms) -> None:
        outbox.always(None)
        with outbox.application.engine.begin() as connection:
            taken_over = {"claimed_by": "another", "status": meanwhile}
            connection.execute(tables.notifications.update().values(**taken_over))

    outbox.sms.answer = answer_late
    outbox.deliver()
    assert [(each.status, each.provider_message_id) for each in outbox.notifications] == [("sent", "SM1")]
    outbox.deliver()
    assert len(outbox.sms.sent) == 1


def test_a_late_answer_overwrites_nothing(outbox: Outbox) -> None:
    outbox.fill()

    def answer_late(_: Sms) -> None:
        with outbox.application.engine.begin() as connection:
            found = {"claimed_by": "another", "status": "delivered", "provider_message_id": "SM-found", "sent_at": NOON}
            connection.execute(tables.notifications.update().values(**found))

    outbox.sms.answer = answer_late
    outbox.deliver()
    assert [(each.status, each.provider_message_id) for each in outbox.notifications] == [("delivered", "SM-found")]


def test_a_process_that_stood_still_for_longer_than_its_claim_tries_nothing_again(outbox: Outbox) -> None:
    outbox.fill()

    def answer(_: Sms) -> None:
        outbox.clock.pass_(minutes=6)
        with outbox.application.engine.begin() as connection:
            connection.execute(tables.notifications.update().values(claimed_by="another"))
        raise Unreachable("connect_failed")

    outbox.sms.answer = answer
    outbox.deliver()
    assert len(outbox.sms.sent) == 1
    assert [(each.status, each.claimed_by) for each in outbox.notifications] == [("sending", "another")]


def test_nothing_is_sent_before_the_provider_wants_it(outbox: Outbox) -> None:
    outbox.fill()
    moments = []

    def answer(_: object) -> None:
        moments.append(outbox.clock.now)
        if len(moments) == 1:
            raise NotProcessed("20429", retry_after=17.0)

    outbox.sms.answer = answer
    outbox.deliver()
    assert moments[1] - moments[0] >= timedelta(seconds=17)


def test_a_wait_that_would_outlast_the_run_is_not_waited_for(outbox: Outbox) -> None:
    outbox.fill(3)
    outbox.always(NotProcessed("20429", retry_after=3600.0))
    outbox.deliver(concurrency=1)
    assert outbox.clock.now == NOON
    assert len(outbox.sms.sent) == 1
    assert outbox.statuses == {"planned": 3}
    assert sorted(each.attempts for each in outbox.notifications) == [0, 0, 1]


def test_the_wait_of_a_message_is_as_long_as_the_provider_asked(outbox: Outbox) -> None:
    outbox.fill()
    outbox.always(NotProcessed("20429", retry_after=3600.0))
    outbox.deliver()
    (waiting,) = outbox.notifications
    assert waiting.not_before >= NOON + timedelta(hours=1)


# The recipient


def test_a_stop_withdraws_consent_for_every_owner_of_the_tenant_with_that_number_however_written(
    outbox: Outbox,
) -> None:
    tenant = outbox.fill()
    engine = outbox.application.engine
    with engine.begin() as connection:
        other = rows.tenant(connection, "other")
        rows.owner(connection, other, first_name="of another tenant", phone="+12125550000")
        for phone in (
            "(212) 555-0000",
            "212.555.00.00",
            "1-212-555-0000 ext. 7",
            "\uff12\uff11\uff12\uff15\uff15\uff15\uff10\uff10\uff10\uff10",
        ):  # wide digits
            rows.owner(connection, tenant, first_name="the same", phone=phone)
        for phone in ("+12125550001", "(646) 555-0000", None, "none", "+442125550000"):
            rows.owner(connection, tenant, first_name="another", phone=phone)
    outbox.always(OptedOut("21610"))
    result = outbox.deliver()
    consents = {(each.first_name, each.sms_opted_in) for each in rows.all_of(engine, tables.owners)}
    assert consents == {("Ana 0", False), ("the same", False), ("another", True), ("of another tenant", True)}
    (failed,) = outbox.notifications
    assert (failed.status, failed.reason, failed.error_code) == ("failed", "opted_out", "21610")
    assert result["delivery"]["failed"] == {"reminder_24h": 1}


def test_after_a_stop_nothing_more_is_sent_to_the_number_not_even_what_was_claimed_already(outbox: Outbox) -> None:
    tenant = outbox.fill()
    with outbox.application.engine.begin() as connection:
        for at in ("+12125550000", "(212) 555-0000"):
            owner = rows.owner(connection, tenant, phone=at, first_name=at)
            rows.appointment(connection, tenant, NOON + DAY, owner_id=owner)
    outbox.plan()
    outbox.always(OptedOut("21610"))
    outbox.deliver(concurrency=1)
    assert len(outbox.sms.sent) == 1
    assert {(each.status, each.reason) for each in outbox.notifications} == {("failed", "opted_out")}


def test_one_refused_recipient_is_no_trouble_for_the_others(outbox: Outbox) -> None:
    outbox.fill(3)
    outbox.answer(None, Rejected("21211"), None)
    outbox.deliver()
    assert outbox.statuses == {"failed": 1, "sent": 2}


# The tenant


def test_a_daily_cap_pauses_the_tenant_until_its_next_local_day_and_nobody_else(outbox: Outbox) -> None:
    capped = outbox.fill(3)
    outbox.fill(2, "other")

    def answer(sms: object) -> None:
        if any(each.id == sms.notification_id and each.tenant_id == capped for each in outbox.notifications):
            raise DailyCapReached("63038")

    outbox.sms.answer = answer
    result = outbox.deliver(concurrency=1)
    assert {(each.tenant_id == capped, each.status, each.attempts) for each in outbox.notifications} == {
        (True, "planned", 0),
        (False, "sent", 1),
    }
    assert len(outbox.sms.sent) == 3, "one of the capped tenant was enough to know"
    pause = rows.only(outbox.application.engine, tables.pauses)
    assert (pause.tenant_id, pause.until, pause.code) == (
        capped,
        datetime.fromisoformat("2026-03-04T05:00:00Z"),  # midnight in New York
        "63038",
    )
    assert result["total_errors"] == 0


def test_a_pause_is_remembered_by_later_runs_and_ends_by_itself(outbox: Outbox) -> None:
    outbox.fill(settings='{"sms": {"quiet_hours": "off"}}')
    outbox.answer(DailyCapReached("63038"))
    outbox.deliver()
    outbox.clock.now = datetime.fromisoformat("2026-03-04T04:59:59Z")
    outbox.deliver()
    assert len(outbox.sms.sent) == 1
    outbox.clock.now = datetime.fromisoformat("2026-03-04T05:00:00Z")
    outbox.deliver()
    assert outbox.statuses == {"sent": 1}


def test_a_second_pause_takes_the_place_of_the_first(outbox: Outbox) -> None:
    outbox.fill(settings='{"sms": {"quiet_hours": "off"}}')
    outbox.answer(DailyCapReached("63038"))
    outbox.deliver()
    outbox.clock.now = datetime.fromisoformat("2026-03-04T05:00:00Z")
    outbox.answer(DailyCapReached("30023"))
    outbox.deliver()
    pause = rows.only(outbox.application.engine, tables.pauses)
    assert (pause.until, pause.code) == (datetime.fromisoformat("2026-03-05T05:00:00Z"), "30023")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (None, "TWILIO_MESSAGING_SERVICE_SID"),
        ('{"sms": {"from": "+12125550100"}}', "sms.from and sms.messaging_service_sid"),
    ],
)
def test_a_refused_sender_stops_its_tenant_and_is_named_once(outbox: Outbox, settings: str | None, named: str) -> None:
    refused = outbox.fill(3, settings=settings)
    outbox.fill(1, "other")

    def answer(sms: object) -> None:
        if any(each.id == sms.notification_id and each.tenant_id == refused for each in outbox.notifications):
            raise SenderRefused("21606")

    outbox.sms.answer = answer
    result = outbox.deliver(concurrency=1)
    assert {(each.tenant_id == refused, each.status, each.attempts) for each in outbox.notifications} == {
        (True, "planned", 0),
        (False, "sent", 1),
    }
    assert len(outbox.sms.sent) == 2
    (error,) = result["errors"]
    assert (error["tenant"], error["subject"]) == ("paws", "sms sender")
    assert error["reason"] == f"the SMS provider refuses its sender (21606); check {named}; its texts wait"
    outbox.always(None)
    assert outbox.deliver()["delivery"]["sent"] == {}, "its texts wait for its next local day"


# The run


def test_refused_credentials_stop_the_run_at_once_and_cost_nothing(outbox: Outbox) -> None:
    outbox.fill(4)
    outbox.answer(None, CredentialsRefused("20003"))
    with pytest.raises(RunFailed, match="20003"):
        outbox.run(concurrency=1)
    assert len(outbox.sms.sent) == 2
    assert sorted((each.status, each.attempts) for each in outbox.notifications) == [
        ("planned", 0),
        ("planned", 0),
        ("planned", 0),
        ("sent", 1),
    ]


def test_an_answer_that_names_anothers_id_is_taken_for_unclear(outbox: Outbox) -> None:
    outbox.fill()
    outbox.deliver()
    outbox.clock.pass_(minutes=1)
    outbox.fill(2, "other")
    outbox.sms.sent.clear()  # the provider begins to count anew: the first of these gets an id that is on record
    result = outbox.deliver(concurrency=1)
    assert outbox.statuses == {"sending": 1, "sent": 2}
    assert result["delivery"]["ambiguous"] == {"reminder_24h": 1}
    (unclear,) = (each for each in outbox.notifications if each.status == "sending")
    assert (unclear.reason, unclear.error_code) == ("ambiguous", "provider_message_id")


def test_an_unclear_answer_says_what_stood_in_place_of_one(outbox: Outbox) -> None:
    outbox.fill()
    outbox.always(OutcomeUnknown("timeout"))
    result = outbox.deliver()
    (unclear,) = outbox.notifications
    assert (unclear.status, unclear.reason, unclear.error_code) == ("sending", "ambiguous", "timeout")
    assert unclear.unclear_answers == 1
    assert result["delivery"]["ambiguous"] == {"reminder_24h": 1}


def test_the_segments_are_those_that_the_provider_counted(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from shared.gateways.sms import Accepted

    async def send(sms: object) -> Accepted:
        return Accepted("SM1", segments=2)

    monkeypatch.setattr(outbox.sms, "send", send)
    outbox.fill()
    outbox.deliver()
    assert [each.segments for each in outbox.notifications] == [2]


def test_a_job_delivers_what_another_planned(outbox: Outbox) -> None:
    outbox.fill()
    assert run(outbox.application, "ReputationUpdater")["delivery"]["sent"] == {"reminder_24h": 1}
