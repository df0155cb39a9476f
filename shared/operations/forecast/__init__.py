"""What the coming runs will do: the jobs themselves, run at their coming times on a copy of what they read.

Nothing is written to the database, and no row of it is locked.
"""

from shared.operations.forecast.events import Event, Step, Subject
from shared.operations.forecast.playing import Forecast, Occurrence, forecast, occurrences

__all__ = ["Event", "Forecast", "Occurrence", "Step", "Subject", "forecast", "occurrences"]
