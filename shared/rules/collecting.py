"""Whether a fee may be charged to the card, and what a decline means for it."""

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from shared.fees import Fee, FeeCode, MissedVisit
from shared.rules.fees import is_too_late
from shared.rules.no_show import local_date

NEVER_AGAIN: Final = frozenset({"do_not_try_again", "confirm_card_data"})
"""Advice of the issuer after which the same card is not tried again."""
HARD_DECLINES: Final = frozenset(
    (
        "card_not_supported currency_not_supported expired_card fraudulent incorrect_number invalid_account "
        "invalid_amount lost_card merchant_blacklist new_account_information_available pickup_card restricted_card "
        "revocation_of_all_authorizations revocation_of_authorization security_violation service_not_allowed "
        "stolen_card stop_payment_order transaction_not_allowed"
    ).split()
)
"""Decline codes that another attempt cannot change (Stripe's list of decline codes)."""
NEEDS_CUSTOMER: Final = "authentication_required"


def is_still_owed(visit: MissedVisit, zone: ZoneInfo) -> bool:
    """Whether the visit counts as missed now: corrected ones are never charged, even before their fee is cancelled."""
    day = local_date(visit.began_at, zone)
    return not visit.is_reversed and any(local_date(each.starts_at, zone) == day for each in visit.missed)


def refusal(fee: Fee, visit: MissedVisit, today: date, *, by_hand: bool) -> FeeCode | None:
    """Return why a fee that is owed is not charged; None when it may be. `today`: the tenant's local date."""
    if not by_hand and is_too_late(fee.visit_on, today):
        return FeeCode.TOO_LATE
    if not visit.owner.is_active:
        return FeeCode.OWNER_INACTIVE
    return None if visit.customer_id else FeeCode.NO_PAYMENT_METHOD


def is_worth_retrying(code: str, advice: str | None) -> bool:
    """Whether a declined card may be tried again. What the issuer advises counts before the decline's own code."""
    if advice in NEVER_AGAIN:
        return False
    return advice == "try_again_later" or code not in HARD_DECLINES
