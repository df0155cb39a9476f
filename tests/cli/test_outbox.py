"""`outbox` on the command line: what it shows, and what can be put back."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from shared.database import tables
from shared.database.engine import open_engine
from tests import rows
from tests.cli.shell import Shell

NOTHING = "00000000-0000-0000-0000-000000000000"
NOW = datetime.now(UTC)
LATER = NOW + timedelta(hours=6)


@pytest.fixture
def database(migrated: Shell) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{migrated.database}")
    yield engine
    engine.dispose()


@pytest.fixture
def add(database: Engine) -> Any:
    """Adds a notification with its decision; returns its id."""
    tenants: dict[str, tuple[UUID, UUID]] = {}

    def add(status: str, subdomain: str = "paws", **columns: Any) -> UUID:
        with database.begin() as connection:
            if subdomain not in tenants:
                tenant = rows.tenant(connection, subdomain)
                tenants[subdomain] = tenant, rows.owner(connection, tenant)
            tenant, owner = tenants[subdomain]
            plain = {"tenant_id": tenant, "owner_id": owner, "kind": "reminder_24h", "priority": 1, "run_id": uuid4()}
            times = {"not_before": NOW - timedelta(hours=1), "useful_until": LATER, "created_at": NOW}
            text = {"to_phone": "+12125550143", "body": "Bella is expected", "segments": 1}
            id_ = rows.insert(connection, tables.notifications, status=status, **plain | times | text | columns)
            decision = {"ledger_key": f"reminder_24h:{id_}", "kind": "reminder_24h", "subject_type": "appointment"}
            more = {"subject_id": uuid4(), "occurrence": "x", "outcome": "notify", "notification_id": id_}
            connection.execute(
                tables.decisions.insert(),
                {**decision, **more, "tenant_id": tenant, "run_id": uuid4(), "decided_at": NOW},
            )
            return id_

    return add


def state(database: Engine, id_: UUID) -> tuple[str, int, str | None]:
    (row,) = (each for each in rows.all_of(database, tables.notifications) if each.id == id_)
    return row.status, row.attempts, row.reason


def listed(shell: Shell, *arguments: str) -> list[dict[str, Any]]:
    done = shell("outbox", *arguments, "--json")
    assert done.code == 0, done
    found: list[dict[str, Any]] = json.loads(done.out)
    return found


def test_people_see_what_waits_and_what_became_of_the_rest(migrated: Shell, add: Any) -> None:
    dead = add("dead", reason="attempts_exhausted", error_code="20429", attempts=5)
    add("planned", "other", to_phone=None, body=None)
    done = migrated("outbox")
    assert done.code == 0
    (line,) = (each for each in done.out.splitlines() if str(dead)[:8] in each)
    assert line.split()[1:5] == ["paws", "reminder_24h", "dead", "attempts_exhausted"]
    assert "•••••0143" in line
    assert "+12125550143" not in done.out
    assert done.out.splitlines()[-1] == "planned 1, dead 1"


def test_machines_get_everything_with_phones_masked_unless_asked_for(migrated: Shell, add: Any) -> None:
    id_ = add("sent", provider_message_id="SM1", sent_at=NOW, price_micros=7500, price_currency="USD")
    (found,) = listed(migrated)
    assert found["id"] == str(id_)
    assert (found["status"], found["provider_message_id"], found["body"]) == ("sent", "SM1", "Bella is expected")
    assert (found["price_micros"], found["to_phone"]) == (7500, "+1•••••0143")
    assert datetime.fromisoformat(found["sent_at"]) == NOW
    assert listed(migrated, "--show-phones")[0]["to_phone"] == "+12125550143"


def test_it_is_filtered_by_status_and_tenant_and_limited(migrated: Shell, add: Any) -> None:
    for status in ("dead", "failed", "planned"):
        add(status)
        add(status, "other")
    assert {each["status"] for each in listed(migrated, "--status", "dead", "--status", "failed")} == {"dead", "failed"}
    assert {each["tenant"] for each in listed(migrated, "--tenant", "other")} == {"other"}
    done = migrated("outbox", "--limit", "2")
    assert done.out.splitlines()[-1] == "planned 2, failed 2, dead 2; the newest 2 are shown"
    assert migrated("outbox", "--status", "expired").out == "there is no such text\n"
    assert migrated("outbox", "--status", "lost").code == 2


def test_a_dead_text_is_put_back_and_its_decision_goes_on_pointing_at_it(
    migrated: Shell, database: Engine, add: Any
) -> None:
    id_ = add("dead", reason="attempts_exhausted", attempts=5, unclear_answers=2)
    before = rows.all_of(database, tables.decisions)
    done = migrated("outbox", "replay", str(id_))
    assert (done.code, done.out) == (0, "1 put back; the next run sends what is still right\n")
    assert state(database, id_) == ("planned", 0, None)
    assert rows.all_of(database, tables.decisions) == before


@pytest.mark.parametrize(
    ("status", "columns", "why"),
    [
        ("sent", {"provider_message_id": "SM1"}, "the provider took it (sent); nothing is sent twice"),
        ("undelivered", {"provider_message_id": "SM1"}, "the provider took it (undelivered); nothing is sent twice"),
        ("sending", {}, "it is sending; only dead and failed ones can be sent again"),
        ("cancelled", {}, "it is cancelled; only dead and failed ones can be sent again"),
        ("failed", {"reason": "opted_out"}, "the recipient replied STOP"),
        (
            "dead",
            {"useful_until": datetime(2026, 3, 1, 12, tzinfo=UTC)},
            "it was useful until 2026-03-01 12:00 UTC",
        ),
    ],
)
def test_what_cannot_be_put_back_is_told_with_the_reason(
    migrated: Shell, database: Engine, add: Any, status: str, columns: dict[str, Any], why: str
) -> None:
    id_, fine = add(status, **columns), add("failed", reason="rejected")
    before = state(database, id_)
    done = migrated("outbox", "replay", str(id_), str(fine))
    assert done.code == 1
    assert done.out.splitlines() == [
        f"{id_}  paws  reminder_24h: not put back: {why}",
        "1 put back; the next run sends what is still right",
    ]
    assert done.err == "error: 1 of 2 were not put back\n"
    assert (state(database, id_), state(database, fine)) == (before, ("planned", 0, None))


def test_all_dead_ones_are_put_back_but_for_those_that_may_have_been_sent(
    migrated: Shell, database: Engine, add: Any
) -> None:
    dead, doubtful = add("dead", reason="attempts_exhausted"), add("dead", reason="unconfirmed")
    failed = add("failed", reason="rejected")
    done = migrated("outbox", "replay", "--all-dead")
    assert done.code == 0
    assert f"{doubtful}  paws  reminder_24h: not put back: it may have been sent" in done.out
    assert [state(database, each)[0] for each in (dead, doubtful, failed)] == ["planned", "dead", "failed"]
    assert migrated("outbox", "replay", str(doubtful)).code == 0
    assert state(database, doubtful)[0] == "planned"


def test_an_unknown_id_changes_nothing(migrated: Shell, database: Engine, add: Any) -> None:
    id_ = add("dead")
    done = migrated("outbox", "replay", str(id_), NOTHING)
    assert (done.code, done.err) == (2, f"error: there is no text {NOTHING}\n")
    assert state(database, id_)[0] == "dead"


@pytest.mark.parametrize("arguments", [(), (NOTHING, "--all-dead")])
def test_either_ids_or_all_dead_ones(migrated: Shell, arguments: tuple[str, ...]) -> None:
    done = migrated("outbox", "replay", *arguments)
    assert (done.code, done.err) == (2, "error: name the IDs of the texts, or --all-dead\n")
