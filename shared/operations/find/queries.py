"""What fits some words, and what hangs on it. Each query is limited, and names the index that serves it.

No index serves words in names and digits in phones: `tenants_that_fit`, `owners_that_fit` and `pets_that_fit` read
their table through once. All else is found by keys.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, exists, false, or_, select

from shared.database.dialects.ids import begins_with
from shared.database.dialects.words import has_digits, has_word
from shared.database.rows.reading import OF_FEE, read
from shared.database.tables import (
    appointment_pets,
    appointments,
    decisions,
    notifications,
    owners,
    payments,
    pets,
    tenants,
    vaccination_records,
)
from shared.domain.ids import AppointmentId, OwnerId, PetId, TenantId

MOST: Final = 200
"""The most rows that one query returns."""

_TENANT: Final = select(
    *(
        tenants.c[name]
        for name in "id subdomain business_name phone timezone status is_active created_at deleted_at".split()
    )
)
_OWNER: Final = select(
    *(owners.c[name] for name in "id tenant_id first_name last_name phone is_active created_at deleted_at".split())
)
_PET: Final = select(
    *(pets.c[name] for name in "id tenant_id owner_id name species is_deceased created_at deleted_at".split())
)
_VISIT: Final = select(
    *(appointments.c[name] for name in "id tenant_id owner_id scheduled_start status deleted_at".split())
)
_VACCINATION: Final = select(
    *(
        vaccination_records.c[name]
        for name in "id tenant_id pet_id type name administered_date expiry_date created_at".split()
    )
)
_FEE: Final = select(
    *(payments.c[name] for name in "id tenant_id owner_id visit_on amount currency status created_at".split())
).where(payments.c.type == "no_show_fee")
_TEXT: Final = select(
    *(notifications.c[name] for name in "id tenant_id owner_id kind status not_before sent_at".split())
)


@dataclass(frozen=True, slots=True)
class Term:
    """What must fit. `text`: a word, the beginning of one; or with `is_phone` the last digits of a number."""

    text: str
    is_phone: bool = False

    def fits(self, names: Iterable[Column[Any]], phone: Column[Any] | None) -> ColumnElement[bool]:
        """Return the condition that the term fits one of the names, or the phone."""
        if self.is_phone:
            return false() if phone is None else has_digits(phone, self.text)
        return or_(*(has_word(each, self.text) for each in names))


def tenants_that_fit(connection: Connection, terms: Sequence[Term], only: Collection[TenantId]) -> list[Any]:
    """Tenants that all terms fit, the newest first. (Reads `tenants` through: a small table.)"""
    query = _TENANT.where(*map(_fits_tenant, terms)).order_by(tenants.c.created_at.desc(), tenants.c.id)
    return read(connection, _of(query, tenants.c.id, only).limit(MOST))


def owners_that_fit(connection: Connection, terms: Sequence[Term], only: Collection[TenantId]) -> list[Any]:
    """Owners one of whose names or phone a term fits, the others these or their business. (Reads `owners` through.)"""
    query = _OWNER.where(or_(*map(_fits_owner, terms))).order_by(owners.c.created_at.desc(), owners.c.id)
    if len(terms) > 1:
        query = query.where(*(or_(_fits_owner(each), owners.c.tenant_id.in_(_tenants_with(each))) for each in terms))
    return read(connection, _of(query, owners.c.tenant_id, only).limit(MOST))


def pets_that_fit(connection: Connection, terms: Sequence[Term], only: Collection[TenantId]) -> list[Any]:
    """Pets whose name a term fits, the others the name, the owner or the business. (Reads `pets` through.)"""
    query = _PET.where(or_(*map(_fits_pet, terms))).order_by(pets.c.created_at.desc(), pets.c.id)
    if len(terms) > 1:
        query = query.join(owners, owners.c.id == pets.c.owner_id).where(*map(_fits_around_pet, terms))
    return read(connection, _of(query, pets.c.tenant_id, only).limit(MOST))


def _fits_around_pet(term: Term) -> ColumnElement[bool]:
    return or_(_fits_pet(term), _fits_owner(term), pets.c.tenant_id.in_(_tenants_with(term)))


def _fits_tenant(term: Term) -> ColumnElement[bool]:
    return term.fits((tenants.c.business_name, tenants.c.subdomain), tenants.c.phone)


def _tenants_with(term: Term) -> Select[Any]:
    return select(tenants.c.id).where(_fits_tenant(Term(term.text)) if not term.is_phone else false())


def _fits_owner(term: Term) -> ColumnElement[bool]:
    return term.fits((owners.c.first_name, owners.c.last_name), owners.c.phone)


def _fits_pet(term: Term) -> ColumnElement[bool]:
    return term.fits((pets.c.name,), None)


def _of(query: Select[Any], tenant_id: Column[Any], only: Collection[TenantId]) -> Select[Any]:
    return query.where(tenant_id.in_(only)) if only else query


# By the beginning of an id


def by_beginning(connection: Connection, digits: str, only: Collection[TenantId]) -> dict[str, list[Any]]:
    """Rows whose id begins with some digits, by what they are. Index: the primary keys (SQL Server: `begins_with`)."""
    found = {}
    for what, (query, id_, tenant_id) in _BY_ID.items():
        required = OF_FEE if what == "fee" else ()
        found[what] = read(
            connection, _of(query, tenant_id, only).where(begins_with(id_, digits)).limit(MOST), required=required
        )
    return found


_BY_ID: Final = {
    "business": (_TENANT, tenants.c.id, tenants.c.id),
    "owner": (_OWNER, owners.c.id, owners.c.tenant_id),
    "pet": (_PET, pets.c.id, pets.c.tenant_id),
    "visit": (_VISIT, appointments.c.id, appointments.c.tenant_id),
    "vaccination": (_VACCINATION, vaccination_records.c.id, vaccination_records.c.tenant_id),
    "fee": (_FEE, payments.c.id, payments.c.tenant_id),
    "text": (_TEXT, notifications.c.id, notifications.c.tenant_id),
}


# What hangs on owners and pets


def visits_of(
    connection: Connection, whole: Collection[OwnerId], shared: Collection[OwnerId], animals: Collection[PetId]
) -> list[Any]:
    """The latest appointments of some owners, and of others those for some pets.

    Index: appointments (owner_id, scheduled_start); primary key of appointment_pets.
    """
    of_pets = exists().where(
        appointment_pets.c.appointment_id == appointments.c.id, appointment_pets.c.pet_id.in_(animals)
    )
    theirs = or_(appointments.c.owner_id.in_(whole), and_(appointments.c.owner_id.in_(shared), of_pets))
    query = _VISIT.where(appointments.c.owner_id.in_({*whole, *shared}), theirs)
    return read(connection, query.order_by(appointments.c.scheduled_start.desc(), appointments.c.id).limit(MOST))


def pets_of(connection: Connection, whole: Collection[OwnerId]) -> list[Any]:
    """The pets of some owners. Index: pets (owner_id)."""
    return read(connection, _PET.where(pets.c.owner_id.in_(whole)).order_by(pets.c.id).limit(MOST))


def vaccinations_of(connection: Connection, animals: Collection[PetId]) -> list[Any]:
    """The vaccination records of some pets, the latest to expire first. Index: vaccination_records (pet_id)."""
    table = vaccination_records.c
    query = _VACCINATION.where(table.pet_id.in_(animals)).order_by(table.expiry_date.desc(), table.id)
    return read(connection, query.limit(MOST))


def fees(connection: Connection, ids: Collection[UUID]) -> list[Any]:
    """No-show fees by id. Index: primary key."""
    return read(connection, _FEE.where(payments.c.id.in_(ids)), required=OF_FEE)


def texts_about(connection: Connection, subjects: Collection[UUID]) -> list[Any]:
    """The latest texts about some subjects. Index: decisions (subject_id, kind); primary key."""
    its = select(decisions.c.notification_id).where(decisions.c.subject_id.in_(subjects))
    query = _TEXT.where(notifications.c.id.in_(its))
    return read(connection, query.order_by(notifications.c.not_before.desc(), notifications.c.id).limit(MOST))


def texts_to(connection: Connection, numbers: Collection[str], only: Collection[TenantId]) -> list[Any]:
    """The latest texts to some numbers (E.164). Index: notifications (to_phone)."""
    query = _of(_TEXT, notifications.c.tenant_id, only).where(notifications.c.to_phone.in_(numbers))
    return read(connection, query.order_by(notifications.c.not_before.desc(), notifications.c.id).limit(MOST))


# Whose it is


def pets_at(connection: Connection, visits: Collection[AppointmentId]) -> list[Any]:
    """The pets of some appointments, each with its appointment. Index: the primary keys."""
    query = _PET.add_columns(appointment_pets.c.appointment_id).join(
        appointment_pets, appointment_pets.c.pet_id == pets.c.id
    )
    its = query.where(appointment_pets.c.appointment_id.in_(visits))
    return read(connection, its.order_by(appointment_pets.c.appointment_id, pets.c.name, pets.c.id))


def owners_by_id(connection: Connection, ids: Collection[OwnerId]) -> list[Any]:
    """Owners. Index: primary key."""
    return read(connection, _OWNER.where(owners.c.id.in_(ids)))


def pets_by_id(connection: Connection, ids: Collection[PetId]) -> list[Any]:
    """Pets. Index: primary key."""
    return read(connection, _PET.where(pets.c.id.in_(ids)))
