"""Consent to texts, as owners withdraw it by replying STOP."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, update

from shared.database.dialects import chunks
from shared.database.rows import read
from shared.database.tables import owners


def phones_of_consenting(connection: Connection, tenant_id: UUID) -> list[tuple[UUID, str]]:
    """Id and phone, as written, of a tenant's owners who may be texted. (A scan of them: a STOP is rare.)"""
    query = select(owners.c.id, owners.c.phone).where(
        owners.c.tenant_id == tenant_id, owners.c.sms_opted_in, owners.c.phone.is_not(None)
    )
    return [(id_, phone) for id_, phone in read(connection, query)]


def withdraw(connection: Connection, owner_ids: Iterable[UUID], now: datetime) -> None:
    """Note that some owners want no texts."""
    for some in chunks(sorted(owner_ids)):
        statement = update(owners).where(owners.c.id.in_(some)).values(sms_opted_in=False, updated_at=now)
        connection.execute(statement)
