"""What a dry run reports."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class DryRunLine:
    """One thing that a run would do. `to`: the masked number; `when`: not before this instant; `reason`: why not."""

    action: str
    tenant: str
    subject: str
    to: str | None = None
    when: datetime | None = None
    text: str | None = None
    segments: int | None = None
    reason: str | None = None

    def as_object(self) -> dict[str, Any]:
        """Return the line as the result of a run holds it, with the instant in ISO 8601."""
        return asdict(self) | {"when": self.when.isoformat() if self.when else None}
