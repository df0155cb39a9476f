"""Claiming rows: one worker takes them for a while, and no other gets them meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Claim:
    """Who claims rows, when by the wall clock, for how long, and how many at most."""

    worker: str
    wall: datetime
    hold: timedelta
    limit: int = 1

    def taken(self) -> dict[str, Any]:
        """Return the parameters that mark a row as claimed."""
        return {"worker": self.worker, "until": self.wall + self.hold}
