"""Every request of ours has the shape that Stripe's own SDK describes for it."""

import asyncio
import sys
from typing import Any, Generic, TypeVar

import pytest
from pydantic import ConfigDict, TypeAdapter, ValidationError
from stripe import params

from shared.gateways.stripe_payments import StripePayments
from tests.gateways.stripe_asking import LONG_AGO, charge, refund
from tests.loopback.http import Request
from tests.loopback.stripe import Card, LoopbackStripe

T = TypeVar("T")
DESCRIBED: dict[str, Any] = {
    "create": params.PaymentIntentCreateParams,
    "confirm": params.PaymentIntentConfirmParams,
    "look_up": params.PaymentIntentRetrieveParams,
    "find": params.PaymentIntentListParams,
    "cards": params.CustomerPaymentMethodListParams,
    "customer": params.CustomerRetrieveParams,
    "refund": params.RefundCreateParams,
    "refunds": params.RefundListParams,
}


def adapter(operation: str) -> TypeAdapter[Any]:
    """Return a check that refuses unknown, missing and ill-typed parameters."""
    described = DESCRIBED[operation]
    described.__pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    found = TypeAdapter(described)
    modules = [sys.modules[each.__module__] for each in (*described.__orig_bases__, described)]
    names = {name: value for module in modules for name, value in vars(module).items()}
    found.rebuild(_types_namespace=NOT_IMPORTED | names)
    return found


class SdkObject(Generic[T]):
    """Stands for classes that the SDK's descriptions mention and do not import. We never send one."""


NOT_IMPORTED = {"UntypedStripeObject": SdkObject, "StripeContext": SdkObject}


def nested(fields: dict[str, str]) -> dict[str, Any]:
    """Return `metadata[tenant]=paws` and `types[0]=card` as the objects they stand for."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        head, _, inner = name.partition("[")
        if inner[:-1].isdigit():
            found.setdefault(head, []).append(value)
        elif inner:
            found.setdefault(head, {})[inner[:-1]] = value
        else:
            found[head] = value
    return found


@pytest.fixture
def requests(stripe_server: LoopbackStripe, stripe: StripePayments) -> dict[str, Request]:
    """One request of each kind, as it left."""
    stripe_server.cards["cus_1"] = [Card("pm_1"), Card("pm_2")]

    async def whole() -> None:
        async with stripe.connected():
            its = charge(account="acct_1")
            await stripe.find(its, LONG_AGO)
            id_ = await stripe.create(its)
            await stripe.confirm(its, id_, await stripe.card(its) or "", "first")
            await stripe.look_up(its, id_)
            await stripe.refund(refund(id_, account="acct_1"))
            await stripe.refunds(refund(id_, account="acct_1"))

    asyncio.run(whole())
    return dict(stripe_server.seen)


@pytest.mark.parametrize("operation", DESCRIBED)
def test_a_request_has_the_shape_that_stripe_describes(requests: dict[str, Request], operation: str) -> None:
    request = requests[operation]
    adapter(operation).validate_python(nested({**request.query, **request.form}))


@pytest.mark.parametrize(
    "wrong",
    [{"amount": "many"}, {"currency": None}, {"description": ["a"]}, {"payment_method_types": ["card"]}, {"amout": 1}],
    ids=str,
)
def test_the_description_refuses_what_is_wrong(wrong: dict[str, Any]) -> None:
    sound = {"amount": "2500", "currency": "usd", "customer": "cus_1"}
    adapter("create").validate_python(sound)
    with pytest.raises(ValidationError):
        adapter("create").validate_python(sound | wrong)
