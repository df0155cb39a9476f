"""Fees collected through Stripe's SDK: one PaymentIntent for each, created unconfirmed, then confirmed off-session."""

import copy
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import aiohttp

from shared.gateways.payments import (
    Charge,
    GivenBack,
    Intent,
    IntentState,
    Misconfigured,
    NoPaymentMethod,
    OutcomeUnknown,
    Refund,
)
from shared.gateways.stripe_amounts import our_amount, provider_amount
from shared.gateways.stripe_errors import PAUSES, STATE_MOVED_ON, Trouble, asked, word

if TYPE_CHECKING:
    import stripe
    from stripe import PaymentIntent, RequestOptions, StripeClient
    from stripe.params import PaymentIntentCreateParams, PaymentIntentListParams, RefundCreateParams, RefundListParams

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 30.0
"""How long Stripe may keep silent: a confirmation waits for the card's bank."""
TOTAL_SECONDS: Final = 40.0
"""For an answer that comes in drops. Above CONNECT_SECONDS, so that a slow connecting is known for what it is."""
PAGE: Final = 100
"""The most that one page of a list may hold."""
MOST_PAGES: Final = 100
"""A list that goes on beyond so many pages is none that Stripe keeps of one customer."""

STATES: Final = {
    "succeeded": IntentState.SUCCEEDED,
    "canceled": IntentState.CANCELLED,
    "requires_action": IntentState.NEEDS_CUSTOMER,
    "requires_confirmation": IntentState.UNCONFIRMED,
    "processing": IntentState.UNDER_WAY,
    "requires_capture": IntentState.UNDER_WAY,
}
"""By Stripe's status. With `requires_payment_method` it was declined, or was never confirmed."""
T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class StripePayments:
    """An account at Stripe. `base_url`: None for Stripe's own; `connections`: the most at once.

    `pauses`: seconds between the tries of one request; `check`: called before each of them.
    """

    secret_key: str = field(repr=False)
    base_url: str | None = None
    connections: int = 8
    pauses: tuple[float, ...] = PAUSES
    _client: "StripeClient | None" = field(default=None, init=False, repr=False)
    check: Callable[[], None] = field(default=lambda: None, init=False, repr=False)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Keep connections open for the length of the block."""
        import stripe

        logging.getLogger("stripe").setLevel(logging.WARNING)  # at INFO it writes each request and refusal
        timeout = aiohttp.ClientTimeout(total=TOTAL_SECONDS, connect=CONNECT_SECONDS, sock_read=READ_SECONDS)
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.connections, ssl=_trusted()), cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            # The secret goes to the host that it is for, and to none that an answer names.
            bound = SimpleNamespace(request=partial(session.request, allow_redirects=False))
            self._client = stripe.StripeClient(
                self.secret_key,
                base_addresses={"api": self.base_url.rstrip("/")} if self.base_url else {},
                max_network_retries=0,  # `asked` tries again: the SDK would not say that an earlier try is in doubt
                http_client=stripe.AIOHTTPClient(timeout=timeout, session=bound),
            )
            try:
                yield
            finally:
                self._client = None

    def while_(self, check: Callable[[], None]) -> Self:
        """Return the same connections, asked only as long as `check` does not raise."""
        bound = copy.copy(self)
        bound.check = check
        return bound

    def _connected(self) -> "StripeClient":
        assert self._client is not None, "inside connected() only"  # noqa: S101  a fault of this program
        return self._client

    async def _ask(self, account: str | None, request: Callable[[], Awaitable[T]], read: Callable[[T], R]) -> R:
        async def answered() -> R:
            return read(await request())

        return await asked(answered, account, self.pauses, self.check)

    async def _ask_of_customer(self, charge: Charge, request: Callable[[], Awaitable[T]], read: Callable[[T], R]) -> R:
        """Ask for what needs the customer. Raise NoPaymentMethod where they were deleted: Stripe keeps a note of that.

        One that was never there is a matter of set-up: another account's, or one of the test mode.
        """
        try:
            return await self._ask(charge.account, request, read)
        except Misconfigured as error:
            if error.code != "resource_missing" or not await self._is_deleted(charge):
                raise
            raise NoPaymentMethod(error.code) from None

    async def _is_deleted(self, charge: Charge) -> bool:
        customers, options = self._connected().v1.customers, _options(charge.account)
        return await self._ask(
            charge.account,
            lambda: customers.retrieve_async(charge.customer_id, {}, options),
            lambda customer: getattr(customer, "deleted", False) is True,
        )

    async def find(self, charge: Charge, since: datetime) -> Intent | None:
        """Return the fee's intent among the customer's; of several the one that succeeded, else the oldest."""
        intents = self._connected().v1.payment_intents

        async def listed() -> "list[PaymentIntent]":
            wanted: PaymentIntentListParams = {"customer": charge.customer_id, "limit": PAGE}
            wanted["created"] = {"gte": int(since.timestamp())}
            found = await _all_pages(lambda: intents.list_async(wanted, _options(charge.account)), wanted)
            return [each for each in found if _metadata(each, "payment") == str(charge.fee_id)]

        def first(found: "list[PaymentIntent]") -> Intent | None:
            alive = [each for each in found if each.status != "canceled"]
            alive.sort(key=lambda each: (each.status != "succeeded", each.created, each.id))
            return _intent(alive[0]) if alive else None

        return await self._ask_of_customer(charge, listed, first)

    async def create(self, charge: Charge) -> str:
        """Create the intent of a fee, unconfirmed; return its id. Asked again under the same key: the same one."""
        intents = self._connected().v1.payment_intents
        wanted: PaymentIntentCreateParams = {
            "amount": provider_amount(charge.amount_cents, charge.currency),
            "currency": charge.currency.lower(),
            "customer": charge.customer_id,
            "description": charge.description,
            "metadata": charge.metadata,
            "allowed_payment_method_types": ["card"],
        }
        options = _options(charge.account, charge.key)
        return await self._ask_of_customer(
            charge, lambda: intents.create_async(wanted, options), lambda made: _id(made.id)
        )

    async def card(self, charge: Charge) -> str | None:
        """Return the customer's default card, else the newest saved one; None without one."""
        customers, customer, options = self._connected().v1.customers, charge.customer_id, _options(charge.account)
        saved = await self._ask_of_customer(
            charge,
            lambda: customers.payment_methods.list_async(customer, {"type": "card", "limit": PAGE}, options),
            lambda page: [_id(each.id) for each in page.data],  # the newest first
        )
        if len(saved) < 2:
            return saved[0] if saved else None
        wished = await self._ask(charge.account, lambda: customers.retrieve_async(customer, {}, options), _defaults)
        return next((each for each in wished if each in saved), saved[0])

    async def confirm(self, charge: Charge, intent_id: str, card: str, key: str) -> str | None:
        """Take the money without the customer present; return the id of the charge. Each attempt has its own key."""
        intents, options = self._connected().v1.payment_intents, _options(charge.account, key)
        return await self._ask(
            charge.account,
            lambda: intents.confirm_async(intent_id, {"payment_method": card, "off_session": True}, options),
            partial(_charge_of_paid, intent_id),
        )

    async def look_up(self, charge: Charge, intent_id: str) -> Intent:
        """Return an intent as it stands."""
        intents, options = self._connected().v1.payment_intents, _options(charge.account)
        return await self._ask(
            charge.account, lambda: intents.retrieve_async(intent_id, {}, options), partial(_intent, id_=intent_id)
        )

    async def cancel(self, charge: Charge, intent_id: str) -> Intent:
        """Cancel an intent so that it can never be paid; return it as it stands then: perhaps it was paid before."""
        intents, options = self._connected().v1.payment_intents, _options(charge.account)
        try:
            return await self._ask(
                charge.account, lambda: intents.cancel_async(intent_id, {}, options), partial(_intent, id_=intent_id)
            )
        except OutcomeUnknown as error:
            if error.code != STATE_MOVED_ON:
                raise
        return await self.look_up(charge, intent_id)

    async def refund(self, refund: Refund) -> str:
        """Give money back; return the refund's id. Asked again under the same key: the same one."""
        refunds, options = self._connected().v1.refunds, _options(refund.account, refund.key)
        wanted: RefundCreateParams = {
            "payment_intent": refund.intent_id,
            "amount": provider_amount(refund.amount_cents, refund.currency),
            "metadata": refund.metadata,
        }
        return await self._ask(refund.account, lambda: refunds.create_async(wanted, options), lambda made: _id(made.id))

    async def refunds(self, refund: Refund) -> list[GivenBack]:
        """Return all refunds of the same intent, whoever made them."""
        refunds = self._connected().v1.refunds

        async def listed() -> "list[stripe.Refund]":
            wanted: RefundListParams = {"payment_intent": refund.intent_id, "limit": PAGE}
            return await _all_pages(lambda: refunds.list_async(wanted, _options(refund.account)), wanted)

        return await self._ask(refund.account, listed, lambda found: [_given_back(each, refund) for each in found])


@cache
def _trusted() -> ssl.SSLContext:
    """Whom we believe to be Stripe: the SDK's list of authorities, which takes milliseconds to read."""
    import stripe

    return ssl.create_default_context(cafile=stripe.ca_bundle_path)


async def _all_pages(ask: Callable[[], Awaitable[Any]], wanted: Any) -> list[Any]:
    """Return what a list holds. Each page is asked for by the last id, never by an address that an answer names."""
    found: list[Any] = []
    for _ in range(MOST_PAGES):
        page = await ask()
        found += page.data
        if not (page.has_more and page.data):
            return found
        wanted["starting_after"] = _id(page.data[-1].id)
    raise OutcomeUnknown(Trouble.UNREADABLE)


def _options(account: str | None, key: str | None = None) -> "RequestOptions":
    options: RequestOptions = {}
    if account:
        options["stripe_account"] = account
    if key:
        options["idempotency_key"] = key
    return options


def _metadata(found: "PaymentIntent | stripe.Refund", name: str) -> str | None:
    kept = found.metadata
    return kept[name] if kept is not None and name in kept else None


def _intent(intent: "PaymentIntent", id_: str | None = None) -> Intent:
    """Return an intent as we see it. `id_`: which was asked for; an answer about another one is none."""
    found, error, charge_id = _id(intent.id, id_), intent.last_payment_error, _charge_id(intent)
    state = STATES.get(intent.status, IntentState.UNDER_WAY)
    if intent.status == "requires_payment_method":
        state = IntentState.DECLINED if error else IntentState.UNCONFIRMED
    if not error or state not in (IntentState.DECLINED, IntentState.CANCELLED):
        return Intent(found, state, charge_id=None if state is IntentState.UNCONFIRMED else charge_id)
    code, advice = word(getattr(error, "decline_code", None)) or word(error.code), getattr(error, "advice_code", None)
    return Intent(found, state, code, word(advice), word(getattr(error, "charge", None), "id") or charge_id)


def _given_back(found: "stripe.Refund", asked: Refund) -> GivenBack:
    if found.payment_intent != asked.intent_id:
        raise OutcomeUnknown(Trouble.UNREADABLE)
    amount, asked_id = our_amount(found.amount, asked.currency), word(_metadata(found, "refund"))
    return GivenBack(_id(found.id), amount, asked_id, is_lost=found.status in ("failed", "canceled"))


def _charge_of_paid(id_: str, intent: "PaymentIntent") -> str | None:
    _id(intent.id, id_)
    if intent.status != "succeeded":
        raise OutcomeUnknown(word(intent.status) or Trouble.UNREADABLE)
    return _charge_id(intent)


def _defaults(customer: "stripe.Customer") -> tuple[str | None, str | None]:
    """Return the customer's default payment method and source, which may be no cards. A deleted one has neither."""
    settings = getattr(customer, "invoice_settings", None)
    return getattr(settings, "default_payment_method", None), getattr(customer, "default_source", None)


def _charge_id(intent: "PaymentIntent") -> str | None:
    charge = intent.latest_charge
    return word(charge if charge is None or isinstance(charge, str) else charge.id, "id")


def _id(id_: str | None, expected: str | None = None) -> str:
    """Return an id that an answer holds. Raise OutcomeUnknown for what is none, or not the expected one."""
    found = word(id_, "id")
    if found is None or expected not in (None, found):
        raise OutcomeUnknown(Trouble.UNREADABLE)
    return found
