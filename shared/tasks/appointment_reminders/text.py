"""The text of a reminder, as one tenant writes it."""

from collections.abc import Sequence
from datetime import datetime

from shared.domain.policy import ServedTenant
from shared.domain.records import Appointment, Kind
from shared.messages.rendering import Text, compose, living_pets, reminder_words
from shared.messages.wording import template_for


def reminder_text(kind: Kind, served: ServedTenant, appointments: Sequence[Appointment], at: datetime) -> Text:
    """Return the reminder of some appointments of one owner and day, as it reads when sent at `at` (aware)."""
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
