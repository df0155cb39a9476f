"""What the providers answer: everything works, or some numbers are refused and some cards declined."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.gateways.payments import Charge, ConsolePayments, Declined
from shared.gateways.sms import Accepted, Logged, Rejected, Sms
from shared.operations.forecast import Event, Step


@dataclass(slots=True)
class Recorder:
    """A gateway that accepts everything and remembers it until it is emptied."""

    accepted: list[Sms] = field(default_factory=list)

    def connected(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def send(self, sms: Sms) -> Accepted:
        self.accepted.append(sms)
        return Accepted(f"SM{sms.notification_id.hex}")

    async def log(self, since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        """No carrier has reported anything: what was sent stays sent."""
        for entry in ():
            yield entry


@dataclass(slots=True)
class Answers:
    """The answers of one instant that nobody can foretell: refused texts, and declined charges by fee."""

    refused: list[Sms] = field(default_factory=list)
    declined: list[UUID] = field(default_factory=list)

    def clear(self) -> None:
        self.refused.clear()
        self.declined.clear()


@dataclass(slots=True)
class Refusing(Recorder):
    """Refuses every text to one number of seven."""

    answers: Answers = field(default_factory=Answers)

    async def send(self, sms: Sms) -> Accepted:
        if int(sms.to) % 7 == 0:
            self.answers.refused.append(sms)
            raise Rejected("21614")
        return await Recorder.send(self, sms)


class Declining(ConsolePayments):
    """Declines two of three charges, for good or to be tried again."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    async def confirm(self, charge: Charge, intent_id: str, card: str, key: str) -> str | None:
        if code := ("insufficient_funds", "stolen_card", None)[charge.fee_id.int % 3]:
            self.answers.declined.append(charge.fee_id)
            raise Declined(code)
        return await super().confirm(charge, intent_id, card, key)


@dataclass(frozen=True, slots=True)
class Providers:
    """The two of one world, and their answers that nobody can foretell."""

    sms: Recorder = field(default_factory=Recorder)
    payments: ConsolePayments = field(default_factory=ConsolePayments)
    answers: Answers = field(default_factory=Answers)


def moody() -> Providers:
    answers = Answers()
    return Providers(Refusing(answers=answers), Declining(answers), answers)


def _is_refused(event: Event, answers: Answers, *, is_foretold: bool) -> bool:
    if is_foretold:
        return event.step is Step.TEXT and (event.phone, event.body) in {(sms.to, sms.body) for sms in answers.refused}
    return event.reason == "rejected" and event.phone in {sms.to for sms in answers.refused}


def _is_declined(event: Event, answers: Answers, *, is_foretold: bool) -> bool:
    return (
        event.step is (Step.CHARGED if is_foretold else Step.NOT_CHARGED) and event.subject_ids[0] in answers.declined
    )


def _is_about_a_decline(event: Event, answers: Answers, *, is_foretold: bool) -> bool:
    is_its = event.kind == ("fee_receipt" if is_foretold else "fee_failed")
    return is_its and event.step is Step.TEXT and event.subject_ids[0] in answers.declined


UNFORESEEABLE: Final[Mapping[str, Callable[..., bool]]] = {
    "a text is foretold that the provider then refuses": _is_refused,
    "a charge is foretold that the bank then declines": _is_declined,
    "the receipt of such a charge is foretold, or another text leaves instead": _is_about_a_decline,
}
"""All in which the deed may differ from what was foretold."""


def why_unforeseeable(event: Event, answers: Answers, *, is_foretold: bool) -> str | None:
    """Return why an event is only foretold, or only done; None if it should be both."""
    fitting = (why for why, fits in UNFORESEEABLE.items() if fits(event, answers, is_foretold=is_foretold))
    return next(fitting, None)
