"""Health checks for the command `health`, the local host's `/health` and its page.

Each check says what is wrong, since when, and which command to run next.
"""

from shared.operations.health.check import Check, Health, span_words
from shared.operations.health.examination import examine

__all__ = ["Check", "Health", "examine", "span_words"]
