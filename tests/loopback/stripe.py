"""A scripted stand-in for Stripe: stateful, on a real socket, and as difficult as a test wants it.

In a test: `with LoopbackStripe() as stripe: ...`. As a process of its own, for crash tests:
`python -m tests.loopback.stripe --port 8011`, whose books `GET /ledger` shows to other processes, and whose clock
`GET /clock?at=2026-03-03T17:00:00Z` sets.
"""

import argparse
import json
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tests.loopback.http import Request, Response, Server

SECRET: Final = "sk_test_loopback_0123456789"
KEY_LIFE: Final = 24 * 3600.0
"""Seconds after which a key is forgotten: Stripe promises no more."""
THREE_DECIMALS: Final = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
LEAST: Final = {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50}
Form = Mapping[str, str]
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """An answer that is no success."""

    status: int
    error: Object

    def body(self) -> Object:
        return {"error": self.error}


def invalid(code: str | None = None, status: int = 400, **more: Any) -> Refusal:
    """Refused as a request that cannot be meant."""
    return Refusal(status, {"type": "invalid_request_error", "code": code, "message": "no", **more})


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request is answered. `is_done`: it takes effect; `refusal`: what is said instead of the result.

    `is_kept`: what is said is what the key says from now on; `response`: everything else about it; `spoil`: makes
    another body of the one that would be said.
    """

    is_done: bool = True
    refusal: Refusal | None = None
    is_kept: bool = True
    response: Response = field(default_factory=Response)
    body: bytes | None = None
    spoil: Callable[[Any], Any] | None = None


def throttled() -> Answer:
    """429, one of a storm."""
    return Answer(False, Refusal(429, {"type": "invalid_request_error", "code": "rate_limit"}), is_kept=False)


def conflict() -> Answer:
    """409: the same key is at work in another request."""
    return Answer(False, Refusal(409, {"type": "idempotency_error", "code": "idempotency_key_in_use"}), is_kept=False)


def failing(status: int = 500, *, is_done: bool = False, is_kept: bool = True) -> Answer:
    """A server error before or after it took effect. Stripe keeps it under the key."""
    return Answer(is_done, Refusal(status, {"type": "api_error", "message": "oh"}), is_kept=is_kept)


def dropped(*, is_done: bool = True) -> Answer:
    """The connection is dropped instead of an answer."""
    return Answer(is_done, is_kept=is_done, response=Response(cut=0))


def silent(*, is_done: bool = True) -> Answer:
    """Nothing comes back."""
    return Answer(is_done, is_kept=is_done, response=Response(never=True))


def late(seconds: float) -> Answer:
    """Done, and said so late."""
    return Answer(response=Response(delay=seconds))


def garbled(body: bytes = b"<html>", status: int = 200) -> Answer:
    """Done, and answered with something else than Stripe describes."""
    return Answer(response=Response(status=status), body=body)


@dataclass(frozen=True, slots=True)
class Card:
    """A saved card. `code`, `advice`: how it is declined; None: it pays."""

    id: str
    code: str | None = None
    advice: str | None = None


class LoopbackStripe(Server):
    """Keeps books. `script`: by operation (create, confirm, cancel, find, look_up, cards, customer, refund, refunds),
    how the next requests are answered; when it is used up, as by a Stripe that is well.

    `cards`: by customer, the newest first, where it is not the one ordinary card; `defaults`: by customer; `missing`,
    `deleted`: customers that never were, and that were once; `accounts`: the connected ones; `lag`: seconds after which
    a list shows an intent; `headers`: of every answer.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(self._answer_or_fault, port)
        self.faults: list[Exception] = []
        self.script: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self.always: dict[str, Answer] = {}
        self.intents: dict[str, Object] = {}
        self.charges: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.keys: dict[tuple[str | None, str], tuple[float, Any, int, bytes]] = {}
        self.cards: dict[str, list[Card]] = {}
        self.defaults: dict[str, str] = {}
        self.missing: set[str] = set()
        self.deleted: set[str] = set()
        self.accounts: set[str] = {"acct_1"}
        self.lag = 0.0
        self.headers: dict[str, str] = {}
        self.seen: list[tuple[str, Request]] = []
        self.clock: Callable[[], float] = time.time

    def says(self, operation: str, *answers: Answer) -> None:
        """Script the next answers to an operation."""
        self.script[operation].extend(answers)

    def __exit__(self, *told: object) -> None:
        super().__exit__(*told)
        assert self.faults == []

    # One request

    def _answer_or_fault(self, request: Request) -> Response:
        """Answer; a fault of this stand-in must not pass for a dropped connection."""
        try:
            return self._answer(request)
        except Exception as fault:
            self.faults.append(fault)
            raise

    def _answer(self, request: Request) -> Response:
        if request.path == "/ledger":
            return Response(body=json.dumps(self.ledger()).encode())
        if request.path == "/clock":
            stands_at = datetime.fromisoformat(request.query["at"]).timestamp()
            self.clock = lambda: stands_at
            return Response()
        operation, target = _operation(request)
        self.seen.append((operation, request))
        answer = self.script[operation].popleft() if self.script[operation] else self.always.get(operation, Answer())
        status, body, headers = self._decided(operation, target, request, answer)
        shown = answer.response
        if answer.body is not None:
            status, body = shown.status, answer.body
        if answer.spoil is not None:
            status, body = shown.status, json.dumps(answer.spoil(json.loads(body or b"{}"))).encode()
        return Response(
            status, body, headers | self.headers | shown.headers, shown.delay, shown.pause, shown.cut, shown.never
        )

    def _decided(
        self, operation: str, target: str, request: Request, answer: Answer
    ) -> tuple[int, bytes, dict[str, str]]:
        account, key = request.headers.get("stripe-account"), request.headers.get("idempotency-key")
        try:
            self._admit(request, account)
            if key and answer.is_kept and (kept := self._kept(account, key, request)):
                return *kept, {"Idempotent-Replayed": "true"}
        except Refusal as refusal:
            return refusal.status, json.dumps(refusal.body()).encode(), {}
        status, said = self._done(operation, target, request, account) if answer.is_done else (0, {})
        if answer.refusal:
            status, said = answer.refusal.status, answer.refusal.body()
        body = json.dumps(said).encode()
        is_validated = not (status == 400 and said["error"].get("code") == "parameter_missing")
        if key and answer.is_kept and is_validated:
            self.keys[account, key] = (self.clock(), _print_of(request), status, body)
        return status, body, {}

    def _admit(self, request: Request, account: str | None) -> None:
        if request.headers.get("authorization") != f"Bearer {SECRET}":
            raise Refusal(401, {"type": "invalid_request_error", "message": "Invalid API Key"})
        if account and account not in self.accounts:
            raise invalid("account_invalid", 403)

    def _kept(self, account: str | None, key: str, request: Request) -> tuple[int, bytes] | None:
        found = self.keys.get((account, key))
        if found is None or self.clock() - found[0] > KEY_LIFE:
            return None
        _, its_print, status, body = found
        if its_print != _print_of(request):
            raise Refusal(400, {"type": "idempotency_error", "message": "same key, other parameters"})
        return status, body

    def _done(self, operation: str, target: str, request: Request, account: str | None) -> tuple[int, Object]:
        do: dict[str, Callable[[str, Request, str | None], Object]] = {
            "create": self._create,
            "confirm": self._confirm,
            "look_up": self._look_up,
            "find": self._find,
            "cards": self._cards,
            "customer": self._customer,
            "refund": self._refund,
            "refunds": self._list_refunds,
            "cancel": self._cancel,
        }
        try:
            return 200, do[operation](target, request, account)
        except Refusal as refusal:
            return refusal.status, refusal.body()

    # What Stripe does

    def _create(self, _: str, request: Request, account: str | None) -> Object:
        form = request.form
        self._known_customer(form["customer"])
        amount, currency = int(form["amount"]), form["currency"]
        if amount < LEAST.get(currency, 1):
            raise invalid("amount_too_small")
        if currency in THREE_DECIMALS and amount % 10:
            raise invalid("parameter_invalid_integer", param="amount")
        intent = {
            "id": f"pi_{len(self.intents) + 1:06}",
            "object": "payment_intent",
            "amount": amount,
            "amount_received": 0,
            "currency": currency,
            "customer": form["customer"],
            "created": int(self.clock()),
            "description": form.get("description"),
            "metadata": _nested(form, "metadata"),
            "status": "requires_payment_method",
            "last_payment_error": None,
            "latest_charge": None,
            "account": account,
        }
        self.intents[intent["id"]] = intent
        return dict(intent)

    def _confirm(self, target: str, request: Request, account: str | None) -> Object:
        intent = self._intent(target, account)
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            raise invalid("payment_intent_unexpected_state", payment_intent=dict(intent))
        if request.form.get("off_session") != "true":
            raise invalid("parameter_missing", param="off_session")
        cards = {each.id: each for each in self.cards_of(intent["customer"])}
        card = cards.get(request.form["payment_method"])
        if card is None:
            raise invalid("resource_missing", param="payment_method")
        charge = {"id": f"ch_{len(self.charges) + 1:06}", "intent": target, "amount": intent["amount"]}
        self.charges[charge["id"]] = charge | {"paid": card.code is None, "card": card.id}
        intent["latest_charge"] = charge["id"]
        if card.code:
            code = card.code if card.code == "authentication_required" else "card_declined"
            error = {"type": "card_error", "code": code, "charge": charge["id"], "message": "declined"}
            error |= {"decline_code": card.code, "advice_code": card.advice}
            intent["last_payment_error"] = error
            raise Refusal(402, {**error, "payment_intent": dict(intent)})
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "last_payment_error": None}
        return dict(intent)

    def _cancel(self, target: str, _: Request, account: str | None) -> Object:
        intent = self._intent(target, account)
        if intent["status"] in ("succeeded", "canceled", "processing"):
            raise invalid("payment_intent_unexpected_state", payment_intent=dict(intent))
        intent["status"] = "canceled"
        return dict(intent)

    def _look_up(self, target: str, _: Request, account: str | None) -> Object:
        return dict(self._intent(target, account))

    def _find(self, _: str, request: Request, account: str | None) -> Object:
        since, shown = int(request.query["created[gte]"]), self.clock() - self.lag
        found = [
            each
            for each in self.intents.values()
            if each["customer"] == request.query["customer"]
            and each["account"] == account
            and since <= each["created"] <= shown
        ]
        return _page(found[::-1], request)

    def _cards(self, target: str, request: Request, _: str | None) -> Object:
        self._known_customer(target)
        cards = [{"id": each.id, "object": "payment_method", "type": "card"} for each in self.cards_of(target)]
        return _page(cards, request)

    def _customer(self, target: str, _: Request, __: str | None) -> Object:
        if target in self.deleted:
            return {"id": target, "object": "customer", "deleted": True}
        self._known_customer(target)
        settings = {"default_payment_method": self.defaults.get(target)}
        return {"id": target, "object": "customer", "default_source": None, "invoice_settings": settings}

    def _refund(self, _: str, request: Request, account: str | None) -> Object:
        intent, amount = self._intent(request.form["payment_intent"], account), int(request.form["amount"])
        left = intent["amount_received"] - sum(
            each["amount"]
            for each in self.refunds.values()
            if each["payment_intent"] == intent["id"] and each["status"] not in ("failed", "canceled")
        )
        if intent["status"] != "succeeded":
            raise invalid("charge_not_refundable")
        if not left:
            raise invalid("charge_already_refunded")
        if amount > left:
            raise invalid(None, message="greater than unrefunded amount")
        refund = {"id": f"re_{len(self.refunds) + 1:06}", "object": "refund", "amount": amount, "status": "succeeded"}
        refund |= {"payment_intent": intent["id"], "metadata": _nested(request.form, "metadata")}
        self.refunds[refund["id"]] = refund
        return dict(refund)

    def _list_refunds(self, _: str, request: Request, __: str | None) -> Object:
        wanted = request.query["payment_intent"]
        return _page([each for each in self.refunds.values() if each["payment_intent"] == wanted][::-1], request)

    def _intent(self, id_: str, account: str | None) -> Object:
        found = self.intents.get(id_)
        if found is None or found["account"] != account:
            raise invalid("resource_missing", 404)
        return found

    def _known_customer(self, id_: str) -> None:
        if id_ in self.missing | self.deleted:
            raise invalid("resource_missing", 404 if id_ else 400, param="customer")

    def cards_of(self, customer: str) -> list[Card]:
        """The saved cards of a customer, the newest first."""
        return self.cards.get(customer, [Card(f"pm_{customer}")])

    # The books

    def ledger(self) -> Object:
        """What was created, charged and given back."""
        return {
            "intents": list(self.intents.values()),
            "charges": list(self.charges.values()),
            "refunds": list(self.refunds.values()),
        }

    @property
    def paid(self) -> list[Object]:
        """The charges that took money."""
        return [each for each in self.charges.values() if each["paid"]]

    def times(self, operation: str) -> int:
        """How often an operation was asked for."""
        return sum(each == operation for each, _ in self.seen)


_PATHS: Final = (
    ("POST", r"/v1/payment_intents", "create"),
    ("GET", r"/v1/payment_intents", "find"),
    ("POST", r"/v1/payment_intents/(\w+)/confirm", "confirm"),
    ("GET", r"/v1/payment_intents/([\w-]+)", "look_up"),
    ("GET", r"/v1/customers/(\w+)/payment_methods", "cards"),
    ("GET", r"/v1/customers/(\w+)", "customer"),
    ("POST", r"/v1/refunds", "refund"),
    ("GET", r"/v1/refunds", "refunds"),
    ("POST", r"/v1/payment_intents/(\w+)/cancel", "cancel"),
)


def _operation(request: Request) -> tuple[str, str]:
    for method, path, operation in _PATHS:
        if method == request.method and (match := re.fullmatch(path, request.path)):
            return operation, match[1] if match.groups() else ""
    raise AssertionError(f"nobody should ask for {request.method} {request.path}")


def _print_of(request: Request) -> Any:
    return request.path, sorted(request.form.items())


def _nested(form: Form, name: str) -> dict[str, str]:
    return {key[len(name) + 1 : -1]: value for key, value in form.items() if key.startswith(f"{name}[")}


def _page(found: Iterable[Object], request: Request) -> Object:
    rows, after = list(found), request.query.get("starting_after")
    if after:
        rows = rows[[each["id"] for each in rows].index(after) + 1 :]
    limit = int(request.query.get("limit", 10))
    return {"object": "list", "data": rows[:limit], "has_more": len(rows) > limit, "url": request.path}


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8011)
    stripe = LoopbackStripe(parser.parse_args().port)
    with stripe, suppress(KeyboardInterrupt):
        print(stripe.url, flush=True)  # noqa: T201
        threading.Event().wait()


if __name__ == "__main__":
    main()
