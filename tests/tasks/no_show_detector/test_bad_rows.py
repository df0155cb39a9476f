"""Rows that refer to another tenant, and tenants with bad settings."""

from uuid import UUID

import pytest

from shared.application import Application
from shared.database import tables
from tests import rows
from tests.salon import Salon, salon


def missed_that_names(what: str, paws: Salon, other: Salon) -> UUID:
    """Return a missed appointment whose owner, pet or service belongs to another business."""
    stranger = other.add_owner()
    bad = paws.add_missed(owner_id=stranger if what == "owner" else None)
    with paws.engine.begin() as connection:
        if what == "pet":
            pet = rows.pet(connection, other.tenant_id, stranger)
            connection.execute(tables.appointment_pets.insert(), {"appointment_id": bad, "pet_id": pet})
        if what == "service":
            theirs = rows.insert(connection, tables.services, tenant_id=other.tenant_id, name="Walk")
            connection.execute(
                tables.appointments.update().where(tables.appointments.c.id == bad).values(service_id=theirs)
            )
    return bad


@pytest.mark.parametrize("what", ["owner", "pet", "service"])
@pytest.mark.parametrize("sound", [0, 1])
def test_a_row_that_refers_to_another_tenant_is_named_and_never_mixed(
    application: Application, paws: Salon, what: str, sound: int
) -> None:
    bad = missed_that_names(what, paws, salon(application, subdomain="other"))
    for _ in range(sound):
        paws.add_missed()
    result = paws.plan()
    assert result["errors"] == [
        {"tenant": "paws", "subject": f"appointment {bad}", "reason": f"its {what} belongs to another business"}
    ]
    assert (result["total_detected"], paws.status_of(bad)) == (sound, "confirmed")


@pytest.mark.parametrize("what", ["owner", "pet", "service"])
def test_rows_that_refer_to_another_tenant_neither_make_nor_hide_a_surge(application: Application, what: str) -> None:
    paws, other = salon(application), salon(application, subdomain="other")
    for _ in range(4):
        missed_that_names(what, paws, other)
    for _ in range(2):
        paws.add_missed()
    assert paws.plan()["held"] == []
    paws.add_missed()
    (held,) = paws.plan()["held"]
    assert (held["candidates"], held["appointments"]) == (3, 3)


def test_a_full_page_holds_no_appointments_of_a_business_that_was_not_asked_for(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.planning.paging.BATCH", 1)
    paws, other = salon(application), salon(application, subdomain="other")
    owner = paws.add_owner()
    paws.add_missed(owner_id=owner)
    other.add_missed(owner_id=owner)
    result = paws.run(only=["paws"])
    assert (result["total_detected"], result["total_errors"]) == (1, 0)


def test_a_tenant_with_bad_settings_is_left_out(application: Application) -> None:
    bad = salon(application, subdomain="bad", settings='{"no_show": {"fee_schedule": [25.5]}}')
    good = salon(application)
    appointment = bad.add_missed()
    good.add_missed()
    result = good.plan()
    assert (result["total_detected"], result["total_errors"], bad.status_of(appointment)) == (1, 1, "confirmed")
