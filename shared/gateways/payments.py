"""The protocol of a payment provider, the console that stands in for one, and how a charge can fail."""

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, Self
from uuid import UUID

from shared.domain.ids import FeeId

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Charge:
    """One fee as sent to the provider. `amount_cents`: minor units; `account`: the tenant's connected account.

    `key`: the idempotency key under which its intent is created; `metadata`: by which the intent is found again, and
    which staff see at the provider.
    """

    fee_id: FeeId
    key: str
    customer_id: str
    amount_cents: int
    currency: str
    description: str
    account: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        """Return the charge as it is kept on record."""
        return {
            "key": self.key,
            "customer": self.customer_id,
            "amount": self.amount_cents,
            "currency": self.currency,
            "description": self.description,
            "account": self.account,
            "metadata": self.metadata,
        }

    @classmethod
    def of(cls, fee_id: FeeId, kept: dict[str, Any]) -> Self:
        """Return a charge from the record, to be sent again unchanged."""
        return cls(
            fee_id=fee_id,
            key=kept["key"],
            customer_id=kept["customer"],
            amount_cents=kept["amount"],
            currency=kept["currency"],
            description=kept["description"],
            account=kept["account"],
            metadata=kept["metadata"],
        )


class IntentState(StrEnum):
    """The state of a charge at the provider."""

    UNCONFIRMED = "unconfirmed"
    DECLINED = "declined"
    NEEDS_CUSTOMER = "needs_customer"
    UNDER_WAY = "under_way"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Intent:
    """A charge at the provider. `code`, `advice`: of the last decline, even if the intent was cancelled since.

    `charge_id`: of the last attempt.
    """

    id: str
    state: IntentState
    code: str | None = None
    advice: str | None = None
    charge_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money to give back. `id`: of the staff action, by which the refund is found again; `key`: its idempotency key."""

    id: UUID
    key: str
    intent_id: str
    amount_cents: int
    currency: str
    account: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A refund in the provider's books. `asked_id`: of the staff action; None if we did not make it.

    `is_lost`: it failed or was cancelled, so the money is back with the business.
    """

    id: str
    amount_cents: int
    asked_id: str | None = None
    is_lost: bool = False


class PaymentError(Exception):
    """A request that did not succeed. `code`: the provider's; `charge_id`: of the attempt that the request made."""

    def __init__(self, code: str, charge_id: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.charge_id = charge_id


class Declined(PaymentError):
    """The card was declined. `advice`: the issuer's on another attempt, such as `do_not_try_again`."""

    def __init__(self, code: str, advice: str | None = None, charge_id: str | None = None) -> None:
        super().__init__(code, charge_id)
        self.advice = advice


class NeedsCustomer(PaymentError):
    """The bank asks the cardholder to confirm the payment first."""


class Misconfigured(PaymentError):
    """The provider refuses the request itself, for example because a customer or an account does not exist."""


class NoPaymentMethod(PaymentError):
    """There is no card to charge: the customer was deleted or the card detached."""


class NotProcessed(PaymentError):
    """The provider certainly did nothing (429, or no connection was made): the request can safely be repeated."""


class OutcomeUnknown(PaymentError):
    """The request was sent and no clear answer came: its effect is looked up, and it is never repeated blindly."""


class ProviderFailed(OutcomeUnknown):
    """The provider answered with an error of its own, and may repeat that answer for the same key."""


class PaymentCredentialsRefused(PaymentError):
    """The provider refuses our credentials: the run stops."""


class PaymentGateway(Protocol):
    """A payment provider. All calls may raise a PaymentError."""

    def connected(self) -> AbstractAsyncContextManager[None]:
        """Keep connections open during the block. All other calls are made inside one."""

    def while_(self, check: Callable[[], None]) -> "PaymentGateway":
        """Return the gateway for a claimed fee: before each try it calls `check`, which raises once the claim ends."""

    async def find(self, charge: Charge, since: datetime) -> Intent | None:
        """Return the fee's intent, looked for among those of its customer created at or after `since`.

        Cancelled ones are left out.
        """

    async def create(self, charge: Charge) -> str:
        """Create the intent of a fee, unconfirmed; return its id. The same key returns the same intent."""

    async def card(self, charge: Charge) -> str | None:
        """Return the customer's default card, else the newest saved one; None without one."""

    async def confirm(self, charge: Charge, intent_id: str, card: str, key: str) -> str | None:
        """Take the money without the customer present; return the id of the charge. Each attempt has its own key."""

    async def look_up(self, charge: Charge, intent_id: str) -> Intent:
        """Return the current state of an intent."""

    async def cancel(self, charge: Charge, intent_id: str) -> Intent:
        """Cancel an intent so that it can never be paid; return its state afterwards: it may have been paid before."""

    async def refund(self, refund: Refund) -> str:
        """Give money back; return the refund's id. The same key returns the same refund."""

    async def refunds(self, refund: Refund) -> list[GivenBack]:
        """Return all refunds of the same intent, whoever made them."""


class ConsolePayments:
    """Logs each charge instead of making it. Every card works, and nothing is remembered to be looked up."""

    def connected(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    def while_(self, check: Callable[[], None]) -> Self:
        return self

    async def find(self, charge: Charge, since: datetime) -> Intent | None:
        return None

    async def create(self, charge: Charge) -> str:
        return f"console-{charge.fee_id}"

    async def card(self, charge: Charge) -> str | None:
        return "console-card"

    async def confirm(self, charge: Charge, intent_id: str, card: str, key: str) -> str | None:
        log.info("charge of %s %s for %s (%s)", charge.amount_cents, charge.currency, charge.fee_id, key)
        return None

    async def look_up(self, charge: Charge, intent_id: str) -> Intent:
        return Intent(intent_id, IntentState.UNCONFIRMED)

    async def cancel(self, charge: Charge, intent_id: str) -> Intent:
        return Intent(intent_id, IntentState.CANCELLED)

    async def refund(self, refund: Refund) -> str:
        log.info("refund of %s %s of %s (%s)", refund.amount_cents, refund.currency, refund.intent_id, refund.key)
        return f"console-{refund.id}"

    async def refunds(self, refund: Refund) -> list[GivenBack]:
        return []
