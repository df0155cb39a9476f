"""The meaning of Twilio's codes, and the action for each. Codes: https://www.twilio.com/docs/api/errors."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from shared.gateways.sms import (
    CredentialsRefused,
    DailyCapReached,
    NotProcessed,
    OptedOut,
    OutcomeUnknown,
    Rejected,
    SenderRefused,
    SmsError,
)


class Action(StrEnum):
    """The action after a text that was not taken."""

    REJECT = "never sent again"
    OPT_OUT = "never sent again, consent withdrawn"
    RETRY = "sent again later"
    NEXT_DAY = "the business waits for the next day"
    FIX_SENDER = "the business waits for the next day, then one text is tried"
    STOP = "the run stops"
    ASK = "the log is asked first"


ERRORS: Final[Mapping[Action, type[SmsError]]] = {
    Action.REJECT: Rejected,
    Action.OPT_OUT: OptedOut,
    Action.RETRY: NotProcessed,
    Action.NEXT_DAY: DailyCapReached,
    Action.FIX_SENDER: SenderRefused,
    Action.STOP: CredentialsRefused,
    Action.ASK: OutcomeUnknown,
}


class Code(NamedTuple):
    """A code's meaning for people. `is_dead_number`: nobody will ever be reached at that number.

    `is_country_barred`: the number's country cannot be texted.
    """

    action: Action
    words: str
    is_dead_number: bool = False
    is_country_barred: bool = False


DEAD: Final = True
LARGEST: Final = 999_999

CODES: Final[Mapping[int | None, Code]] = {
    # The account
    20003: Code(Action.STOP, "the account SID or the auth token is wrong"),
    20005: Code(Action.STOP, "the account is not active"),
    20008: Code(Action.STOP, "these are test credentials"),
    20403: Code(Action.STOP, "the account may not do this"),
    20404: Code(Action.STOP, "there is no such account"),
    30002: Code(Action.STOP, "the account is suspended"),
    # Too much at once
    20429: Code(Action.RETRY, "too many requests at once"),
    21611: Code(Action.RETRY, "the sender's queue is full"),
    30001: Code(Action.RETRY, "the queue overflowed"),
    30022: Code(Action.RETRY, "the carrier's rate limit is reached"),
    30023: Code(Action.NEXT_DAY, "the carrier's daily limit is reached"),
    63038: Code(Action.NEXT_DAY, "the account's daily limit is reached"),
    # Twilio's own trouble
    20500: Code(Action.ASK, "an error inside Twilio"),
    20503: Code(Action.ASK, "Twilio is unavailable"),
    # The sender
    21212: Code(Action.FIX_SENDER, "the sender's number is not valid"),
    21603: Code(Action.FIX_SENDER, "there is no sender"),
    21606: Code(Action.FIX_SENDER, "the sender cannot text this number"),
    21607: Code(Action.FIX_SENDER, "a trial account must send from its own number"),
    21659: Code(Action.FIX_SENDER, "the sender is not a Twilio number"),
    21660: Code(Action.FIX_SENDER, "the sender belongs to another account"),
    21661: Code(Action.FIX_SENDER, "the sender's number cannot send texts"),
    21701: Code(Action.FIX_SENDER, "there is no such messaging service"),
    21703: Code(Action.FIX_SENDER, "the messaging service has no sender"),
    21704: Code(Action.FIX_SENDER, "the messaging service has no sender for this"),
    21705: Code(Action.FIX_SENDER, "the messaging service is not valid"),
    21712: Code(Action.FIX_SENDER, "the sender is not in the messaging service"),
    30032: Code(Action.FIX_SENDER, "the toll-free sender is not verified"),
    30034: Code(Action.FIX_SENDER, "the sender is not registered (US A2P 10DLC)"),
    30450: Code(Action.FIX_SENDER, "the account's protection against SMS pumping blocked it"),
    30610: Code(Action.FIX_SENDER, "the account's compliance toolkit blocked it"),
    # The recipient
    21610: Code(Action.OPT_OUT, "the recipient replied STOP"),
    21211: Code(Action.REJECT, "not a valid phone number", DEAD),
    21217: Code(Action.REJECT, "not a valid phone number", DEAD),
    21265: Code(Action.REJECT, "the number is a short code", DEAD),
    21266: Code(Action.REJECT, "the number is the sender's own"),
    21268: Code(Action.REJECT, "a premium or information service", DEAD),
    21408: Code(Action.REJECT, "the account may not text that country", is_country_barred=True),
    21604: Code(Action.REJECT, "there is no recipient"),
    21608: Code(Action.REJECT, "a trial account texts verified numbers only"),
    21612: Code(Action.REJECT, "this sender cannot reach this number", is_country_barred=True),
    21614: Code(Action.REJECT, "not a mobile number", DEAD),
    21635: Code(Action.REJECT, "the number is a landline", DEAD),
    # The text
    21602: Code(Action.REJECT, "the text is empty"),
    21617: Code(Action.REJECT, "the text is longer than 1,600 characters"),
    # Delivery: known afterwards, from the receipt
    30003: Code(Action.REJECT, "the phone was off or out of reach"),
    30004: Code(Action.REJECT, "the message was blocked"),
    30005: Code(Action.REJECT, "the number is unknown or no longer in service", DEAD),
    30006: Code(Action.REJECT, "a landline, or a carrier that takes no texts", DEAD),
    30007: Code(Action.REJECT, "filtered by the carrier or by Twilio"),
    30008: Code(Action.REJECT, "not delivered, for an unknown reason"),
    30036: Code(Action.REJECT, "it could not be delivered in time"),
}


class Trouble(StrEnum):
    """Codes of our own for requests without one of Twilio's: how far the request got."""

    NO_DNS = "connect_dns"
    NO_TLS = "connect_tls"
    NO_CONNECTION = "connect_failed"
    CONNECT_TIMEOUT = "connect_timeout"
    TIMEOUT = "timeout"
    DROPPED = "dropped"
    UNREADABLE = "unreadable"


def refusal(status: int, code: int | None, retry_after: float | None = None) -> SmsError:
    """Return the error for an answer that is not a success. `code`: Twilio's; None if the answer has none.

    An answer without a code comes not from Twilio itself but from something on the way, such as a proxy.
    """
    error = ERRORS[_action(status, code)]
    name = str(code or f"http_{status}")
    if issubclass(error, NotProcessed):
        return error(name, retry_after)
    if issubclass(error, Rejected):
        return error(name, is_dead_number=is_dead_number(code), is_country_barred=is_country_barred(code))
    return error(name)


def code_of(value: object) -> int | None:
    """Return one of Twilio's codes as a number, None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(LARGEST)):
        value = int(value)
    return value if isinstance(value, int) and 10_000 <= value <= LARGEST else None


def _action(status: int, code: int | None) -> Action:
    if not 400 <= status < 500:
        return Action.ASK
    if code in CODES:
        return CODES[code].action
    if status in (401, 429):
        return Action.STOP if status == 401 else Action.RETRY
    return Action.REJECT if code else Action.RETRY


def is_dead_number(code: int | None) -> bool:
    """Whether a code means that nobody will ever be reached at the number."""
    return code in CODES and CODES[code].is_dead_number


def is_country_barred(code: int | None) -> bool:
    """Whether a code means that the sender may not text the number's country."""
    return code in CODES and CODES[code].is_country_barred


def is_sender_trouble(code: int | None) -> bool:
    """Whether a code means that the sender, not the number, is at fault."""
    return code in CODES and CODES[code].action is Action.FIX_SENDER


def is_opt_out(code: int | None) -> bool:
    """Whether a code means that the recipient wants no texts from this sender."""
    return code in CODES and CODES[code].action is Action.OPT_OUT
