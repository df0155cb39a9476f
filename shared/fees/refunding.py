"""Giving a fee back, in full or in part. The same command given again gives back once.

First the provider's refunds of the fee are read and recorded: staff may have made some in its dashboard.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine

from shared.database.transactions import in_transaction
from shared.domain.fees import ActionOutcome
from shared.fees import staff_action_queries
from shared.fees.staff_action_queries import AskedRefund, FoundRefund, MoreThanIsLeft
from shared.gateways.payments import (
    GivenBack,
    Misconfigured,
    NotProcessed,
    OutcomeUnknown,
    PaymentCredentialsRefused,
    PaymentError,
    PaymentGateway,
    ProviderFailed,
    Refund,
)

GIVEN_BACK_ALREADY: Final = "charge_already_refunded"
"""The provider's code for a charge of which nothing is left to give back."""


def refund(engine: Engine, gateway: PaymentGateway, asked: AskedRefund, now: datetime) -> PaymentError | None:
    """Make a refund; return why it was not made, None if it was made or nothing was left.

    Raise MoreThanIsLeft if the provider already gave back so much that less is left. After an unclear answer the refund
    stays `asked`: the same command finds out, and gives back only what was not.
    """
    if asked.outcome is ActionOutcome.DONE:
        return None
    changes, trouble = asyncio.run(_give_back(engine, gateway, asked, now))
    nothing_left = changes.get("code") == GIVEN_BACK_ALREADY
    in_transaction(
        engine,
        lambda connection: staff_action_queries.end_refund(connection, asked, changes, now, nothing_left=nothing_left),
    )
    if isinstance(trouble, MoreThanIsLeft):
        raise trouble
    return trouble


async def _give_back(
    engine: Engine, gateway: PaymentGateway, asked: AskedRefund, now: datetime
) -> tuple[dict[str, Any], PaymentError | MoreThanIsLeft | None]:
    """Return the columns to write onto the refund, and the error, if any."""
    async with gateway.connected():
        try:
            found = await gateway.refunds(_wanted(asked)) if asked.intent_id else []
        except PaymentCredentialsRefused as error:
            return {"code": error.code}, error
        except PaymentError as error:
            if asked.is_repeated:  # the first request may have been made
                return {"code": error.code}, OutcomeUnknown(error.code)
            return {"outcome": ActionOutcome.REFUSED, "code": error.code}, NotProcessed(error.code)
        kept, first = _as_kept(found), asked
        asked, left = in_transaction(engine, lambda it: staff_action_queries.note_refunds(it, first, kept, now))
        if asked.outcome is not ActionOutcome.ASKED:
            is_less = asked.outcome is ActionOutcome.REFUSED and left > 0
            return {}, MoreThanIsLeft(left, asked.collected_cents, asked.currency) if is_less else None
        try:
            made = await gateway.refund(_wanted(asked))
        except PaymentError as error:
            return _not_given(asked, error)
    return {"outcome": ActionOutcome.DONE, "stripe_refund_id": made, "code": None}, None


def _as_kept(found: Sequence[GivenBack]) -> list[FoundRefund]:
    return [FoundRefund(each.id, each.amount_cents, each.asked_id, is_lost=each.is_lost) for each in found]


def _wanted(asked: AskedRefund) -> Refund:
    return Refund(
        id=asked.id,
        key=asked.key,
        intent_id=asked.intent_id or "",
        amount_cents=asked.amount_cents,
        currency=asked.currency,
        account=asked.account,
        metadata={"payment": str(asked.fee_id), "refund": str(asked.id)},
    )


def _not_given(asked: AskedRefund, error: PaymentError) -> tuple[dict[str, Any], PaymentError | None]:
    if error.code == GIVEN_BACK_ALREADY:
        return {"outcome": ActionOutcome.DONE, "code": error.code}, None
    if isinstance(error, NotProcessed) and asked.is_repeated:
        error = OutcomeUnknown(error.code)  # the first request may still appear in the books
    if isinstance(error, NotProcessed | Misconfigured):
        return {"outcome": ActionOutcome.REFUSED, "code": error.code}, error
    if isinstance(error, ProviderFailed) and asked.is_repeated:
        # The key only repeats the error, and the books hold no refund: the next time it has another key.
        return {"idempotency_key": staff_action_queries.next_key(asked.key), "code": error.code}, error
    return {"code": error.code}, error
