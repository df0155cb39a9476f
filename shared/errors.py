"""The errors that several rooms raise or catch. Each message is one line for people that says what to do."""


class UsageError(Exception):
    """The request cannot be done. The message says what to do instead."""


class RunFailed(Exception):
    """The run failed as a whole; what it did before stands, and running it again is harmless."""


class ConfigurationError(Exception):
    """A missing or bad setting. The message names it and says what to do."""


class DatabaseUnusable(Exception):
    """The database cannot be reached, or does not have what the jobs need. The message says what to do.

    The first argument is a line, the others are the lines of a list below it.
    """

    def __str__(self) -> str:
        return "\n  ".join(self.args)


class LeaseHeld(Exception):
    """Another run of the same job is at work."""
