"""What planning costs through the views of an adopted platform: hardly more than on tables of ours.

Both are in one PostgreSQL database with the same rows: ours in the schema `plain`, the platform's in `public`.
`python -m benchmarks.adopted` measures this alone.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, MetaData, insert, select

from benchmarks.due import NOW, book, planning_only
from benchmarks.limits import Limit
from benchmarks.planning import BETWEEN, DUE, MANY, ROUNDS
from shared.database import migrations
from shared.database.engine import open_engine
from shared.database.tables import metadata
from shared.platform.relations import SEEN
from shared.runtime import run
from tests.databases import opened
from tests.platforms.adopting import adopt, execute
from tests.platforms.first.platform import migrate
from tests.stored import store

_COPIED = """
INSERT INTO public.tenants (id, business_name, subdomain, phone, timezone, status, is_active, created_at)
    SELECT id, business_name, subdomain, phone, timezone, upper(status)::tenant_status, is_active, created_at
    FROM plain.tenants;
INSERT INTO public.owners (id, tenant_id, first_name, last_name, phone, sms_opted_in, has_payment_method, is_active,
        created_at)
    SELECT id, tenant_id, first_name, 'Lee', phone, sms_opted_in, false, is_active, created_at FROM plain.owners;
INSERT INTO public.pets (id, tenant_id, owner_id, name, species, is_active, is_deceased, created_at)
    SELECT id, tenant_id, owner_id, name, 'dog', is_active, is_deceased, created_at FROM plain.pets;
INSERT INTO public.appointments (id, tenant_id, owner_id, pet_ids, scheduled_start, scheduled_end, status, created_at)
    SELECT a.id, a.tenant_id, a.owner_id, array_agg(p.pet_id), scheduled_start, scheduled_end,
        upper(status)::appointment_status, created_at
    FROM plain.appointments AS a JOIN plain.appointment_pets AS p ON p.appointment_id = a.id GROUP BY a.id;
INSERT INTO public.vaccination_records (id, tenant_id, pet_id, vaccination_type, status, expiry_date, created_at)
    SELECT id, tenant_id, pet_id, upper(type)::vaccination_type, upper(status)::vaccination_status, expiry_date,
        created_at
    FROM plain.vaccination_records;
"""
_MOMENTS = [NOW + number * BETWEEN for number in range(ROUNDS)]


def prepare(url: str, stored: int) -> None:
    """Fill a database, once for each of the two."""
    plain = open_engine(url)
    migrations.upgrade(plain)
    with plain.begin() as connection:
        store(connection, stored, NOW)
        for number, now in enumerate(_MOMENTS):
            book(connection, number * DUE, (number + 1) * DUE, now)
    execute(plain, "ALTER SCHEMA public RENAME TO plain; CREATE SCHEMA public")
    migrate(plain, "001")
    execute(plain, _COPIED)
    adopt(plain)
    ours = open_engine(url, "petcare")
    migrations.upgrade(ours)
    with ours.begin() as connection:
        for table in metadata.sorted_tables:
            if table not in SEEN:
                source = table.to_metadata(MetaData(), schema="plain")
                connection.execute(insert(table).from_select(table.columns.keys(), select(source)))
    execute(plain, "VACUUM ANALYZE")
    ours.dispose()
    plain.dispose()


def planned(engine: Engine) -> float:
    """Return the fewest seconds of a run that plans reminders of `DUE` appointments."""
    seconds = []
    for now in _MOMENTS:
        began = time.perf_counter()
        result = run(planning_only(engine, now), "AppointmentReminders24h")
        seconds.append(time.perf_counter() - began)
        assert result["reminders_planned"] == DUE, result
    return min(seconds)


def measured(kind: str) -> Iterator[Limit]:
    """What is promised of planning through views; on SQLite there are none."""
    if kind != "postgresql":
        return
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, opened(kind, Path(folder)) as databases:
        prepare(url := databases.empty(), MANY)
        plain, adopted = open_engine(url, "plain"), open_engine(url, "petcare")
        on_tables, through_views = planned(plain), planned(adopted)
        plain.dispose()
        adopted.dispose()
    print(f"      {DUE:,} due among {MANY:,}: tables {on_tables:.2f} s, views {through_views:.2f} s", flush=True)
    yield Limit(f"{kind}: times the planning on tables, through a platform's views", through_views / on_tables, 1.3)


if __name__ == "__main__":
    for each in measured("postgresql"):
        print(each)
