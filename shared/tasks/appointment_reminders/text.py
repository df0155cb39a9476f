"""The text of a reminder, and why it may no longer be sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from shared.database.appointments import appointments_by_id
from shared.domain.notifications import Member
from shared.domain.policy.models import ServedTenant
from shared.domain.reasons import Reason
from shared.domain.records import Appointment, Kind
from shared.messages.rendering import Text, compose, living_pets, reminder_words
from shared.messages.wording import template_for
from shared.planning.subject import SubjectKind
from shared.tasks.appointment_reminders import rules


def reminder_text(kind: Kind, served: ServedTenant, appointments: Sequence[Appointment], at: datetime) -> Text:
    """Return the reminder of one owner's appointments on one day, as sent at `at` (aware)."""
    ordered = sorted(appointments, key=lambda each: (each.starts_at, each.id))
    owner = ordered[0].owner
    template, language = template_for(kind, served.policy.sms, owner.language)
    return compose(
        template,
        reminder_words(
            served.tenant, owner, ordered, language=language, zone=served.zone, region=served.region, now=at
        ),
        language=language,
        max_segments=served.policy.sms.max_segments,
        can_be_answered=served.can_be_answered,
        pet_count=len(living_pets(ordered)),
    )


def _objection(kind: Kind, appointment: Appointment, member: Member, served: ServedTenant) -> Reason | None:
    if appointment.foreign_part:
        return Reason.FOREIGN_REFERENCE
    return rules.no_longer_right(appointment, kind, member.occurs_at, served)


REMINDER: Final = SubjectKind(appointments_by_id, _objection, reminder_text)
