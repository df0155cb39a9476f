"""Nonsense in any column of a platform's tables costs no other business anything, and nobody anything twice."""

from collections import Counter
from contextlib import suppress
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select

from shared.application import Application
from shared.database import tables
from shared.database.engine import reading
from shared.database.tables import metadata
from shared.domain.fees import FeeStatus
from shared.domain.policy.models import TenantPolicy
from shared.fees import listing as fee_list
from shared.gateways.payments import Intent, IntentState
from shared.operations import health, texts
from shared.operations import outbox as outbox_list
from shared.operations.explain import SUBJECTS, explain
from shared.operations.history import UnreadableRow
from shared.operations.outbox import Filter
from shared.operations.tenants import Defaults, businesses
from shared.operations.texts import Wanted
from shared.platform import schema_check
from tests.database.business import Business, booked, planted
from tests.database.nonsense import PLATFORM, let_in, nonsense, write
from tests.doubles import RecordingPayments, RecordingSms
from tests.rows import NOON
from tests.stages import ALL, do

SUBJECT_TABLES: Final = {
    "appointment": tables.appointments,
    "vaccination": tables.vaccination_records,
    "owner": tables.owners,
    "payment": tables.payments,
    "text": tables.notifications,
}
WELL: Final = (8, 3, 23)
"""Texts, collected fees and events of a business that is well, as in test_odd_values.py."""


def outcome(application: Application, sms: RecordingSms, business: Business) -> tuple[int, int, int]:
    with application.engine.connect() as connection:
        counts = []
        for name, column in (("payments", "status"), ("reputation_events", "kind")):
            table = metadata.tables[name]
            query = select(table.c[column]).where(table.c.tenant_id == business.tenant)
            counts.append(list(connection.execute(query).scalars()))
    texts = [each for each in sms.bodies if f"{business.name} " in each]
    return len(texts), counts[0].count("succeeded"), len(counts[1])


def look(engine: Engine) -> None:
    """Read what people look at: it must not fail, whatever it can show."""
    health.examine(engine, {}, ZoneInfo("UTC"), NOON, defaults=TenantPolicy())
    assert schema_check.lacks(engine)
    with reading(engine) as connection:
        fee_list.listed(connection)
        outbox_list.listed(connection, Filter())
        texts.found(connection, Wanted(), NOON, 10)
        businesses(connection, Defaults(TenantPolicy(), ZoneInfo("UTC"), {}), NOON, are_all=True)
        assert len(fee_list.latest(connection, list(FeeStatus), 5)) == 5
        for what in SUBJECTS:
            for id_ in connection.execute(select(SUBJECT_TABLES[what].c.id).limit(40)).scalars().all():
                with suppress(UnreadableRow):
                    explain(connection, what, id_, TenantPolicy(), ZoneInfo("UTC"))


@pytest.mark.parametrize("one_in", [6, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("table", PLATFORM)
def test_nonsense_in_any_column_costs_no_other_business_anything(
    application: Application, engine: Engine, sms: RecordingSms, payments: RecordingPayments, table: str, one_in: int
) -> None:
    let_in(engine)
    payments.books = lambda charge: Intent(f"pi-{charge.fee_id}", IntentState.SUCCEEDED, charge_id="ch")
    cases = list(nonsense(engine, metadata.tables[table], one_in=one_in))
    with engine.begin() as connection:
        # In the order of their names, which is that of their ids: bad rows before and behind the good ones.
        odd = [planted(connection, f"Odd{number}", "646") for number in range(len(cases))]
        good = planted(connection, "Good", "212")
    booked(good, sms)
    for business, (column, value) in zip(odd, cases, strict=True):
        id_ = business.tenant.hex if engine.dialect.name == "sqlite" else str(business.tenant)
        write(engine, column, value, f"'{id_}'")
    for job, *stages in ALL:
        do(application, job, *stages, is_dry=True)
    first = [do(application, *each) for each in ALL]
    assert outcome(application, sms, good) == WELL
    again: list[dict[str, Any]] = [do(application, *each) for each in ALL]
    assert outcome(application, sms, good) == WELL
    assert not [each for each in [*first, *again] if any(one["tenant"] == "good" for one in each["errors"])]
    look(engine)
    assert [body for body, many in Counter(sms.bodies).items() if many > 1] == []
    assert [intent for intent, many in Counter(intent for intent, _ in payments.confirmed).items() if many > 1] == []
