"""The sample as a whole: the same every time, of the promised size, and fit for a database."""

import json
from collections import Counter
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select

from shared.database.tables import metadata
from shared.domain.policy.errors import PolicyError
from shared.domain.policy.models import TenantPolicy, policy_of
from shared.domain.records import Tenant
from shared.sample import Sample, build, insert
from tests.sample.conftest import NOW

FIRST_OF_CASES = "owner opted out"


def ordinary_appointments(sample: Sample) -> list[dict[str, Any]]:
    odd_owners = {owner["id"] for owner in sample.rows["owners"][_ordinary_owners(sample) :]}
    return [row for row in sample.rows["appointments"] if row["owner_id"] not in odd_owners]


def _ordinary_owners(sample: Sample) -> int:
    first_odd = dict(sample.cases)[FIRST_OF_CASES]
    owner_id = next(row["owner_id"] for row in sample.rows["appointments"] if row["id"] == first_odd)
    return next(place for place, row in enumerate(sample.rows["owners"]) if row["id"] == owner_id)


def policy_error(row: dict[str, Any]) -> str | None:
    columns: dict[str, Any] = {field.name: row.get(field.name) for field in fields(Tenant)}
    tenant = Tenant(**columns)
    try:
        policy_of(tenant, TenantPolicy())
    except PolicyError as error:
        return str(error)
    return None


def test_the_same_now_and_seed_give_the_same_sample(sample: Sample) -> None:
    assert build(NOW) == sample


def test_another_seed_gives_other_rows_and_the_same_cases(sample: Sample) -> None:
    other = build(NOW, seed=2)
    assert other.rows["owners"] != sample.rows["owners"]
    assert [label for label, _ in other.cases] == [label for label, _ in sample.cases]


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="no UTC offset"):
        build(NOW.replace(tzinfo=None))


def test_all_rows_go_into_a_database_with_foreign_keys(sample: Sample, engine: Engine) -> None:
    with engine.begin() as connection:
        insert(connection, sample.rows)
    with engine.connect() as connection:
        for name, rows in sample.rows.items():
            assert connection.scalar(select(func.count()).select_from(metadata.tables[name])) == len(rows)


def test_what_went_in_comes_out(sample: Sample, engine: Engine) -> None:
    with engine.begin() as connection:
        insert(connection, sample.rows)
        pets = connection.execute(select(metadata.tables["pets"])).mappings().all()
    assert sorted((dict(row) for row in pets), key=lambda row: str(row["id"])) == sorted(
        sample.rows["pets"], key=lambda row: str(row["id"])
    )


def test_it_has_the_promised_size(sample: Sample) -> None:
    sizes = {table: len(rows) for table, rows in sample.rows.items()}
    assert sizes["tenants"] == 8
    assert 280 <= sizes["owners"] <= 340
    assert 370 <= sizes["pets"] <= 440
    assert 370 <= sizes["appointments"] <= 430
    assert sizes["vaccination_records"] > 500


def test_tenants_differ_in_zone_currency_status_and_settings(sample: Sample) -> None:
    tenants = sample.rows["tenants"]
    assert len({row["timezone"] for row in tenants}) == 8
    assert {row["currency"] for row in tenants} == {"USD", "GBP", "AUD", "NPR", "JPY"}
    assert Counter(row["status"] for row in tenants) == {"active": 6, "suspended": 1, "trial": 1}
    settings = [json.loads(row["settings"]) for row in tenants if row["settings"]]
    assert {"reminders": {"2h": False}, "country": "AU"} in settings
    assert any("templates" in each.get("sms", {}) for each in settings)
    assert any("quiet_hours" in each.get("sms", {}) for each in settings)


def test_one_tenant_has_settings_that_are_refused(sample: Sample) -> None:
    errors = {row["subdomain"]: policy_error(row) for row in sample.rows["tenants"]}
    assert {name: error for name, error in errors.items() if error} == {
        "mile-high-mutts": "sms.quiet_hour: unknown key; did you mean quiet_hours?"
    }


def test_ordinary_appointments_lie_around_now_in_local_daytime(sample: Sample) -> None:
    zones = {row["id"]: ZoneInfo(row["timezone"]) for row in sample.rows["tenants"]}
    hours: Counter[int] = Counter()
    for row in ordinary_appointments(sample):
        assert NOW - timedelta(days=3) <= row["scheduled_start"] <= NOW + timedelta(days=4)
        hours[row["scheduled_start"].astimezone(zones[row["tenant_id"]]).hour] += 1
    assert sum(hours[hour] for hour in range(9, 17)) > 0.9 * hours.total()
    assert hours.total() > sum(hours[hour] for hour in range(9, 17))


def test_nothing_is_created_after_now(sample: Sample) -> None:
    late = [row for rows in sample.rows.values() for row in rows if row.get("created_at", NOW) > NOW]
    assert late == []


def test_pets_are_vaccinated_against_what_their_species_gets(sample: Sample) -> None:
    species = {pet["id"]: pet["species"] for pet in sample.rows["pets"]}
    given = Counter((species[row["pet_id"]], row["type"]) for row in sample.rows["vaccination_records"])
    assert given["cat", "fvrcp"] > 50
    assert given["dog", "dhpp"] > 50
    assert given["cat", "dhpp"] == given["dog", "fvrcp"] == 0


@pytest.mark.parametrize("now", [datetime(2026, 6, 1, hour, 10, tzinfo=UTC) for hour in range(0, 24, 3)])
def test_no_tenant_has_a_past_day_that_looks_like_a_closed_desk(now: datetime) -> None:
    sample = build(now)
    zones = {row["id"]: ZoneInfo(row["timezone"]) for row in sample.rows["tenants"]}
    kept: Counter[object] = Counter()
    missed: Counter[object] = Counter()
    for row in sample.rows["appointments"]:
        day = row["tenant_id"], row["scheduled_start"].astimezone(zones[row["tenant_id"]]).date()
        is_missed = row["status"] in ("pending", "confirmed") and row["scheduled_end"] <= now
        (missed if is_missed else kept)[day] += row["status"] != "cancelled" and not row["deleted_at"]
    assert [day for day in missed if missed[day] >= 3 and missed[day] > kept[day]] == []
