"""One process that collects fees without the lease.

`python -m tests.crash.collector DATABASE STRIPE NOW WALL [MOMENT]`: it says "ready" and waits for a line. With a MOMENT
it is killed there: "statement:7" before it executes that statement,
"request:12" before it sends that request to Stripe, "answer:12" when it has that answer.
"""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import event

from shared.application import simulation
from shared.database.engine import open_engine
from shared.fees.collecting import claiming
from shared.gateways.stripe_payments import StripePayments
from shared.runtime import run_without_lease
from shared.stages import requested
from tests.crash.worker import Countdown
from tests.loopback.stripe import SECRET

BATCH = 20
"""Fees claimed at once: so few that many batches are begun, and killed in the middle."""


class DoomedPayments(StripePayments):
    """Stripe, for a process that dies before a request or after an answer."""

    before: Countdown
    after: Countdown

    async def _ask(self, account: str | None, request: Callable[[], Awaitable[Any]], read: Callable[[Any], Any]) -> Any:
        self.before.step()
        answer = await super()._ask(account, request, read)
        self.after.step()
        return answer


def main(database: str, stripe: str, now: str, wall: str, moment: str = "") -> None:
    """Run the job as of `now`, with a wall clock that stands at `wall`."""
    what, _, number = moment.partition(":")
    countdowns = {name: Countdown(int(number) if name == what else 0) for name in ("statement", "request", "answer")}
    payments = DoomedPayments(SECRET, stripe)
    payments.before, payments.after = countdowns["request"], countdowns["answer"]
    claiming.BATCH = BATCH
    engine, stands_at = open_engine(database), datetime.fromisoformat(wall)
    application = replace(simulation(engine, lambda: stands_at), payments=payments)
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    event.listen(engine, "before_cursor_execute", lambda *_: countdowns["statement"].step())
    run_without_lease(application, requested(application, "NoShowDetector", at=datetime.fromisoformat(now)))


if __name__ == "__main__":
    main(*sys.argv[1:])
