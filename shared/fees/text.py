"""The texts about a missed visit and its fee: their words, and the reasons not to send one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from shared.domain.contact import cannot_text
from shared.domain.fees import Fee, FeeStatus, is_forgiven
from shared.domain.missed_visits import MissedVisit
from shared.domain.notifications import Member
from shared.domain.policy.models import ServedTenant
from shared.domain.reasons import Reason
from shared.domain.records import Appointment, Kind
from shared.fees.visit_queries import missed_visits
from shared.messages.rendering import Text, compose, living_pets, pet_words, sender_words
from shared.messages.wording import day_words, money_words, name_of, template_for, when_words
from shared.planning.subject import SubjectKind

_OWED = frozenset({FeeStatus.PENDING, FeeStatus.PROCESSING, FeeStatus.FAILED, FeeStatus.REQUIRES_ACTION})


def fee_text(kind: Kind, served: ServedTenant, visits: Sequence[MissedVisit], at: datetime) -> Text:
    """Return the text about one missed visit, as it reads when sent at `at` (aware)."""
    (visit,) = visits
    missed = visit.of_its_day(served.zone)
    template, language = template_for(kind, served.policy.sms, visit.owner.language)
    return compose(
        template,
        _words(kind, served, visit, missed, at, language),
        language=language,
        max_segments=served.policy.sms.max_segments,
        can_be_answered=served.can_be_answered,
        pet_count=len(living_pets(missed)),
    )


def _words(
    kind: Kind, served: ServedTenant, visit: MissedVisit, missed: Sequence[Appointment], at: datetime, language: str
) -> dict[str, str]:
    region, is_reminded = served.region, any(each.id in visit.reminded for each in missed)
    fee = visit.fee if visit.fee and (kind is Kind.FEE_RECEIPT or visit.fee.status in _OWED) else None
    starts = [each.starts_at for each in missed] or [visit.began_at]
    return sender_words(served.tenant) | {
        "owner": name_of(visit.owner.first_name),
        "pets": pet_words(living_pets(missed), language=language),
        "when": when_words(starts, zone=served.zone, language=language, region=region, now=at),
        "fee": money_words(fee.amount_cents, fee.currency, language=language, region=region) if fee else "",
        "charge_on": _charge_words(served, visit, fee, language, is_reminded=is_reminded),
    }


def _charge_words(
    served: ServedTenant, visit: MissedVisit, fee: Fee | None, language: str, *, is_reminded: bool
) -> str:
    """Return the local day from which the card is charged; an empty text if none is charged automatically."""
    is_charged = fee and fee.status in (FeeStatus.PENDING, FeeStatus.PROCESSING) and visit.customer_id
    if not (fee and is_charged and fee.due_at and served.policy.no_show.charges_by_itself(is_reminded=is_reminded)):
        return ""
    day = fee.due_at.astimezone(served.zone).date()
    return day_words(day, language=language, region=served.region, weekday=False)


def _objection(kind: Kind, visit: MissedVisit, _member: Member, served: ServedTenant) -> Reason | None:
    if visit.foreign_part:
        return Reason.FOREIGN_REFERENCE
    if kind is not Kind.FEE_RECEIPT and (visit.is_reversed or not visit.of_its_day(served.zone)):
        return Reason.SUPERSEDED if visit.is_superseded else Reason.NO_SHOW_CORRECTED
    if kind is Kind.NO_SHOW_NOTICE and visit.fee and is_forgiven(visit.fee):
        return Reason.NO_SHOW_CORRECTED
    status = visit.fee.status if visit.fee else None
    if kind is Kind.FEE_FAILED and status not in (FeeStatus.FAILED, FeeStatus.REQUIRES_ACTION):
        return Reason.FEE_SETTLED
    return cannot_text(visit.owner, served.region, served.blocked) if visit.owner.is_active else Reason.OWNER_INACTIVE


FEE_TEXT: Final = SubjectKind(missed_visits, _objection, fee_text)
