"""The text of a reminder, as one tenant writes it."""

from collections.abc import Sequence
from datetime import datetime

from shared.messages.rendering import Text, compose, living_pets, reminder_words
from shared.policy import ServedTenant
from shared.records import Appointment, Kind


def reminder_text(kind: Kind, served: ServedTenant, appointments: Sequence[Appointment], at: datetime) -> Text:
    """Return the reminder of some appointments of one owner and day, as it reads when sent at `at` (aware)."""
    ordered = sorted(appointments, key=lambda each: (each.starts_at, each.id))
    owner = ordered[0].owner
    return compose(
        kind,
        reminder_words(served.tenant, owner, ordered, zone=served.zone, region=served.region, now=at),
        language=owner.language,
        override=served.policy.sms.templates.get(kind),
        max_segments=served.policy.sms.max_segments,
        pet_count=len(living_pets(ordered)),
    )
