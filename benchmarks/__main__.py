"""`python -m benchmarks [DATABASE-KIND]...`: measure what is promised; exit code 1 when a promise is not kept."""

import sys
from itertools import chain

from benchmarks import adopted, limits, memory, planning, report, side_by_side, sms

PROMISED = ("postgresql",)
"""The databases that are measured unless others are named: what the promises are about."""
BENCHMARKS = (
    sms.measured,
    side_by_side.measured,
    planning.measured,
    adopted.measured,
    report.measured,
    memory.measured,
)


def main(kinds: tuple[str, ...]) -> int:
    """Print each promise as it is measured."""
    print(limits.HEADER, flush=True)
    broken = 0
    for limit in chain.from_iterable(measured(kind) for kind in kinds or PROMISED for measured in BENCHMARKS):
        print(limit, flush=True)
        broken += not limit.is_kept
    return min(broken, 1)


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
