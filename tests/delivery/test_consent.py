"""Consent is a history: the latest event by the time at which it happened stands."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.database import tables
from shared.domain.contact import phone_hash
from shared.gateways.sms import OptedOut, Receipt
from tests import rows
from tests.delivery.conftest import DAY, Outbox
from tests.rows import NOON

PHONE, AS_WRITTEN = "+12125550000", "(212) 555-0000"
STOP: dict[str, Any] = {"receipt": Receipt.UNDELIVERED, "code": "21610", "is_opt_out": True}


def take(outbox: Outbox) -> None:
    """Let the provider take what is due; its log tells nothing of it yet."""
    outbox.sms.answer = lambda sms: outbox.sms.took(sms, f"SM{len(outbox.sms.sent)}", outbox.clock.now)
    outbox.deliver()


def tell_of_a_stop(outbox: Outbox) -> None:
    """Half an hour later the provider's log tells that the owner had opted out, and a run reads it."""
    outbox.sms.books = [replace(each, **STOP) for each in outbox.sms.books]
    outbox.clock.pass_(minutes=30)
    run(outbox)


def run(outbox: Outbox) -> None:
    outbox.always(None)
    outbox.run()


def an_owner(outbox: Outbox) -> UUID:
    (owner,) = rows.all_of(outbox.application.engine, tables.owners)
    return owner.id


def say(outbox: Outbox, owner: UUID, consents: bool, updated_at: datetime | None) -> None:
    """The platform, or staff, writes the owner's column."""
    rows.change(outbox.application.engine, tables.owners, owner, sms_opted_in=consents, updated_at=updated_at)


def consents(outbox: Outbox) -> list[bool]:
    found = rows.all_of(outbox.application.engine, tables.owners)
    return [each.sms_opted_in for each in sorted(found, key=lambda each: (str(each.tenant_id), each.first_name))]


def history(outbox: Outbox) -> list[tuple[bool, str, timedelta]]:
    """Each event: whether consent was given, through what, and how long after noon it happened."""
    found = rows.all_of(outbox.application.engine, tables.consent_events)
    return sorted(((each.given, each.source, each.happened_at - NOON) for each in found), key=lambda each: each[2])


def test_a_refusal_is_recorded_for_every_owner_with_that_number(outbox: Outbox) -> None:
    tenant = outbox.fill()
    with outbox.application.engine.begin() as connection:
        rows.owner(connection, tenant, first_name="Ben", phone=AS_WRITTEN)
        rows.owner(connection, tenant, first_name="Cleo", phone="+12125550001")
    outbox.always(OptedOut("21610"))
    outbox.deliver()
    assert consents(outbox) == [False, False, True]
    events = rows.all_of(outbox.application.engine, tables.consent_events)
    (text,) = outbox.notifications
    assert {(each.given, each.source, each.notification_id) for each in events} == {(False, "refusal", text.id)}
    assert {each.phone_hash for each in events} == {phone_hash(tenant, PHONE)}
    assert len({each.owner_id for each in events}) == len(events) == 2


@pytest.mark.parametrize("recorded_after", [0, 50], ids=["at once", "when the log told of it"])
def test_a_receipt_about_an_older_text_does_not_undo_a_newer_consent(outbox: Outbox, recorded_after: int) -> None:
    outbox.fill()
    take(outbox)
    recorded = {"sent_at": NOON + timedelta(minutes=recorded_after)}
    rows.change(outbox.application.engine, tables.notifications, outbox.notifications[0].id, **recorded)
    owner, tenant = an_owner(outbox), outbox.notifications[0].tenant_id
    outbox.clock.pass_(minutes=1)
    with outbox.application.engine.begin() as connection:
        rows.appointment(connection, tenant, NOON + DAY, owner_id=owner)
    outbox.plan()
    outbox.always(OptedOut("21610"))
    outbox.run()
    assert consents(outbox) == [False]
    outbox.clock.pass_(minutes=29)
    say(outbox, owner, True, outbox.clock.now)
    tell_of_a_stop(outbox)
    assert outbox.statuses == {"failed": 1, "undelivered": 1}
    assert consents(outbox) == [True]
    assert history(outbox) == [
        (False, "receipt", timedelta()),
        (False, "refusal", timedelta(minutes=1)),
        (True, "platform", timedelta(minutes=30)),
    ]


def test_a_receipt_about_a_text_from_after_the_consent_withdraws_it(outbox: Outbox) -> None:
    tenant = outbox.fill()
    outbox.always(OptedOut("21610"))
    outbox.run()
    owner = an_owner(outbox)
    outbox.clock.pass_(minutes=10)
    say(outbox, owner, True, outbox.clock.now)
    outbox.clock.pass_(minutes=10)
    with outbox.application.engine.begin() as connection:
        rows.appointment(connection, tenant, NOON + DAY, owner_id=owner)
    outbox.plan()
    take(outbox)
    tell_of_a_stop(outbox)
    assert consents(outbox) == [False]
    assert [(given, source) for given, source, _ in history(outbox)] == [
        (False, "refusal"),
        (True, "platform"),
        (False, "receipt"),
    ]


def test_a_consent_that_the_platform_takes_and_gives_again_meanwhile_outlives_the_receipt(outbox: Outbox) -> None:
    outbox.fill()
    take(outbox)
    owner = an_owner(outbox)
    for given in (False, True):
        outbox.clock.pass_(minutes=10)
        say(outbox, owner, given, outbox.clock.now)
        outbox.clock.pass_(minutes=5)
        outbox.run()
    tell_of_a_stop(outbox)
    assert consents(outbox) == [True]
    assert history(outbox) == [
        (False, "receipt", timedelta()),
        (False, "platform", timedelta(minutes=10)),
        (True, "platform", timedelta(minutes=25)),
    ]


@pytest.mark.parametrize("updated_at", [None, NOON, NOON + timedelta(minutes=1), NOON + DAY])
def test_a_change_of_which_the_row_tells_no_time_happened_when_it_was_seen(
    outbox: Outbox, updated_at: datetime | None
) -> None:
    outbox.fill()
    outbox.always(OptedOut("21610"))
    outbox.run()
    outbox.clock.pass_(minutes=30)
    outbox.run()
    say(outbox, an_owner(outbox), True, updated_at)
    outbox.clock.pass_(minutes=30)
    for _ in range(2):
        outbox.run()
    assert history(outbox) == [(False, "refusal", timedelta()), (True, "platform", timedelta(hours=1))]


def test_what_was_known_of_an_old_number_says_nothing_of_a_new_one(outbox: Outbox) -> None:
    outbox.fill()
    outbox.always(OptedOut("21610"))
    outbox.run()
    rows.change(outbox.application.engine, tables.owners, an_owner(outbox), phone="+12125550009", sms_opted_in=True)
    outbox.clock.pass_(minutes=30)
    outbox.run()
    assert history(outbox) == [(False, "refusal", timedelta())]
