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
    Misconfigured,
    NoPaymentMethod,
    OutcomeUnknown,
    Refund,
)
from shared.gateways.stripe_amounts import provider_amount
from shared.gateways.stripe_answers import charge_of_paid, defaults_of, given_back, id_of, intent_of, metadata_of
from shared.gateways.stripe_errors import PAUSES, STATE_MOVED_ON, Trouble, asked

if TYPE_CHECKING:
    import stripe
    from stripe import PaymentIntent, RequestOptions, StripeClient
    from stripe.params import PaymentIntentCreateParams, PaymentIntentListParams, RefundCreateParams, RefundListParams

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 30.0
"""How long Stripe may stay silent: a confirmation waits for the card's bank."""
TOTAL_SECONDS: Final = 40.0
"""The limit for an answer that trickles in. Above CONNECT_SECONDS, so that a slow connection is recognised as one."""
PAGE: Final = 100
"""The most that one page of a list may hold."""
MOST_PAGES: Final = 100
"""No list of one customer's objects at Stripe is longer than this many pages."""

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
        """Return this gateway on the same connections, calling `check` before each try; it raises to forbid the try."""
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
        """Send a request that needs the customer. Raise NoPaymentMethod if Stripe knows the customer as deleted.

        A customer that was never there is a matter of set-up: one of another account, or of the test mode.
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
        """Return the fee's intent among the customer's: of several the one that succeeded, else the oldest."""
        intents = self._connected().v1.payment_intents

        async def listed() -> "list[PaymentIntent]":
            wanted: PaymentIntentListParams = {"customer": charge.customer_id, "limit": PAGE}
            wanted["created"] = {"gte": int(since.timestamp())}
            found = await _all_pages(lambda: intents.list_async(wanted, _options(charge.account)), wanted)
            return [each for each in found if metadata_of(each, "payment") == str(charge.fee_id)]

        def first(found: "list[PaymentIntent]") -> Intent | None:
            alive = [each for each in found if each.status != "canceled"]
            alive.sort(key=lambda each: (each.status != "succeeded", each.created, each.id))
            return intent_of(alive[0]) if alive else None

        return await self._ask_of_customer(charge, listed, first)

    async def create(self, charge: Charge) -> str:
        """Create the intent of a fee, unconfirmed; return its id. The same key returns the same intent."""
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
            charge, lambda: intents.create_async(wanted, options), lambda made: id_of(made.id)
        )

    async def card(self, charge: Charge) -> str | None:
        """Return the customer's default card, else the newest saved one; None without one."""
        customers, customer, options = self._connected().v1.customers, charge.customer_id, _options(charge.account)
        saved = await self._ask_of_customer(
            charge,
            lambda: customers.payment_methods.list_async(customer, {"type": "card", "limit": PAGE}, options),
            lambda page: [id_of(each.id) for each in page.data],  # the newest first
        )
        if len(saved) < 2:
            return saved[0] if saved else None
        wished = await self._ask(charge.account, lambda: customers.retrieve_async(customer, {}, options), defaults_of)
        return next((each for each in wished if each in saved), saved[0])

    async def confirm(self, charge: Charge, intent_id: str, card: str, key: str) -> str | None:
        """Take the money without the customer present; return the id of the charge. Each attempt has its own key."""
        intents, options = self._connected().v1.payment_intents, _options(charge.account, key)
        return await self._ask(
            charge.account,
            lambda: intents.confirm_async(intent_id, {"payment_method": card, "off_session": True}, options),
            partial(charge_of_paid, intent_id),
        )

    async def look_up(self, charge: Charge, intent_id: str) -> Intent:
        """Return the current state of an intent."""
        intents, options = self._connected().v1.payment_intents, _options(charge.account)
        return await self._ask(
            charge.account, lambda: intents.retrieve_async(intent_id, {}, options), partial(intent_of, id_=intent_id)
        )

    async def cancel(self, charge: Charge, intent_id: str) -> Intent:
        """Cancel an intent so that it can never be paid; return its state afterwards: it may have been paid before."""
        intents, options = self._connected().v1.payment_intents, _options(charge.account)
        try:
            return await self._ask(
                charge.account, lambda: intents.cancel_async(intent_id, {}, options), partial(intent_of, id_=intent_id)
            )
        except OutcomeUnknown as error:
            if error.code != STATE_MOVED_ON:
                raise
        return await self.look_up(charge, intent_id)

    async def refund(self, refund: Refund) -> str:
        """Give money back; return the refund's id. The same key returns the same refund."""
        refunds, options = self._connected().v1.refunds, _options(refund.account, refund.key)
        wanted: RefundCreateParams = {
            "payment_intent": refund.intent_id,
            "amount": provider_amount(refund.amount_cents, refund.currency),
            "metadata": refund.metadata,
        }
        return await self._ask(
            refund.account, lambda: refunds.create_async(wanted, options), lambda made: id_of(made.id)
        )

    async def refunds(self, refund: Refund) -> list[GivenBack]:
        """Return all refunds of the same intent, whoever made them."""
        refunds = self._connected().v1.refunds

        async def listed() -> "list[stripe.Refund]":
            wanted: RefundListParams = {"payment_intent": refund.intent_id, "limit": PAGE}
            return await _all_pages(lambda: refunds.list_async(wanted, _options(refund.account)), wanted)

        return await self._ask(refund.account, listed, lambda found: [given_back(each, refund) for each in found])


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that the SDK trusts to certify Stripe. Reading the list takes milliseconds, so it is kept."""
    import stripe

    return ssl.create_default_context(cafile=stripe.ca_bundle_path)


async def _all_pages(ask: Callable[[], Awaitable[Any]], wanted: Any) -> list[Any]:
    """Return all objects of a list. Each page is requested by the last id, never by an address from an answer."""
    found: list[Any] = []
    for _ in range(MOST_PAGES):
        page = await ask()
        found += page.data
        if not (page.has_more and page.data):
            return found
        wanted["starting_after"] = id_of(page.data[-1].id)
    raise OutcomeUnknown(Trouble.UNREADABLE)


def _options(account: str | None, key: str | None = None) -> "RequestOptions":
    options: RequestOptions = {}
    if account:
        options["stripe_account"] = account
    if key:
        options["idempotency_key"] = key
    return options
