"""The platform goes on with its own migrations beside our views, and `db adopt --check` says what they changed."""

import pytest
from sqlalchemy import Engine

from shared.database import migrations
from shared.database.engine import open_engine
from shared.platform.adopt.adoption import Unserved
from shared.platform.adopt.changes import changes
from tests.platforms import catalog
from tests.platforms.adopting import adopt, execute
from tests.platforms.first import platform as first


def changed(engine: Engine) -> list[str]:
    """Return what changed since the views were written."""
    with engine.connect() as connection:
        found = changes(connection, "public", "petcare")
    assert not isinstance(found, Unserved)
    return found


def upgrade(engine: Engine) -> None:
    """Put our tables beside the views."""
    migrations.upgrade(ours := open_engine(engine.url.render_as_string(hide_password=False), "petcare"))
    ours.dispose()


def test_its_own_migrations_still_run_and_its_autogenerate_sees_nothing_of_ours(
    first_platform: first.First, theirs: Engine
) -> None:
    engine = first_platform.engine
    adopt(engine)
    upgrade(engine)
    assert first.proposed(engine, "001") == []
    first.migrate(engine, "002")
    assert first.proposed(engine, "002") == []
    assert changed(engine) == []
    first.migrate(theirs, "002")
    assert catalog.described(engine) == catalog.described(theirs)


def test_our_migrations_leave_its_version_alone(first_platform: first.First) -> None:
    adopt(first_platform.engine)
    upgrade(first_platform.engine)
    with first_platform.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM public.alembic_version").scalars().all()
    assert found == ["001"]


CHANGES = {
    "ALTER TYPE appointment_status ADD VALUE 'WAITLISTED'": (
        "appointments.status has new values that the view appointments does not know: WAITLISTED"
    ),
    "DROP VIEW petcare.pets CASCADE; ALTER TABLE pets ALTER COLUMN name TYPE text": (
        "the view petcare.pets is gone; run the file again"
    ),
    "DROP VIEW petcare.services; ALTER TABLE services DROP COLUMN price": (
        "services.price is gone, which the view services reads"
    ),
    "DROP VIEW petcare.services; ALTER TABLE services ALTER COLUMN price TYPE numeric(10, 2)": (
        "services.price is NUMERIC(10, 2) and was INTEGER"
    ),
    "DROP VIEW petcare.services; DROP TABLE services CASCADE": "services.id is gone, which the view services reads",
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_the_platform_changed_is_named(first_platform: first.First, change: str) -> None:
    adopt(first_platform.engine)
    assert changed(first_platform.engine) == []
    execute(first_platform.engine, change)
    assert CHANGES[change] in changed(first_platform.engine)


def test_a_column_that_no_view_names_may_change(first_platform: first.First) -> None:
    adopt(first_platform.engine)
    execute(first_platform.engine, "ALTER TABLE tenants DROP COLUMN email; ALTER TABLE payments DROP COLUMN tip_amount")
    assert changed(first_platform.engine) == []


def test_views_are_dropped_for_a_migration_and_made_again(first_platform: first.First) -> None:
    engine = first_platform.engine
    written = adopt(engine)
    views = ("tenants", "owners", "pets", "services", "appointments", "appointment_pets", "vaccination_records")
    execute(engine, f"DROP VIEW petcare.{', petcare.'.join(views)}")
    execute(engine, "ALTER TABLE owners ALTER COLUMN first_name TYPE text")
    execute(engine, written)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM petcare.owners").scalar_one() > 0
