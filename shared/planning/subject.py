"""What each kind of text is about: how its subjects are read, what speaks against them, how they are written."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared.database.appointments import appointments_by_id
from shared.domain.contact import cannot_text
from shared.domain.fees import FeeStatus, MissedVisit, is_forgiven
from shared.domain.policy import ServedTenant
from shared.domain.reasons import Reason
from shared.domain.records import Appointment, Kind, Member, Owner, Vaccination
from shared.fees import visits
from shared.fees.text import fee_text
from shared.messages.rendering import Text
from shared.tasks.appointment_reminders import rules as reminders
from shared.tasks.appointment_reminders.text import reminder_text
from shared.tasks.no_show_detector import consequences as missed_rules
from shared.tasks.vaccination_monitor import queries as vaccinations
from shared.tasks.vaccination_monitor import rules as vaccination_rules
from shared.tasks.vaccination_monitor.text import vaccination_text


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """The functions that delivery and dry runs need of one kind of text. A subject is a record of any type.

    `read`: subjects by id, as they are now; `objection`: why the text must not go (any more); `owner`: whom it goes to;
    `text`: what it says when sent at an instant.
    """

    read: Callable[[Connection, Collection[UUID]], dict[UUID, Any]]
    objection: Callable[[Kind, Any, Member, ServedTenant], Reason | None]
    owner: Callable[[Any], Owner]
    text: Callable[[Kind, ServedTenant, Sequence[Any], datetime], Text]


def _reminder_objection(kind: Kind, appointment: Appointment, member: Member, served: ServedTenant) -> Reason | None:
    if reminders.refers_elsewhere(appointment):
        return Reason.FOREIGN_REFERENCE
    return reminders.no_longer_right(appointment, kind, member.occurs_at, served.policy, served.region, served.blocked)


def _vaccination_objection(
    _kind: Kind, vaccination: Vaccination, member: Member, served: ServedTenant
) -> Reason | None:
    if vaccination_rules.refers_elsewhere(vaccination):
        return Reason.FOREIGN_REFERENCE
    return vaccination_rules.no_longer_right(vaccination, member, served.region, served.blocked)


def _fee_objection(kind: Kind, visit: MissedVisit, _member: Member, served: ServedTenant) -> Reason | None:
    if missed_rules.refers_elsewhere(visit):
        return Reason.FOREIGN_REFERENCE
    if kind is not Kind.FEE_RECEIPT and (visit.is_reversed or not visit.of_its_day(served.zone)):
        return Reason.SUPERSEDED if visit.is_superseded else Reason.NO_SHOW_CORRECTED
    if kind is Kind.NO_SHOW_NOTICE and visit.fee and is_forgiven(visit.fee):
        return Reason.NO_SHOW_CORRECTED
    status = visit.fee.status if visit.fee else None
    if kind is Kind.FEE_FAILED and status not in (FeeStatus.FAILED, FeeStatus.REQUIRES_ACTION):
        return Reason.FEE_SETTLED
    return cannot_text(visit.owner, served.region, served.blocked) if visit.owner.is_active else Reason.OWNER_INACTIVE


def _owner_of(subject: Appointment | Vaccination | MissedVisit) -> Owner:
    return subject.owner


_APPOINTMENTS = SubjectKind(appointments_by_id, _reminder_objection, _owner_of, reminder_text)
_VACCINATIONS = SubjectKind(vaccinations.vaccinations_by_id, _vaccination_objection, _owner_of, vaccination_text)
_FEES = SubjectKind(visits.missed_visits, _fee_objection, _owner_of, fee_text)

SUBJECTS = {
    Kind.REMINDER_24H: _APPOINTMENTS,
    Kind.REMINDER_2H: _APPOINTMENTS,
    Kind.VACCINATION_EXPIRING: _VACCINATIONS,
    Kind.NO_SHOW_NOTICE: _FEES,
    Kind.FEE_RECEIPT: _FEES,
    Kind.FEE_FAILED: _FEES,
}
