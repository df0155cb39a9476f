"""What collection asks of a payment provider, the console that stands in for one, and how a charge can go wrong."""

import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Charge:
    """One fee as handed to the provider. `amount_cents`: minor units; `account`: the tenant's connected account.

    `fee_id` is the idempotency key under which the charge is created, and stands in its metadata.
    """

    fee_id: UUID
    customer_id: str
    amount_cents: int
    currency: str
    description: str
    account: str | None = None

    def parameters(self) -> dict[str, Any]:
        """Return it as it is kept on record."""
        return {
            "customer": self.customer_id,
            "amount": self.amount_cents,
            "currency": self.currency,
            "description": self.description,
            "account": self.account,
        }


class IntentState(StrEnum):
    """What has become of a charge that the provider knows."""

    UNCONFIRMED = "unconfirmed"
    DECLINED = "declined"
    NEEDS_CUSTOMER = "needs_customer"
    UNDER_WAY = "under_way"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True)
class Intent:
    """A charge on the provider's side. `code`, `advice`: of the last decline."""

    id: str
    state: IntentState
    code: str | None = None
    advice: str | None = None


class PaymentError(Exception):
    """A charge that did not succeed. `code`: the provider's, for the record."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Declined(PaymentError):
    """The card was declined. `advice`: what the issuer says of another attempt, such as `do_not_try_again`."""

    def __init__(self, code: str, advice: str | None = None) -> None:
        super().__init__(code)
        self.advice = advice


class NeedsCustomer(PaymentError):
    """The bank wants to hear from the cardholder first."""


class NotProcessed(PaymentError):
    """The provider certainly did nothing (429, or no connection was made): safe to ask again."""


class OutcomeUnknown(PaymentError):
    """The request left and no clear answer came back: looked up later, never blindly asked again."""


class PaymentCredentialsRefused(PaymentError):
    """The provider does not know us: the run stops."""


class PaymentGateway(Protocol):
    """A payment provider."""

    async def create(self, charge: Charge) -> str:
        """Create the one charge of a fee, unconfirmed; return its id. Asked again for the same fee: the same one."""

    async def confirm(self, charge: Charge, intent_id: str, attempt_key: str) -> None:
        """Take the money without the customer present, or raise a PaymentError. Each attempt has its own key."""

    async def look_up(self, charge: Charge, intent_id: str | None) -> Intent | None:
        """Return the fee's charge as it stands, found by the fee's id where its own is unknown; None if there is none.

        Raise OutcomeUnknown where it cannot be told.
        """


class ConsolePayments:
    """Shows each charge in the log instead of making it. Every card works; it keeps no books to look anything up in."""

    async def create(self, charge: Charge) -> str:
        return f"console-{charge.fee_id}"

    async def confirm(self, charge: Charge, intent_id: str, attempt_key: str) -> None:
        log.info("charge of %s %s for %s (%s)", charge.amount_cents, charge.currency, charge.fee_id, attempt_key)

    async def look_up(self, charge: Charge, intent_id: str | None) -> Intent | None:
        return None
