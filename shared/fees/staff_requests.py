"""Staff's requests, by command or on the page: find the fee, refuse what cannot be done, do it, say how it stands."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from sqlalchemy import Engine

from shared.database.engine import reading
from shared.domain.fees import COLLECTED, UNCOLLECTED, FeeStatus, fee_code_words
from shared.domain.ids import FeeId
from shared.errors import ConfigurationError, RunFailed, UsageError
from shared.fees import collecting, staff_actions, state_queries
from shared.fees.listing import ListedFee, listed
from shared.fees.staff_action_queries import AskedRefund
from shared.fees.staff_actions import Staff
from shared.messages.wording import cents_of

LONGEST: Final = {"who": 200, "why": 500}
"""Characters that the columns of fee_actions hold."""


@dataclass(frozen=True, slots=True)
class Done:
    """The fees as they are now. `trouble`: what was not done, if anything."""

    fees: list[ListedFee]
    trouble: str | None = None


def fault_of(name: str, text: str) -> str | None:
    """Return what is wrong with `who` or `why`, by its name; None if it can be recorded."""
    if not text.strip():
        return "it is empty"
    return f"it is too long by {len(text) - LONGEST[name]} characters" if len(text) > LONGEST[name] else None


def charge(collection: collecting.Collection, fee_id: FeeId, staff: Staff) -> Done:
    """Charge a fee to the owner's card now. Raise UsageError if it cannot be charged, RunFailed if that failed."""
    uncollected(collection.engine, [fee_id])
    staff_actions.charge(collection, fee_id, staff)
    after = named(collection.engine, [fee_id])
    state = fee_code_words(after[0].failure_code) or after[0].status
    return Done(after, None if after[0].status == FeeStatus.SUCCEEDED else f"the fee was not collected: {state}")


def waive(
    engine: Engine,
    collection: Callable[[], collecting.Collection],
    found: Sequence[ListedFee],
    staff: Staff,
    now: datetime,
) -> Done:
    """Waive the fees that are not paid. `collection`: builds what cancels payments begun at the provider, if needed."""
    unpaid = [each for each in found if each.status in UNCOLLECTED]
    waived = staff_actions.waive(engine, unpaid, staff, now)
    trouble = _close_payments(engine, collection, waived)
    after = named(engine, [each.id for each in found])
    others = {each.id for each in unpaid} - waived
    left = ", ".join(_why_not_waived(each) for each in after if each.status != FeeStatus.WAIVED or each.id in others)
    return Done(after, f"not waived: {left}" if left else trouble)


def refund(
    collection: collecting.Collection, fee_id: FeeId, amount: str | None, staff: Staff
) -> tuple[Done, AskedRefund]:
    """Refund a collected fee; return the refund as it was asked for, too.

    `amount`: a part, in major units ("12.50"); None for all that is left.
    Raise UsageError if it cannot be refunded, RunFailed if it was not or that is not known.
    """
    (before,) = named(collection.engine, [fee_id])
    asked = staff_actions.give_back(collection, fee_id, _cents(amount, before.currency), staff)
    return Done(named(collection.engine, [fee_id])), asked


def named(engine: Engine, ids: Collection[FeeId]) -> list[ListedFee]:
    """Return fees by id. Raise UsageError if there is no such fee."""
    with reading(engine) as connection:
        found = listed(connection, ids=ids)
    if missing := set(ids) - {each.id for each in found}:
        raise UsageError(f"there is no no-show fee {min(missing)}")
    return found


def uncollected(engine: Engine, ids: Collection[FeeId]) -> list[ListedFee]:
    """Return fees that can still be collected. Raise UsageError if one of them cannot."""
    found = named(engine, ids)
    for each in found:
        if each.status not in UNCOLLECTED:
            state = f"{each.status}; it would have to be {', '.join(UNCOLLECTED)}{_hint(each)}"
            raise UsageError(f"the fee {each.id} is {state}")
    return found


def _close_payments(
    engine: Engine, collection: Callable[[], collecting.Collection], waived: Collection[FeeId]
) -> str | None:
    """Cancel the payments begun for waived fees; return which fees may have been charged all the same, and why."""
    if not _still_open(engine, waived):
        return None
    try:
        staff_actions.close_payments(collection())
    except (ConfigurationError, RunFailed) as error:
        why = f": {error}"
    else:
        why = ""
    unknown = ", ".join(map(str, sorted(_still_open(engine, waived))))
    text = f"waived; whether the card had been charged is not known yet ({unknown}); the next NoShowDetector asks"
    return f"{text}{why}" if unknown else None


def _still_open(engine: Engine, ids: Collection[FeeId]) -> set[FeeId]:
    with reading(engine) as connection:
        return state_queries.still_open(connection, ids)


def _why_not_waived(each: ListedFee) -> str:
    if each.status == FeeStatus.WAIVED:
        return f"{each.id} was waived by somebody else at the same moment"
    return f"{each.id} is {each.status}{_hint(each)}"


def _hint(each: ListedFee) -> str:
    return "; it was collected: give it back with `fee refund`" if each.status in COLLECTED else ""


def _cents(amount: str | None, currency: str) -> int | None:
    if amount is None:
        return None
    try:
        cents = cents_of(Decimal(amount), currency)
        if cents <= 0:
            raise ValueError(amount)
        return cents
    except (InvalidOperation, ValueError, OverflowError):
        raise UsageError(f"--amount: {amount!r} is not an amount of {currency}; write it like 12.50") from None
