"""What is foretold, in sentences for people."""

from zoneinfo import ZoneInfo

from shared.domain.fees import FeeStatus, fee_code_words
from shared.domain.records import Kind, mask_phone
from shared.operations.forecast.events import Event, Step
from shared.operations.words import KIND_WORDS, amount_words, moment_words, reason_words, segments_words


def sentence(event: Event, zone: ZoneInfo) -> str:
    """Return what an event says will happen. Times in the zone of the business; the owner's number is masked."""
    at = moment_words(event.at, zone)
    match event.step:
        case Step.TEXT:
            words = f"{KIND_WORDS[Kind(event.kind)]} to {mask_phone(event.phone)}, {segments_words(event.segments)}"
            return f"{at}  {words}: {event.body}"
        case Step.NO_TEXT:
            return f"{at}  {KIND_WORDS[Kind(event.kind)]} not sent: {why(event)}"
        case Step.MISSED:
            no_fee = f": {why(event)}" if event.reason else ""
            return f"{at}  marked as missed, unless an arrival is recorded before{no_fee}"
        case Step.NOT_MISSED:
            return f"{at}  not marked as missed: {why(event)}"
        case Step.HELD:
            return f"{at}  {event.body} is held back, nothing is marked: {why(event)}"
        case Step.SCORE:
            return f"{at}  reputation {event.amount:+d} ({event.kind.replace('_', ' ')}), {event.score} after that run"
    return f"{at}  {_of_money(event, zone)}"


def _of_money(event: Event, zone: ZoneInfo) -> str:
    amount = amount_words(event.amount or 0, event.currency or "USD")
    if event.step is Step.CHARGED:
        return f"{amount} charged to the saved card, unless the bank refuses"
    if event.step is Step.NOT_CHARGED:
        return f"{amount} not charged: {why(event)}"
    if event.step is Step.CLOSED:
        what = "to be given back" if event.status == FeeStatus.NEEDS_REFUND else event.status
        return f"fee of {amount} {what}: {why(event)}"
    if event.reason:
        return f"fee of {amount} written, not to be charged: {why(event)}"
    return f"fee of {amount} written" + (
        f", to be charged from {moment_words(event.until, zone)}" if event.until else ""
    )


def why(event: Event) -> str:
    """Return the sentence for an event's reason."""
    is_of_fee = event.step in (Step.NOT_CHARGED, Step.FEE, Step.CHARGED, Step.CLOSED)
    return reason_words(fee_code_words(event.reason) if is_of_fee else event.reason)  # a bank's own code stays
