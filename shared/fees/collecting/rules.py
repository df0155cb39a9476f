"""Whether a fee may be charged to the card, and what a decline means for the fee."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.fees import Fee, FeeCode
from shared.domain.missed_visits import MissedVisit, findable_at
from shared.domain.policy.models import ServedTenant
from shared.domain.quiet_hours import local_date
from shared.fees.pricing import is_too_late


class Verdict(StrEnum):
    """What a decline means for the fee."""

    AGAIN = "tried again after 1, 3 and 7 days"
    ONCE_MORE = "tried again once"
    NEVER = "failed: this card is not tried again"
    CUSTOMER = "requires_action: the bank asks the cardholder first"
    CONFIGURATION = "named as an error: the business's set-up must be fixed"


BY_ADVICE: Final[Mapping[str, Verdict]] = {
    "try_again_later": Verdict.AGAIN,
    "do_not_try_again": Verdict.NEVER,
    "confirm_card_data": Verdict.NEVER,
}
"""By the issuer's advice (https://docs.stripe.com/declines/card#retrying-issuer-declines), which overrides the code."""
_CODES: Final[Mapping[Verdict, str]] = {
    Verdict.AGAIN: "approve_with_id call_issuer card_decline_rate_limit_exceeded card_velocity_exceeded "
    "do_not_honor generic_decline insufficient_funds issuer_not_available no_action_taken processing_error "
    "reenter_transaction try_again_later withdrawal_count_limit_exceeded",
    Verdict.NEVER: "card_not_supported currency_not_supported do_not_try_again duplicate_transaction expired_card "
    "fraudulent highest_risk_level incorrect_address incorrect_cvc incorrect_number incorrect_zip invalid_account "
    "invalid_amount invalid_cvc invalid_expiry_month invalid_expiry_year invalid_number lost_card merchant_blacklist "
    "new_account_information_available not_permitted pickup_card pin_try_exceeded restricted_card "
    "revocation_of_all_authorizations revocation_of_authorization security_violation service_not_allowed stolen_card "
    "stop_payment_order transaction_not_allowed",
    Verdict.CUSTOMER: "authentication_not_handled authentication_required incorrect_pin invalid_pin "
    "mobile_device_authentication_required offline_pin_required online_or_offline_pin_required "
    "payment_intent_authentication_failure",
    Verdict.CONFIGURATION: "live_mode_test_card testmode_decline",
}
BY_CODE: Final[Mapping[str, Verdict]] = {code: verdict for verdict, codes in _CODES.items() for code in codes.split()}
"""By decline code (https://docs.stripe.com/declines/codes). `duplicate_transaction`: staff check if it was paid."""


def is_still_owed(visit: MissedVisit, zone: ZoneInfo) -> bool:
    """Whether the visit still counts as missed: a corrected one is not charged, even before its fee is cancelled."""
    return not visit.is_reversed and bool(visit.of_its_day(zone))


def _was_reminded(visit: MissedVisit, zone: ZoneInfo) -> bool:
    return any(each.id in visit.reminded for each in visit.of_its_day(zone))


def _findable_on(fee: Fee, visit: MissedVisit, served: ServedTenant) -> date:
    """Return the local day on which the visit could first be found."""
    grace, zone = timedelta(minutes=served.policy.no_show.grace_minutes), served.zone
    missed = (each for each in visit.attendance if not each.came)
    its = (each for each in missed if local_date(each.starts_at, zone) == fee.visit_on)
    findable = [findable_at(each.starts_at, each.ends_at, grace, zone) for each in its]
    return local_date(min(findable), zone) if findable else fee.visit_on


def refusal(fee: Fee, visit: MissedVisit, served: ServedTenant, now: datetime, *, by_staff: bool) -> FeeCode | None:
    """Return why a fee that is owed is not charged; None when it may be."""
    if not by_staff and is_too_late(_findable_on(fee, visit, served), local_date(now, served.zone)):
        return FeeCode.TOO_LATE
    if not by_staff and served.policy.no_show.fee_requires_delivered_reminder and not _was_reminded(visit, served.zone):
        return FeeCode.NO_DELIVERED_REMINDER
    if not visit.owner.is_active:
        return FeeCode.OWNER_INACTIVE
    return None if visit.customer_id else FeeCode.NO_PAYMENT_METHOD


def verdict(code: str, advice: str | None) -> Verdict:
    """Return what a decline means. The issuer's advice overrides the decline's own code."""
    if code == "authentication_required" or advice == "authentication_required":
        return Verdict.CUSTOMER
    return BY_ADVICE.get(advice or "") or BY_CODE.get(code, Verdict.ONCE_MORE)


def is_tried_again(found: Verdict, declines: int) -> bool:
    """Whether a declined card is tried again. `declines`: earlier ones of the same fee."""
    return found is Verdict.AGAIN or (found is Verdict.ONCE_MORE and declines == 0)
