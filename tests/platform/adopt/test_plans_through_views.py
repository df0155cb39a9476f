"""The plans of what the jobs execute on an adopted platform: its appointments and vaccinations are found by index."""

import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine, event

from shared.application import Application
from shared.database.engine import open_engine
from shared.domain.policy.models import TenantPolicy
from shared.jobs import JOBS
from shared.runtime import run
from tests.database.business import planted
from tests.database.test_plans import MANY, WHOLE, Executed, steps
from tests.databases import Databases
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.platforms.copied import make_both
from tests.rows import NOON
from tests.stored import store

THEIRS = ("appointments", "vaccination_records")


@pytest.fixture(scope="module")
def adopted(postgres: Databases) -> Iterator[Engine]:
    """A platform with years of rows, and a business for which each job has something to do."""

    def fill(connection: Connection) -> None:
        store(connection, MANY, NOON)
        planted(connection, "Paws", "212")

    make_both(url := postgres.empty(), fill)
    engine = open_engine(url, "petcare")
    yield engine
    engine.dispose()
    postgres.drop(url)


def test_no_statement_reads_a_whole_table_of_the_platform_s(adopted: Engine) -> None:
    clock, sms, payments = Clock(NOON), RecordingSms(), RecordingPayments()
    application = Application(adopted, TenantPolicy(), ZoneInfo("UTC"), sms, clock=clock, payments=payments)
    found: dict[str, Executed] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, is_many: bool) -> None:
        if re.match(r"\s*(WITH|SELECT|UPDATE)", statement):
            found.setdefault(statement, Executed(statement, parameters[0] if is_many else parameters))

    event.listen(adopted, "before_cursor_execute", note)
    for job in JOBS:
        run(application, job)
    event.remove(adopted, "before_cursor_execute", note)
    read = [each for each in found.values() if any(f"petcare.{name}" in each.statement for name in THEIRS)]
    with adopted.connect() as connection:
        plans = [(each.statement, steps(each.plan(connection), each.statement, "postgresql")) for each in read]
    whole = [
        (step, statement)
        for statement, its in plans
        for step in its
        if step.table in THEIRS and not step.limits and not WHOLE.search(statement.replace("petcare.", ""))
    ]
    assert whole == []
    assert len(read) > 10
    assert len(sms.sent) > 0
