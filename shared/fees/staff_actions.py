"""Staff actions on fees, each with who and why: charge now, waive, give back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from shared.database.transactions import in_transaction
from shared.domain.fees import FeeAction
from shared.domain.ids import FeeId
from shared.errors import RunFailed, UsageError
from shared.fees import staff_action_queries, state_queries
from shared.fees.collecting import Collection, charge_now, close_now
from shared.fees.listing import ListedFee
from shared.fees.refunding import refund
from shared.fees.staff_action_queries import AskedRefund, MoreThanIsLeft, NotRefundable
from shared.gateways.payments import OutcomeUnknown, PaymentCredentialsRefused, PaymentError
from shared.messages.wording import money_words

LONGEST = 500
"""Characters that a payment's description holds."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who takes a staff action, and why."""

    who: str
    why: str


def charge(collection: Collection, fee_id: FeeId, staff: Staff) -> None:
    """Charge one fee now, whatever its hold and age. The outcome is in the fee's row.

    Raise UsageError when it cannot be charged at all, RunFailed with what is wrong with the fee's visit or the set-up.
    """
    note = staff_action_queries.action(FeeAction.CHARGE, fee_id, staff.who, staff.why, collection.now())
    try:
        is_claimed = charge_now(collection, fee_id, note)
    except PaymentCredentialsRefused as error:
        raise _credentials_refused(error) from error
    if not is_claimed:
        raise UsageError(f"the fee {fee_id} cannot be charged: another run is at it, or its business is not served")
    if wrong := [each for each in collection.tally.problems if each.subject == f"payment {fee_id}"]:
        raise RunFailed(f"the fee {fee_id}: {wrong[0].reason}")


def waive(engine: Engine, forgiven: Iterable[ListedFee], staff: Staff, now: datetime) -> set[FeeId]:
    """Waive unpaid fees; return those that were waived. The others changed at the same moment."""
    words = {each.id: f"{each.description or 'No-show fee'}; waived by {staff.who}: {staff.why}" for each in forgiven}

    def waive_and_note(connection: Connection) -> set[FeeId]:
        waived = state_queries.waive(connection, {id_: text[:LONGEST] for id_, text in words.items()}, now)
        rows = [staff_action_queries.action(FeeAction.WAIVE, id_, staff.who, staff.why, now) for id_ in sorted(waived)]
        staff_action_queries.note(connection, rows)
        return waived

    return in_transaction(engine, waive_and_note)


def close_payments(collection: Collection) -> None:
    """Cancel the payments begun at the provider for waived fees. A fee that was paid meanwhile needs a refund.

    What cannot be cancelled now is cancelled by the next run of NoShowDetector.
    """
    try:
        close_now(collection)
    except PaymentCredentialsRefused as error:
        raise _credentials_refused(error) from error


def give_back(collection: Collection, fee_id: FeeId, amount_cents: int | None, staff: Staff) -> AskedRefund:
    """Give back an amount of a collected fee, or all that is left. The same command given again gives back once.

    Return the refund as it was asked for.

    Raise UsageError if the fee cannot be given back, RunFailed if it was not given back or that is not known.
    """
    now = collection.now()
    try:
        asked = in_transaction(
            collection.engine,
            lambda it: staff_action_queries.ask_refund(it, fee_id, amount_cents, staff.who, staff.why, now),
        )
        trouble = refund(collection.engine, collection.gateway, asked, now)
    except NotRefundable as error:
        raise UsageError(f"the fee {fee_id} cannot be given back: {error}") from error
    except MoreThanIsLeft as error:
        left, collected = (_in_words(cents, error.currency) for cents in (error.left, error.collected))
        raise UsageError(f"the fee {fee_id} cannot give so much back: {left} of {collected} are left") from error
    if trouble is not None:
        raise _not_given_back(trouble) from trouble
    return asked


def _in_words(cents: int, currency: str) -> str:
    return money_words(cents, currency, language="en", region="US")


def _not_given_back(trouble: PaymentError) -> RunFailed:
    if isinstance(trouble, PaymentCredentialsRefused):
        return _credentials_refused(trouble)
    if isinstance(trouble, OutcomeUnknown):
        return RunFailed(
            f"it is not known whether the money went back ({trouble.code}); give the same command again: "
            "it finds out, and gives back only what was not"
        )
    return RunFailed(f"nothing was given back ({trouble.code})")


def _credentials_refused(error: PaymentError) -> RunFailed:
    return RunFailed(f"the payment provider refuses the credentials ({error.code}); check the STRIPE_ settings")
