"""What went wrong with a request to Stripe, and whether it may be asked again at once.

A request is repeated under its own idempotency key, so it takes effect once. Once the effect of one try is unknown, so
is that of the whole request, whatever the last try returns.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

import aiohttp

from shared.domain.back_off import jittered
from shared.gateways.payments import (
    Declined,
    Misconfigured,
    NoPaymentMethod,
    NotProcessed,
    OutcomeUnknown,
    PaymentCredentialsRefused,
    PaymentError,
    ProviderFailed,
)

if TYPE_CHECKING:
    from stripe import StripeError

PAUSES: Final = (0.5, 2.0)
"""Seconds before the second and the third try, each up to half as long again."""

T = TypeVar("T")


class Trouble(StrEnum):
    """What stands in place of a code where Stripe named none: how far a request got."""

    NO_CONNECTION = "no_connection"
    TIMEOUT = "timeout"
    DROPPED = "dropped"
    UNREADABLE = "unreadable"


UNREADABLE: Final = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What the SDK and our own reading stumble with over a body that is not what Stripe describes."""
_NETWORK: Final = (aiohttp.ClientError, OSError)  # a time-out is an OSError, too
_NEVER_CONNECTED: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
STATE_MOVED_ON: Final = "payment_intent_unexpected_state"
"""The intent is not where we took it to be: what became of it has to be looked up."""
LONGEST: Final = {"code": 100, "id": 255}
"""Characters that the columns hold in which codes and ids are kept."""


def word(value: object, kind: str = "code") -> str | None:
    """Return a code or an id as Stripe describes it: printable ASCII without blanks; None for anything else."""
    is_one = isinstance(value, str) and 0 < len(value) <= LONGEST[kind] and value.isascii()
    return str(value) if is_one and all("!" <= each <= "~" for each in str(value)) else None


async def asked(
    request: Callable[[], Awaitable[T]],
    account: str | None = None,
    pauses: tuple[float, ...] = PAUSES,
    check: Callable[[], None] = lambda: None,
) -> T:
    """Return Stripe's answer, or raise a PaymentError. Failures that may pass are tried again after each pause.

    `account`: the connected account of the request; `check`: called before each try, may raise a PaymentError.
    """
    from stripe import StripeError

    is_in_doubt, waits = False, iter(pauses)
    while True:
        try:
            check()  # the process may have stood still since the last try
            return await request()
        except StripeError as error:
            trouble, may_pass = meaning(error, account)
        except _NETWORK as error:
            trouble, may_pass = _unanswered(error), True
        except PaymentError as error:  # what was read in the answer
            trouble, may_pass = error, False
        except UNREADABLE:
            trouble, may_pass = OutcomeUnknown(Trouble.UNREADABLE), False
        is_in_doubt = is_in_doubt or isinstance(trouble, OutcomeUnknown)
        pause = next(waits, None)
        if pause is None or not may_pass:
            # Not the SDK's own error: it may hold personal data.
            raise OutcomeUnknown(trouble.code) if is_in_doubt and isinstance(trouble, NotProcessed) else trouble
        await asyncio.sleep(jittered(pause, random.random(), 1, 1.5))


def meaning(error: "StripeError", account: str | None = None) -> tuple[PaymentError, bool]:
    """Return what an error of the SDK means, and whether the same request may succeed in a moment."""
    import stripe

    if isinstance(error, stripe.APIConnectionError):
        return _unanswered(error.__cause__), True
    if isinstance(error, stripe.CardError):
        return _declined(error), False
    status, code = error.http_status or 0, _code(error)
    if status == 429:
        return NotProcessed(code), True
    if status >= 500:
        return ProviderFailed(code), _may_retry(error)
    if status == 409:
        return OutcomeUnknown(code), True  # the same key is at work elsewhere
    if not 400 <= status < 500:
        return OutcomeUnknown(Trouble.UNREADABLE), False
    if status == 401 or (status == 403 and not account):
        return PaymentCredentialsRefused(code), False
    return _refused(error, code), False


def _refused(error: "StripeError", code: str) -> PaymentError:
    if getattr(error.error, "param", None) == "payment_method":
        return NoPaymentMethod(code)  # it was detached a moment ago
    return OutcomeUnknown(code) if code == STATE_MOVED_ON else Misconfigured(code)


def _declined(error: "StripeError") -> PaymentError:
    its = error.error
    charge_id, code = word(getattr(its, "charge", None), "id"), word(getattr(its, "decline_code", None)) or _code(error)
    return Declined(code, word(getattr(its, "advice_code", None)), charge_id)


def _unanswered(cause: BaseException | None) -> PaymentError:
    if isinstance(cause, _NEVER_CONNECTED):
        return NotProcessed(Trouble.NO_CONNECTION)
    return OutcomeUnknown(Trouble.TIMEOUT if isinstance(cause, TimeoutError) else Trouble.DROPPED)


def _code(error: "StripeError") -> str:
    """Return Stripe's code, else its type of error, else the HTTP status."""
    named = (word(getattr(error.error, name, None)) for name in ("code", "type"))
    return next((name for name in named if name), f"http_{error.http_status}")


def _may_retry(error: "StripeError") -> bool:
    headers: Mapping[str, str] = error.headers or {}
    return {name.lower(): value for name, value in headers.items()}.get("stripe-should-retry") != "false"
