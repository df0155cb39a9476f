"""Reminders that are planned and due, and a run that delivers them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.application import Application
from shared.database import tables
from shared.gateways.sms import Sms, SmsError
from shared.runtime import run
from shared.stages import Stage
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON
from tests.stages import do

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Outbox:
    """Tenants with reminders to deliver."""

    application: Application
    sms: RecordingSms
    clock: Clock

    def fill(self, many: int = 1, subdomain: str = "paws", **tenant: Any) -> UUID:
        """Plan reminders for as many owners of a new tenant, each with a number of its own; return the tenant's id."""
        with self.application.engine.begin() as connection, rows.all_at_once(connection) as draft:
            tenant_id = rows.tenant(draft, subdomain, **tenant)
            for number in range(many):
                owner = rows.owner(draft, tenant_id, phone=f"+1212555{number:04d}", first_name=f"Ana {number}")
                rows.appointment(draft, tenant_id, NOON + DAY, owner_id=owner)
        self.plan()
        return tenant_id

    def plan(self) -> None:
        """Plan whatever is due, and send nothing."""
        do(self.application, "AppointmentReminders24h", Stage.PLAN)

    def deliver(self, **changes: Any) -> dict[str, Any]:
        """Deliver, and do nothing else; return what the result tells of it. `changes`: of the application."""
        return do(replace(self.application, **changes), "AppointmentReminders2h", Stage.DELIVER)

    def run(self, **changes: Any) -> dict[str, Any]:
        """Let a job that plans nothing run, and deliver so."""
        return run(replace(self.application, **changes), "AppointmentReminders2h")

    def answer(self, *errors: SmsError | None) -> None:
        """Answer the next messages with these, None for taking one, and take all that follow."""
        script = list(errors)

        def answer(_: Sms) -> None:
            error = script.pop(0) if script else None
            if error:
                raise error

        self.sms.answer = answer

    def always(self, error: SmsError | None) -> None:
        """Answer all messages alike."""

        def answer(_: Sms) -> None:
            if error:
                raise error

        self.sms.answer = answer

    @property
    def notifications(self) -> list[Any]:
        """All notifications, in the order of their owners' names."""
        owners = {each.id: each.first_name for each in rows.all_of(self.application.engine, tables.owners)}
        found = rows.all_of(self.application.engine, tables.notifications)
        return sorted(found, key=lambda each: (str(each.tenant_id), owners[each.owner_id]))

    @property
    def statuses(self) -> dict[str, int]:
        """How many notifications are in each status."""
        found = [each.status for each in self.notifications]
        return {status: found.count(status) for status in sorted(set(found))}


@pytest.fixture
def outbox(application: Application, sms: RecordingSms, clock: Clock) -> Outbox:
    return Outbox(application, sms, clock)


@pytest.fixture
def one_at_a_time(application: Application) -> Callable[[], Application]:
    """The application sending one message after the other."""
    return lambda: replace(application, concurrency=1)
