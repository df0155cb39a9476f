"""What goes wrong at Stripe for a while, and what Stripe and our tables hold after it."""

from shared.database.engine import reading
from shared.fees import staff_actions
from shared.fees.listing import listed
from shared.fees.staff_actions import Staff
from tests.doubles import Clock, RecordingSms
from tests.loopback.stripe import Answer, LoopbackStripe, conflict, dropped, failing, garbled, silent, throttled
from tests.salon import Salon

MARIA = Staff("Maria", "her dog was ill")
TROUBLES: list[Answer] = [
    throttled(),
    conflict(),
    failing(),
    failing(is_done=True),
    failing(503, is_kept=False),
    dropped(),
    dropped(is_done=False),
    silent(),
    silent(is_done=False),
    garbled(),
    garbled(b"{}"),
]


def outcomes(paws: Salon) -> list[tuple[str | None, str | None]]:
    """Return outcome and code of every attempt to collect a fee."""
    return [(outcome, code) for _, outcome, code in paws.attempts()]


def waive(paws: Salon, clock: Clock) -> None:
    """Let staff waive every fee."""
    with reading(paws.engine) as connection:
        fees = listed(connection)
    staff_actions.waive(paws.engine, fees, MARIA, clock())


def states(stripe: LoopbackStripe) -> list[str]:
    """Return the state of every payment intent."""
    return [each["status"] for each in stripe.intents.values()]


def texts_with(sms: RecordingSms, words: str) -> int:
    """Return how many texts hold these words."""
    return sum(words in each for each in sms.bodies)
