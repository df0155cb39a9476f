"""Background jobs of the pet-care platform: reminders, vaccination alerts, no-show fees, reputation."""

import zoneinfo

# The machine's own zone data may be years old; what we pinned (tzdata in requirements.txt) is the same everywhere.
zoneinfo.reset_tzpath(to=())
