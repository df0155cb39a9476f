"""`explain` on the command line: typed values for machines, a text by name."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.cli.explain import as_object
from shared.domain.ids import TenantId
from shared.operations.explain import Explanation
from shared.operations.forecast import Event, Step
from shared.operations.forecast.upcoming import Foretold
from tests.cli.people import phones_in
from tests.cli.shell import AT, JOB, Shell


def test_values_are_typed_for_machines_and_no_number_is_told(petcare: Shell) -> None:
    petcare("run", JOB, "--at", AT)
    ((text, visit),) = petcare.sql(
        "SELECT n.id, d.subject_id FROM notifications n JOIN decisions d ON d.notification_id = n.id "
        "WHERE n.status = 'sent' ORDER BY n.id LIMIT 1"
    )
    done = petcare("explain", "text", text[:12], "--json")
    found = json.loads(done.out)
    facts = found["facts"]
    assert (facts["kind"], facts["status"], facts["segments"]) == ("reminder_24h", "sent", 1)
    assert datetime.fromisoformat(facts["useful_until"]).utcoffset() is not None
    assert facts["about"] == f"appointment {visit[:8]}"
    assert phones_in(done.out, petcare) == []
    ((owner,),) = petcare.sql("SELECT owner_id FROM notifications WHERE id = ?", text)
    facts = json.loads(petcare("explain", "owner", owner, "--json").out)["facts"]
    assert (facts["sms_opted_in"], type(facts["reputation_score"])) == (True, int)


def test_what_is_foretold_is_typed_and_does_not_tell_the_number() -> None:
    at = datetime(2026, 3, 5, 12, tzinfo=UTC)
    event = Event(Step.FEE, at, "NoShowDetector", TenantId(UUID(int=1)), "fee", (), phone="+12125550143", amount=2500)
    steps = (Foretold("it waits for staff"), Foretold("a fee", replace(event, currency="USD", until=at)))
    told = as_object(Explanation("payment", "payment 1", "paws", ZoneInfo("UTC"), {}, (), steps))
    assert told["next"] == [
        {"what": "it waits for staff"},
        {
            "what": "a fee", "at": at.isoformat(), "step": "fee", "job": "NoShowDetector", "kind": "fee",
            "amount": 2500, "currency": "USD", "until": at.isoformat(),
        },
    ]  # fmt: skip


def test_words_alone_mean_no_text_and_text_before_them_does(petcare: Shell) -> None:
    petcare("run", JOB, "--at", AT)
    asked = petcare("explain", "text", "bella")
    assert (asked.code, asked.err) == (0, "")
    assert asked.out.startswith("text ")
    assert "explain text" not in petcare("explain", "bella").err
