from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from shared.domain.plans import Decision
from shared.domain.reasons import SENTENCES, Reason
from shared.domain.records import RETAKEN, Kind, Outcome, ensure_aware, mask_phone

SUBJECT, TENANT = UUID("6f1b0c1e-8f4a-4a53-9d52-1b2a7c9e0d11"), UUID("0a0a0a0a-0000-4000-8000-000000000001")


def decision(**changes: object) -> Decision:
    facts = {
        "tenant_id": TENANT,
        "kind": Kind.REMINDER_24H,
        "subject_type": "appointment",
        "subject_id": SUBJECT,
        "occurrence": "2026-03-01T06:30:00.000000Z",
        "outcome": Outcome.NOTIFY,
    }
    return Decision(**{**facts, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+12065550142", "+1•••••0142"),
        ("+447400123456", "+4•••••3456"),
        ("(206) 555-0142", "•••••0142"),
        ("20655501", "•••••5501"),
        ("5550142", "•••••"),  # four of seven digits would tell too much
        ("911", "•••••"),
        ("+1", "+1•••••"),
        ("call Ana", "•••••"),
        ("", "no phone"),
        (None, "no phone"),
    ],
)
def test_a_masked_phone_shows_at_most_its_last_four_digits(phone: str | None, shown: str) -> None:
    assert mask_phone(phone) == shown


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-5))])
def test_an_instant_with_an_offset_is_returned_as_it_is(zone: timezone) -> None:
    instant = datetime(2026, 3, 1, 6, 30, tzinfo=zone)
    assert ensure_aware(instant) is instant


def test_a_naive_time_is_refused_with_the_hint_to_add_z() -> None:
    naive = datetime.fromisoformat("2026-03-01T06:30:00")
    with pytest.raises(ValueError, match="has no UTC offset") as refusal:
        ensure_aware(naive)
    assert str(refusal.value) == "2026-03-01T06:30:00 has no UTC offset; write it like 2026-03-01T06:30:00Z"


def test_a_ledger_key_says_what_was_decided_about_what_and_when() -> None:
    assert decision().ledger_key == f"reminder_24h:{SUBJECT}:2026-03-01T06:30:00.000000Z"


def test_a_ledger_key_does_not_depend_on_what_was_decided() -> None:
    """That is what makes it unique: there is one decision, whatever it is."""
    refused = decision(outcome=Outcome.SKIPPED, reason=Reason.OPTED_OUT)
    sent = decision(notification_id=UUID(int=5), occurs_at=datetime(2026, 3, 1, 6, 30, tzinfo=UTC))
    assert refused.ledger_key == sent.ledger_key == decision().ledger_key


@pytest.mark.parametrize(
    "other", [{"kind": Kind.REMINDER_2H}, {"subject_id": UUID(int=9)}, {"occurrence": "2026-03-02T06:30:00.000000Z"}]
)
def test_each_kind_subject_and_occurrence_has_its_own_ledger_key(other: dict[str, object]) -> None:
    assert decision(**other).ledger_key != decision().ledger_key


def test_only_what_never_reached_the_provider_is_decided_again() -> None:
    assert {Outcome.SKIPPED, Outcome.CANCELLED} == RETAKEN


def test_every_reason_has_a_sentence_for_people() -> None:
    assert set(SENTENCES) == set(Reason)
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())
