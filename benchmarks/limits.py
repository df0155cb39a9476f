"""What is promised, what was measured, and the table that sets the two side by side."""

from dataclasses import dataclass

HEADER = f"{'what':<72}{'measured':>10}     limit"


@dataclass(frozen=True, slots=True)
class Limit:
    """What is promised: `measured` is at most (or, with `is_least`, at least) `promised`."""

    what: str
    measured: float
    promised: float
    is_least: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether it is."""
        return self.measured >= self.promised if self.is_least else self.measured <= self.promised

    def __str__(self) -> str:
        limit = f"{'at least' if self.is_least else 'at most'} {self.promised:g}"
        return f"{self.what:<72}{self.measured:>10.6g}     {limit:<18}{'met' if self.is_kept else 'NOT MET'}"
