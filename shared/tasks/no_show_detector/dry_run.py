"""The lines of a dry run on missed visits."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from shared.database.appointments import appointments_by_id
from shared.domain.fees import Fee, FeeStatus, NewFee
from shared.domain.ids import AppointmentId, VisitId
from shared.domain.missed_visits import MissedVisit
from shared.domain.plans import Plan
from shared.domain.records import Appointment, Kind, mask_phone
from shared.domain.tally import DryRunLine
from shared.fees.text import fee_text
from shared.fees.visit_queries import reminded_of, saved_cards
from shared.tasks.no_show_detector.rules import FoundVisit


def dry_run_lines(
    connection: Connection,
    visits: Sequence[FoundVisit],
    notices: Mapping[VisitId, Plan],
    fees: Mapping[VisitId, NewFee | None],
) -> Iterator[DryRunLine]:
    """Yield a line for each visit that would be marked, with its notice if the visit is new."""
    appointments = appointments_by_id(connection, [each.id for visit in visits for each in visit.appointments])
    cards = saved_cards(connection, {each.owner.id for each in visits})
    reminded = reminded_of(connection, list(appointments))
    for visit in visits:
        its = tuple(appointments[each.id] for each in visit.appointments if each.id in appointments)
        if its:  # otherwise one of their rows, such as a pet's, is unreadable and named as a problem
            foreseen = _foreseen(visit, its, fees.get(visit.id), cards.get(visit.owner.id), reminded)
            yield _line(visit, notices.get(visit.id, Plan()), foreseen)


def _line(visit: FoundVisit, notice: Plan, foreseen: MissedVisit) -> DryRunLine:
    subject = ", ".join(f"appointment {each.id}" for each in visit.appointments)
    line = DryRunLine("mark_no_show", visit.served.tenant.subdomain, subject, mask_phone(visit.owner.phone))
    for notification in notice.notifications:
        text = fee_text(Kind.NO_SHOW_NOTICE, visit.served, [foreseen], notification.not_before)
        line = replace(line, when=notification.not_before, text=text.body, segments=text.segments)
    for decision in notice.decisions:
        line = replace(line, reason=decision.reason)
    return line


def _foreseen(
    visit: FoundVisit,
    appointments: tuple[Appointment, ...],
    fee: NewFee | None,
    customer_id: str | None,
    reminded: Collection[AppointmentId],
) -> MissedVisit:
    """Return the visit as it would be once marked."""
    return MissedVisit(
        id=visit.id,
        tenant_id=visit.served.tenant.id,
        owner=visit.owner,
        began_at=visit.appointments[0].starts_at,
        is_reversed=False,
        missed=appointments,
        fee=_as_written(fee) if fee else None,
        customer_id=customer_id,
        reminded=frozenset(each.id for each in appointments if each.id in reminded),
    )


def _as_written(fee: NewFee) -> Fee:
    return Fee(
        id=fee.id,
        tenant_id=fee.tenant_id,
        owner_id=fee.owner_id,
        appointment_id=fee.appointment_id,
        status=FeeStatus.WAIVED if fee.price.waived else FeeStatus.PENDING,
        amount_cents=fee.price.amount_cents,
        currency=fee.currency,
        visit_on=fee.visit_on,
        due_at=fee.due_at,
        intent_id=None,
        attempts=0,
        description=fee.description,
        failure_code=fee.price.waived,
    )
