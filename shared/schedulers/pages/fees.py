"""Fees: by state, with what waits for staff; charge, waive and refund, each with who and why."""

from typing import Final
from uuid import UUID

from starlette.requests import Request

from shared.database.engine import ensure_ready, reading
from shared.domain.fees import UNCOLLECTED, FeeStatus, fee_code_words
from shared.domain.ids import FeeId
from shared.domain.policy.models import zone_or_default
from shared.errors import RunFailed, UsageError
from shared.fees import listing, staff_requests
from shared.fees.listing import ListedFee
from shared.fees.staff_actions import Staff
from shared.fees.staff_requests import LONGEST, Done
from shared.operations.words import amount_words
from shared.schedulers.bodies import Refused
from shared.schedulers.local import LocalHost
from shared.schedulers.pages.choices import business_of, chosen, number_of, pages
from shared.schedulers.pages.frame import Form, View
from shared.stages import collection_for_staff

SIZE: Final = 25
STATES: Final = {
    "waiting for staff": (FeeStatus.FAILED, FeeStatus.REQUIRES_ACTION, FeeStatus.NEEDS_REFUND),
    "open": (FeeStatus.PENDING, FeeStatus.PROCESSING),
    "collected": (FeeStatus.SUCCEEDED,),
    "closed": (FeeStatus.WAIVED, FeeStatus.CANCELLED, FeeStatus.REFUNDED),
}
TONES: Final = {
    FeeStatus.SUCCEEDED: "good",
    FeeStatus.FAILED: "bad",
    FeeStatus.REQUIRES_ACTION: "bad",
    FeeStatus.NEEDS_REFUND: "bad",
    FeeStatus.PENDING: "busy",
    FeeStatus.PROCESSING: "busy",
}
NEXT: Final = {
    FeeStatus.FAILED: "The card is not charged again by itself: charge it when the owner agrees, or waive the fee.",
    FeeStatus.REQUIRES_ACTION: "The bank wants the owner to confirm: ask for another way to pay, or waive the fee.",
    FeeStatus.NEEDS_REFUND: "The visit does not count as missed any more: refund what was paid.",
}
"""What staff can do about a fee that waits for them."""


def show(host: LocalHost, request: Request) -> View:
    """Show a page of fees: those that wait for staff unless others are asked for."""
    asked = request.query_params
    state, number = asked.get("status", next(iter(STATES))), number_of(request)
    statuses = chosen(STATES, FeeStatus, state)
    one, zone = _id(asked.get("id", "")), host.application.zone
    with reading(host.application.engine) as connection:
        business = business_of(connection, request)
        counts = listing.count(connection, STATES["waiting for staff"])
        if one:
            found = listing.listed(connection, ids=[one])
        else:
            found = listing.latest(connection, statuses, SIZE + 1, (number - 1) * SIZE, business.subdomain)
    values = {
        "fees": [
            (each, zone_or_default(each.timezone, zone), fee_code_words(each.failure_code)) for each in found[:SIZE]
        ],
        "pages": pages(request, number, is_last=len(found) <= SIZE),
        "states": list(STATES),
        "state": "" if one else state,
        "business": business,
        "waiting": counts,
        "tones": TONES,
        "next": NEXT,
        "uncollected": UNCOLLECTED,
        "refundable": (FeeStatus.SUCCEEDED, FeeStatus.NEEDS_REFUND),
        "longest": LONGEST,
        "is_one": one is not None,
    }
    return View("fees.html", values)


def _id(written: str) -> FeeId | None:
    try:
        return FeeId(UUID(written)) if written else None
    except ValueError:
        raise Refused(400, f"{written!r} is no fee's id") from None


def charge(host: LocalHost, form: Form) -> str:
    """Charge a fee now, as `fee charge --now` does."""
    staff = _staff(form)
    ensure_ready(host.application.engine)
    done = staff_requests.charge(collection_for_staff(host.application), _fee(form), staff)
    return _said(done, "charged")


def waive(host: LocalHost, form: Form) -> str:
    """Waive a fee, as `fee waive` does."""
    staff, application = _staff(form), host.application
    found = staff_requests.uncollected(application.engine, [_fee(form)])
    done = staff_requests.waive(
        application.engine, lambda: collection_for_staff(application), found, staff, application.clock()
    )
    return _said(done, "waived")


def refund(host: LocalHost, form: Form) -> str:
    """Refund a fee or a part of it, as `fee refund` does."""
    staff = _staff(form)
    amount = form.text("amount") or None
    done, asked = staff_requests.refund(collection_for_staff(host.application), _fee(form), amount, staff)
    said = _said(done, f"refunded {amount_words(asked.amount_cents, asked.currency)} of")
    return f"{said}. The same was asked for before; it is given back once" if asked.is_repeated else said


def _fee(form: Form) -> FeeId:
    return FeeId(form.path["id"])


def _staff(form: Form) -> Staff:
    for name, words in (("who", "who does it"), ("why", "why")):
        if fault := staff_requests.fault_of(name, form.text(name)):
            raise UsageError(f"say {words}: {fault}")
    return Staff(form.text("who"), form.text("why"))


def _said(done: Done, verb: str) -> str:
    if done.trouble:
        raise RunFailed(done.trouble)
    (fee,) = done.fees
    amount, state = amount_words(fee.amount_cents, fee.currency), fee.status.replace("_", " ")
    visit = f"the visit on {fee.visit_on} of {_whose(fee)} at {fee.business}"
    return f"{verb} the fee of {amount} for {visit}; it is {state} now"


def _whose(fee: ListedFee) -> str:
    """Return "Ana with Bella, Max"."""
    return " with ".join(filter(None, (fee.owner or "an owner without a name", ", ".join(fee.pets))))
