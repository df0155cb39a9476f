"""One attempt to collect a fee: the request to the provider, given the earlier requests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from shared.domain.fees import Fee, FeeCode, PastAttempt
from shared.domain.ids import FeeId
from shared.domain.missed_visits import MissedVisit
from shared.domain.policy.models import ServedTenant
from shared.gateways.payments import Charge

KEY_LIFE: Final = timedelta(hours=20)
"""How long a creation may be repeated under its key. Stripe may forget a key after 24 hours and then create anew."""
KEY_SPENT: Final = "key_spent"
"""The code of an attempt whose creation key only repeats an error, without an intent in the provider's books."""
REFUSED: Final = "refused"
"""The outcome of an attempt whose request the provider refused: nothing was created under its key."""
DECLINED: Final = "declined"


@dataclass(frozen=True, slots=True)
class Past:
    """The earlier attempts to collect a fee, as recorded."""

    attempts: Sequence[PastAttempt] = ()

    @property
    def declines(self) -> int:
        """How often the card was declined."""
        return sum(each.outcome == DECLINED for each in self.attempts)

    @property
    def charge_ids(self) -> frozenset[str]:
        """The provider's ids of the charges whose outcome is on record."""
        return frozenset(each.charge_id for each in self.attempts if each.charge_id)

    def charges(self, fee_id: FeeId) -> list[Charge]:
        """Return the charges that were sent to the provider, the latest first."""
        return [Charge.of(fee_id, each.parameters) for each in reversed(self.attempts)]

    def has_used(self, key: str) -> bool:
        """Whether an intent was requested under this key before."""
        return any(each.parameters["key"] == key for each in self.attempts)

    def may_repeat(self, key: str, wall: datetime) -> bool:
        """Whether repeating a creation under this key cannot create a second intent."""
        last = self.attempts[-1]
        first_used = min(each.started_at for each in self.attempts if each.parameters["key"] == key)
        return last.outcome != REFUSED and last.code != KEY_SPENT and wall - first_used < KEY_LIFE


@dataclass(frozen=True, slots=True)
class Attempt:
    """A claimed fee on its way to the provider. `by_staff`: a staff action, so no retry follows.

    `refusal`: why the card is not charged any more; a payment begun at the provider is then only cancelled.
    """

    fee: Fee
    visit: MissedVisit
    served: ServedTenant
    charge: Charge
    number: int
    past: Past
    by_staff: bool = False
    refusal: FeeCode | None = None

    @property
    def held_until(self) -> datetime:
        """When the claim ends: no request may be made after it."""
        assert self.fee.claimed_until is not None, "of claimed fees only"  # noqa: S101  a fault of this program
        return self.fee.claimed_until

    @property
    def key(self) -> str:
        """The idempotency key of this confirmation."""
        return f"{self.fee.id}-{self.number}"

    @property
    def is_of_its_fee(self) -> bool:
        """Whether amount and currency to charge are still those of the fee."""
        return (self.charge.amount_cents, self.charge.currency) == (self.fee.amount_cents, self.fee.currency)

    @property
    def since(self) -> datetime:
        """The instant before which the fee's intent cannot have been created."""
        return datetime.combine(self.fee.visit_on, time(), UTC) - timedelta(days=1)

    def anew(self) -> "Attempt":
        """Return the attempt with a new intent of its own: the one on record is cancelled and can never be paid."""
        charge = charge_of(self.fee, self.served, self.visit.customer_id or "")
        return replace(self, charge=replace(charge, key=f"{self.fee.id}-create-{self.number}"))

    def places(self) -> list[Charge]:
        """Return where the fee's intent may be: with this charge's customer, or with those of earlier attempts."""
        charges = [self.charge, *self.past.charges(self.fee.id)]
        return list({(each.account, each.customer_id): each for each in reversed(charges)}.values())[::-1]

    def row(self, wall: datetime) -> dict[str, Any]:
        """Return the row that is written before the attempt is made."""
        return {
            "payment_id": self.fee.id,
            "attempt": self.number,
            "idempotency_key": self.key,
            "parameters": self.charge.parameters(),
            "started_at": wall,
        }


@dataclass(frozen=True, slots=True)
class ReadyAttempt:
    """An attempt that can be confirmed. `charge`: as its intent was created; `card`: the one to charge.

    `cancelled`: the intent on record that this one replaces; `held_until`: when the claim ends.
    """

    attempt: Attempt
    charge: Charge
    intent_id: str
    card: str
    cancelled: str | None
    held_until: datetime

    def row(self) -> dict[str, Any]:
        """Return the columns that are written before the card is charged."""
        return {
            "payment_id": self.attempt.fee.id,
            "attempt": self.attempt.number,
            "parameters": {**self.charge.parameters(), "payment_method": self.card},
        }


def attempt_of(
    fee: Fee, visit: MissedVisit, served: ServedTenant, past: Past, wall: datetime, *, by_staff: bool = False
) -> Attempt:
    """Return the next attempt to collect a fee.

    A fee with an intent on record keeps the charge it was created with. Otherwise the earlier request is repeated
    unchanged while that cannot create a second intent; after that, a new one is made under another key.
    """
    number = fee.attempts + 1
    charge, earlier = charge_of(fee, served, visit.customer_id or ""), past.charges(fee.id)
    if earlier and (fee.intent_id or past.may_repeat(earlier[0].key, wall)):
        charge = earlier[0]
    elif earlier:
        charge = replace(charge, key=f"{fee.id}-create-{number}")
    return Attempt(fee, visit, served, charge, number, past, by_staff)


def last_attempt(
    fee: Fee, visit: MissedVisit, served: ServedTenant, past: Past, *, refusal: FeeCode | None = None
) -> Attempt:
    """Return the latest attempt to collect a fee, which nobody finished."""
    charge = next(iter(past.charges(fee.id)), charge_of(fee, served, visit.customer_id or ""))
    before = Past([each for each in past.attempts if each.number != fee.attempts])
    return Attempt(fee, visit, served, charge, fee.attempts, before, refusal=refusal)


def charge_of(fee: Fee, served: ServedTenant, customer_id: str) -> Charge:
    """Return the first charge for a fee."""
    return Charge(
        fee_id=fee.id,
        key=str(fee.id),
        customer_id=customer_id,
        amount_cents=fee.amount_cents,
        currency=fee.currency,
        description=f"{served.tenant.business_name}: no-show fee, visit of {fee.visit_on.isoformat()}",
        account=served.policy.stripe_account,
        metadata={
            "tenant": served.tenant.subdomain,
            "visit": fee.visit_on.isoformat(),
            "payment": str(fee.id),
        },
    )
