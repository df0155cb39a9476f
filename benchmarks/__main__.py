"""`python -m benchmarks [DATABASE-KIND]...`: measure what is promised; exit code 1 when a promise is not kept."""

import sys

from benchmarks import sms
from tests.databases import KINDS


def main(kinds: tuple[str, ...]) -> int:
    """Print each promise as it is measured."""
    broken = 0
    for limit in sms.measured(kinds or KINDS):
        print(limit, flush=True)
        broken += not limit.is_kept
    return min(broken, 1)


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
