"""What each kind of text is about: how its subjects are read, what speaks against them, how they are written."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from shared.database import queries
from shared.messages.reminders import reminder_text
from shared.messages.rendering import Text
from shared.policy import ServedTenant
from shared.reasons import Reason
from shared.records import Appointment, Kind, Member, Owner
from shared.rules import reminders


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
    return reminders.no_longer_right(appointment, kind, member.occurs_at, served.policy, served.region)


def _owner_of(appointment: Appointment) -> Owner:
    return appointment.owner


_APPOINTMENTS = SubjectKind(queries.appointments_by_id, _reminder_objection, _owner_of, reminder_text)

SUBJECTS = {Kind.REMINDER_24H: _APPOINTMENTS, Kind.REMINDER_2H: _APPOINTMENTS}
