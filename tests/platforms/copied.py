"""One PostgreSQL database with the same rows twice: in tables of ours, and in a platform's that is adopted."""

from collections.abc import Callable

from sqlalchemy import Connection, MetaData, insert, select

from shared.database import migrations
from shared.database.engine import open_engine
from shared.database.tables import metadata
from shared.platform.relations import SEEN
from tests.platforms.adopting import adopt, execute
from tests.platforms.first.platform import migrate

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
    SELECT id, tenant_id, pet_id, upper(type)::vaccination_type,
        upper(nullif(status, 'unknown'))::vaccination_status, expiry_date, created_at
    FROM plain.vaccination_records;
"""


def make_both(url: str, fill: Callable[[Connection], None]) -> None:
    """Fill tables of ours, which end up in the schema `plain`, and copy them to the first platform, in `public`.

    It is adopted into the schema `petcare`. `fill` names no schema.
    """
    plain = open_engine(url)
    migrations.upgrade(plain)
    with plain.begin() as connection:
        fill(connection)
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
