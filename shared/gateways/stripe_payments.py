"""Fees collected through Stripe's SDK: one PaymentIntent for each, created unconfirmed, then confirmed off-session."""

import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

import aiohttp

from shared.gateways.payments import Charge, Intent, IntentState, Misconfigured, OutcomeUnknown, Refund
from shared.gateways.stripe_errors import PAUSES, Trouble, asked

if TYPE_CHECKING:
    import stripe
    from stripe import PaymentIntent, RequestOptions, StripeClient
    from stripe.params import PaymentIntentCreateParams, RefundCreateParams

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 30.0
"""How long Stripe may keep silent: a confirmation waits for the card's bank."""
TOTAL_SECONDS: Final = 40.0
"""For an answer that comes in drops. Above CONNECT_SECONDS, so that a slow connecting is known for what it is."""
PAGE: Final = 100
"""The most that one page of a list may hold."""

STATES: Final = {
    "succeeded": IntentState.SUCCEEDED,
    "canceled": IntentState.CANCELLED,
    "requires_action": IntentState.NEEDS_CUSTOMER,
    "requires_confirmation": IntentState.UNCONFIRMED,
    "processing": IntentState.UNDER_WAY,
    "requires_capture": IntentState.UNDER_WAY,
}
"""By Stripe's status. With `requires_payment_method` it was declined, or was never confirmed."""
TWO_DECIMALS: Final = frozenset({"ISK", "UGX"})
"""Have no minor unit any more, and Stripe still counts in hundredths (https://docs.stripe.com/currencies)."""
NO_DECIMALS: Final = frozenset({"MGA"})
"""Have a minor unit, and Stripe counts without."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class StripePayments:
    """An account at Stripe. `base_url`: None for Stripe's own; `connections`: the most at once.

    `pauses`: seconds between the tries of one request.
    """

    secret_key: str = field(repr=False)
    base_url: str | None = None
    connections: int = 8
    pauses: tuple[float, ...] = PAUSES
    _client: "StripeClient | None" = field(default=None, init=False, repr=False)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Keep connections open for the length of the block."""
        import stripe

        logging.getLogger("stripe").setLevel(logging.WARNING)  # at INFO it writes each request and refusal
        timeout = aiohttp.ClientTimeout(total=TOTAL_SECONDS, connect=CONNECT_SECONDS, sock_read=READ_SECONDS)
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.connections, ssl=_trusted()), cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            self._client = stripe.StripeClient(
                self.secret_key,
                base_addresses={"api": self.base_url.rstrip("/")} if self.base_url else {},
                max_network_retries=0,  # `asked` tries again: the SDK would not say that an earlier try is in doubt
                http_client=stripe.AIOHTTPClient(timeout=timeout, session=session),
            )
            try:
                yield
            finally:
                self._client = None

    def _connected(self) -> "StripeClient":
        assert self._client is not None, "inside connected() only"  # noqa: S101  a fault of this program
        return self._client

    async def _ask(self, account: str | None, request: Callable[[], Awaitable[T]], read: Callable[[T], R]) -> R:
        async def answered() -> R:
            return read(await request())

        return await asked(answered, account, self.pauses)

    async def find(self, charge: Charge, since: datetime) -> Intent | None:
        """Return the fee's intent among the customer's; of several the one that succeeded, else the oldest."""
        intents = self._connected().v1.payment_intents

        async def listed() -> "list[PaymentIntent]":
            page = await intents.list_async(
                {"customer": charge.customer_id, "created": {"gte": int(since.timestamp())}, "limit": PAGE},
                _options(charge.account),
            )
            return [each async for each in page.auto_paging_iter() if _metadata(each, "payment") == str(charge.fee_id)]

        def first(found: "list[PaymentIntent]") -> Intent | None:
            found.sort(key=lambda each: (each.status != "succeeded", each.created, each.id))
            return _intent(found[0]) if found else None

        return await self._ask(charge.account, listed, first)

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
        return await self._ask(charge.account, lambda: intents.create_async(wanted, options), lambda made: _id(made.id))

    async def card(self, charge: Charge) -> str | None:
        """Return the customer's default card, else the newest saved one; None without one."""
        customers, customer, options = self._connected().v1.customers, charge.customer_id, _options(charge.account)
        saved = await self._ask(
            charge.account,
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
            _charge_of_paid,
        )

    async def look_up(self, charge: Charge, intent_id: str) -> Intent:
        """Return an intent as it stands."""
        intents, options = self._connected().v1.payment_intents, _options(charge.account)
        return await self._ask(charge.account, lambda: intents.retrieve_async(intent_id, {}, options), _intent)

    async def refund(self, refund: Refund) -> str:
        """Give money back; return the refund's id. Asked again under the same key: the same one."""
        refunds, options = self._connected().v1.refunds, _options(refund.account, refund.key)
        wanted: RefundCreateParams = {
            "payment_intent": refund.intent_id,
            "amount": provider_amount(refund.amount_cents, refund.currency),
            "metadata": refund.metadata,
        }
        return await self._ask(refund.account, lambda: refunds.create_async(wanted, options), lambda made: _id(made.id))

    async def find_refund(self, refund: Refund) -> str | None:
        """Return the id of the refund that was made of a request; None if there is none."""
        refunds, options = self._connected().v1.refunds, _options(refund.account)

        async def listed() -> "list[stripe.Refund]":
            page = await refunds.list_async({"payment_intent": refund.intent_id, "limit": PAGE}, options)
            return [each async for each in page.auto_paging_iter() if _metadata(each, "refund") == str(refund.id)]

        def first(found: "list[stripe.Refund]") -> str | None:
            return next((_id(each.id) for each in found if each.status not in ("failed", "canceled")), None)

        return await self._ask(refund.account, listed, first)


@cache
def _trusted() -> ssl.SSLContext:
    """Whom we believe to be Stripe: the SDK's list of authorities, which takes milliseconds to read."""
    import stripe

    return ssl.create_default_context(cafile=stripe.ca_bundle_path)


def provider_amount(cents: int, currency: str) -> int:
    """Return an amount in minor units as Stripe counts it. Raise Misconfigured for one that it cannot express."""
    if currency in TWO_DECIMALS:
        return cents * 100
    if currency not in NO_DECIMALS:
        return cents
    whole, rest = divmod(cents, 100)
    if rest:
        raise Misconfigured("invalid_amount")
    return whole


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


def _intent(intent: "PaymentIntent") -> Intent:
    error = intent.last_payment_error
    charge_id = _charge_id(intent)
    if intent.status != "requires_payment_method":
        return Intent(_id(intent.id), STATES.get(intent.status, IntentState.UNDER_WAY), charge_id=charge_id)
    if not error:
        return Intent(_id(intent.id), IntentState.UNCONFIRMED)
    code, advice = getattr(error, "decline_code", None) or error.code, getattr(error, "advice_code", None)
    return Intent(_id(intent.id), IntentState.DECLINED, code, advice, getattr(error, "charge", None) or charge_id)


def _charge_of_paid(intent: "PaymentIntent") -> str | None:
    if intent.status != "succeeded":
        raise OutcomeUnknown(intent.status or Trouble.UNREADABLE)
    return _charge_id(intent)


def _defaults(customer: "stripe.Customer") -> tuple[str | None, str | None]:
    """Return the customer's default payment method and source, which may be no cards. A deleted one has neither."""
    settings = getattr(customer, "invoice_settings", None)
    return getattr(settings, "default_payment_method", None), getattr(customer, "default_source", None)


def _charge_id(intent: "PaymentIntent") -> str | None:
    charge = intent.latest_charge
    return charge if charge is None or isinstance(charge, str) else charge.id


def _id(id_: str | None) -> str:
    if not id_:
        raise OutcomeUnknown(Trouble.UNREADABLE)
    return id_
