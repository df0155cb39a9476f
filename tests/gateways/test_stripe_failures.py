"""How far a request to Stripe got when it failed, and what is asked again."""

import logging
import socket
import sys
from collections.abc import Awaitable, Callable

import pytest

from shared.gateways.payments import (
    Charge,
    Declined,
    Misconfigured,
    NotProcessed,
    OutcomeUnknown,
    PaymentCredentialsRefused,
    PaymentError,
    ProviderFailed,
)
from shared.gateways.stripe_payments import StripePayments
from tests.gateways.stripe_asking import LONG_AGO, asking, charge, confirmed, created, refund, trouble
from tests.loopback.stripe import (
    SECRET,
    Answer,
    Card,
    LoopbackStripe,
    Refusal,
    conflict,
    dropped,
    failing,
    garbled,
    invalid,
    late,
    silent,
    throttled,
)

TRIES = 3


def refusing(status: int, code: str | None = None) -> Answer:
    return Answer(False, invalid(code, status), is_kept=False)


def meant(error: PaymentError) -> tuple[type[PaymentError], str]:
    return type(error), error.code


@pytest.mark.parametrize(
    ("answer", "expected", "times"),
    [
        (throttled(), (NotProcessed, "rate_limit"), TRIES),
        (conflict(), (OutcomeUnknown, "idempotency_key_in_use"), TRIES),
        (failing(), (ProviderFailed, "api_error"), TRIES),
        (failing(503, is_kept=False), (ProviderFailed, "api_error"), TRIES),
        (dropped(is_done=False), (OutcomeUnknown, "dropped"), TRIES),
        (garbled(), (OutcomeUnknown, "unreadable"), 1),
        (garbled(b"{}"), (OutcomeUnknown, "unreadable"), 1),
        (garbled(b"[]"), (OutcomeUnknown, "unreadable"), 1),
        (garbled(b"<html>", 502), (ProviderFailed, "http_502"), TRIES),
        (garbled(b"<html>", 400), (Misconfigured, "http_400"), 1),
        (refusing(401), (PaymentCredentialsRefused, "invalid_request_error"), 1),
        (refusing(403, "secret_key_required"), (PaymentCredentialsRefused, "secret_key_required"), 1),
        (refusing(400, "resource_missing"), (Misconfigured, "resource_missing"), 1),
        (refusing(404, "resource_missing"), (Misconfigured, "resource_missing"), 1),
        (refusing(400, "amount_too_small"), (Misconfigured, "amount_too_small"), 1),
        (refusing(400, "payment_intent_unexpected_state"), (OutcomeUnknown, "payment_intent_unexpected_state"), 1),
    ],
    ids=lambda each: str(each) if isinstance(each, tuple) else "",
)
def test_what_an_answer_means_and_how_often_it_is_asked_for(
    stripe_server: LoopbackStripe,
    stripe: StripePayments,
    answer: Answer,
    expected: tuple[type[PaymentError], str],
    times: int,
) -> None:
    stripe_server.always["create"] = answer
    assert meant(trouble(stripe, lambda it: it.create(charge()))) == expected
    assert stripe_server.times("create") == times


@pytest.mark.parametrize("answer", [throttled(), conflict(), failing(503, is_kept=False), dropped(), silent()], ids=str)
def test_what_passes_is_asked_again_under_the_same_key_and_takes_effect_once(
    stripe_server: LoopbackStripe, stripe: StripePayments, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.gateways.stripe_payments.READ_SECONDS", 0.3)
    id_ = created(stripe)
    stripe_server.says("confirm", answer)
    assert confirmed(stripe, id_) is not None
    keys = {request.headers["idempotency-key"] for operation, request in stripe_server.seen if operation == "confirm"}
    assert (keys, stripe_server.times("confirm"), len(stripe_server.paid)) == ({"first"}, 2, 1)


def test_a_slow_answer_is_waited_for(stripe_server: LoopbackStripe, stripe: StripePayments) -> None:
    stripe_server.says("create", late(0.3))
    created(stripe)
    assert stripe_server.times("create") == 1


def test_silence_is_unclear(
    stripe_server: LoopbackStripe, stripe: StripePayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.gateways.stripe_payments.READ_SECONDS", 0.1)
    stripe_server.always["create"] = silent()
    assert meant(trouble(stripe, lambda it: it.create(charge()))) == (OutcomeUnknown, "timeout")


def test_no_connection_means_that_nothing_was_done() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gateway = StripePayments(SECRET, f"http://127.0.0.1:{unused.getsockname()[1]}", pauses=(0, 0))
        assert meant(trouble(gateway, lambda it: it.create(charge()))) == (NotProcessed, "no_connection")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a full queue waiting: elsewhere it is refused")
def test_a_connection_that_is_not_made_in_time_means_that_nothing_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.gateways.stripe_payments.CONNECT_SECONDS", 0.1)
    with socket.socket() as busy, socket.socket() as first:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        first.connect(busy.getsockname())  # fills the queue: nobody takes it out
        gateway = StripePayments(SECRET, f"http://127.0.0.1:{busy.getsockname()[1]}", pauses=())
        assert meant(trouble(gateway, lambda it: it.create(charge()))) == (NotProcessed, "no_connection")


def test_after_one_unclear_try_the_whole_is_unclear(stripe_server: LoopbackStripe, stripe: StripePayments) -> None:
    id_ = created(stripe)
    stripe_server.says("confirm", dropped(), throttled(), throttled())
    assert meant(trouble(stripe, lambda it: it.confirm(charge(), id_, "pm_cus_1", "first"))) == (
        OutcomeUnknown,
        "rate_limit",
    )
    assert len(stripe_server.paid) == 1


def test_stripe_may_ask_not_to_be_asked_again(stripe_server: LoopbackStripe, stripe: StripePayments) -> None:
    stripe_server.headers = {"Stripe-Should-Retry": "false"}
    stripe_server.always["create"] = failing()
    trouble(stripe, lambda it: it.create(charge()))
    assert stripe_server.times("create") == 1


def test_the_same_key_with_other_parameters_is_a_refusal(stripe: StripePayments) -> None:
    created(stripe)
    error = trouble(stripe, lambda it: it.create(charge(amount_cents=2600)))
    assert meant(error) == (Misconfigured, "idempotency_error")


def test_a_key_is_forgotten_after_a_day_and_creates_anew(stripe_server: LoopbackStripe, stripe: StripePayments) -> None:
    """Why a creation is repeated for 20 hours only, and searched for before."""
    began = stripe_server.clock()
    first = created(stripe)
    stripe_server.clock = lambda: began + 25 * 3600
    assert created(stripe) != first


def test_a_list_may_lag(stripe_server: LoopbackStripe, stripe: StripePayments) -> None:
    """Why a creation under the same key is not given up for an intent that is not listed yet."""
    stripe_server.lag = 60
    id_ = created(stripe)
    assert asking(stripe, lambda it: it.find(charge(), LONG_AGO)) is None
    assert created(stripe) == id_


@pytest.mark.parametrize(
    ("card", "code", "advice"),
    [
        (Card("pm_1", "insufficient_funds", "try_again_later"), "insufficient_funds", "try_again_later"),
        (Card("pm_1", "stolen_card", "do_not_try_again"), "stolen_card", "do_not_try_again"),
        (Card("pm_1", "generic_decline"), "generic_decline", None),
        (Card("pm_1", "authentication_required"), "authentication_required", None),
    ],
)
def test_a_decline_tells_its_code_its_advice_and_its_charge(
    stripe_server: LoopbackStripe, stripe: StripePayments, card: Card, code: str, advice: str | None
) -> None:
    stripe_server.cards["cus_1"] = [card]
    id_ = created(stripe)
    error = trouble(stripe, lambda it: it.confirm(charge(), id_, "pm_1", "first"))
    assert isinstance(error, Declined)
    assert (error.code, error.advice, error.charge_id) == (code, advice, "ch_000001")
    found = asking(stripe, lambda it: it.look_up(charge(), id_))
    assert (found.code, found.advice, found.charge_id) == (code, advice, "ch_000001")
    again = trouble(stripe, lambda it: it.confirm(charge(), id_, "pm_1", "first"))
    assert again.charge_id == "ch_000001"  # a decline is kept under its key: another attempt needs another one


def test_a_confirmation_that_is_not_through_is_unclear(stripe_server: LoopbackStripe, stripe: StripePayments) -> None:
    id_ = created(stripe)
    stripe_server.says("confirm", garbled(b'{"id": "pi_000001", "object": "payment_intent", "status": "processing"}'))
    error = trouble(stripe, lambda it: it.confirm(charge(), id_, "pm_cus_1", "first"))
    assert meant(error) == (OutcomeUnknown, "processing")


@pytest.mark.parametrize("account", ["acct_gone", None])
def test_an_account_that_is_not_there_is_that_business_own_trouble(
    stripe_server: LoopbackStripe, stripe: StripePayments, account: str | None
) -> None:
    if account is None:
        stripe_server.always["create"] = refusing(403, "account_invalid")
    error = trouble(stripe, lambda it: it.create(charge(account=account)))
    assert meant(error) == (Misconfigured if account else PaymentCredentialsRefused, "account_invalid")


ASK: dict[str, Callable[[StripePayments], Awaitable[object]]] = {
    "create": lambda it: it.create(charge()),
    "find": lambda it: it.find(charge(), LONG_AGO),
    "cards": lambda it: it.card(charge()),
    "confirm": lambda it: it.confirm(charge(), "pi_000001", "pm_cus_1", "first"),
    "look_up": lambda it: it.look_up(charge(), "pi_000001"),
    "refund": lambda it: it.refund(refund("pi_000001")),
    "refunds": lambda it: it.refunds(refund("pi_000001")),
}


@pytest.mark.parametrize("operation", ASK)
def test_nothing_of_an_error_but_a_code_gets_out(
    stripe_server: LoopbackStripe, stripe: StripePayments, caplog: pytest.LogCaptureFixture, operation: str
) -> None:
    caplog.set_level(logging.INFO)
    private = Refusal(400, {"type": "invalid_request_error", "message": "ana@example.com has no such thing"})
    stripe_server.always[operation] = Answer(False, private, is_kept=False)
    error = trouble(stripe, ASK[operation])
    said = f"{error!r} {error} {error.__cause__!r} {error.__context__!r} {caplog.text}"
    assert "ana@" not in said
    assert SECRET not in said


def test_a_wrong_key_stops_everything(stripe_server: LoopbackStripe) -> None:
    gateway = StripePayments("sk_test_wrong", stripe_server.url, pauses=(0, 0))
    assert isinstance(trouble(gateway, lambda it: it.create(charge())), PaymentCredentialsRefused)


def test_a_charge_has_no_card_data() -> None:
    assert not {"card", "number", "cvc"} & set(Charge.__dataclass_fields__)
