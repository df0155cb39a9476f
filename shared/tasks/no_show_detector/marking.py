"""Writing missed visits: appointments, count, fee, event and notice of a visit in one transaction, or in none."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from shared.database import ledger, reputation
from shared.database.engine import reading
from shared.database.transactions import in_transaction
from shared.domain.fees import NewFee
from shared.domain.ids import AppointmentId, FeeId, OwnerId, VisitId
from shared.domain.plans import Decision, Plan, joined
from shared.domain.reasons import Reason
from shared.domain.reputation import id_on_record
from shared.domain.tally import DryRunLine
from shared.fees import state_queries
from shared.fees.pricing import is_fee_configured
from shared.planning.context import Context
from shared.platform import writes
from shared.tasks.no_show_detector import queries
from shared.tasks.no_show_detector.consequences import decisions_of, event_of, fee_of, notice_of
from shared.tasks.no_show_detector.dry_run import dry_run_lines
from shared.tasks.no_show_detector.queries import Day
from shared.tasks.no_show_detector.rules import FoundVisit


@dataclass(frozen=True, slots=True)
class Marking:
    """How one run writes the visits it finds. `new_visits`: how many a dry run found so far, by owner."""

    context: Context
    new_visits: Counter[OwnerId] = field(default_factory=Counter)

    def write(self, visits: Sequence[FoundVisit], excused: Plan, day: Day) -> None:
        """Mark the visits, or list them in a dry run, and count them. `excused`: the appointments that are skipped."""
        context = self.context
        if not visits and not excused.decisions:
            return
        if context.is_dry:
            with reading(context.engine) as connection:
                self._count(visits, *self._dry_run(connection, visits))
        else:
            self._count(
                *in_transaction(context.engine, lambda connection: self._write(connection, visits, excused, day))
            )
        subdomains = {each.tenant.id: each.tenant.subdomain for each in context.served}
        for each in excused.decisions:
            subdomain, subject = subdomains[each.tenant_id], f"{each.subject_type} {each.subject_id}"
            context.tally.add(subdomain, f"skipped.{each.reason}")
            if context.is_dry:
                context.tally.would.append(DryRunLine(each.outcome, subdomain, subject, reason=each.reason))

    def _write(
        self, connection: Connection, visits: Sequence[FoundVisit], excused: Plan, day: Day
    ) -> tuple[list[FoundVisit], dict[VisitId, Decision], list[NewFee]]:
        """Return the visits with the appointments marked, the new visits' decisions on notices, and their fees."""
        context = self.context
        reputation.lock_owners(connection, {each.owner.id for each in visits})  # before all other rows, as everywhere
        found = self._mark(connection, _on_record(connection, visits), excused, day)
        notices = self._notices(connection, found)
        won = ledger.record(connection, joined(notices.values()), context.run_id, context.now)
        new = [each for each in found if each.id in notices and notices[each.id].decisions[0].ledger_key in won]
        counts = writes.change_counts(connection, {each.owner.id: 1 for each in new}, context.now)
        made = [fee_of(each, counts[each.owner.id], context.now) for each in new]
        written = state_queries.add(connection, [each for each in made if each], context.now)
        reputation.add_events(connection, [event_of(each) for each in found], context.now)
        writes.rescore(connection, {each.owner.id for each in found}, context.now)
        decided = {each.id: notices[each.id].decisions[0] for each in new}
        return found, decided, [each for each in made if each and each.id in written]

    def _notices(self, connection: Connection, visits: Sequence[FoundVisit]) -> dict[VisitId, Plan]:
        """Return the visits' notices, except for visits that staff took back before, which cost nothing."""
        settled = reputation.taken_back(connection, [each.id for each in visits])
        now, run_id = self.context.now, self.context.run_id
        return {each.id: notice_of(each, now, run_id) for each in visits if each.id not in settled}

    def _mark(self, connection: Connection, visits: Sequence[FoundVisit], excused: Plan, day: Day) -> list[FoundVisit]:
        """Decide, mark the appointments that are still missed, and withdraw the decisions about the others."""
        context = self.context
        decided = {each.subject_id: each for visit in visits for each in decisions_of(visit)}
        earlier = {each.id for visit in visits for each in visit.appointments if each.earlier}
        retaken = excused.retaken | {decided[each].ledger_key for each in earlier}
        plan = Plan((*decided.values(), *excused.decisions), retaken=retaken)
        won = ledger.record(connection, plan, context.run_id, context.now)
        ours = {AppointmentId(id_) for id_, each in decided.items() if each.ledger_key in won}
        marked = writes.mark_missed(connection, ours, *queries.still_missed(day))
        ledger.withdraw(connection, [decided[id_].ledger_key for id_ in ours - marked])
        left = [each.limited_to(marked) for each in visits]
        return [each for each in left if each.appointments]

    def _dry_run(
        self, connection: Connection, visits: Sequence[FoundVisit]
    ) -> tuple[dict[VisitId, Decision], list[NewFee]]:
        """List what would be marked; return the decisions on the notices of new visits, and their fees."""
        visits = _on_record(connection, visits)
        notices = self._notices(connection, visits)
        known = ledger.known(connection, [each.decisions[0].ledger_key for each in notices.values()])
        new = [each for each in visits if each.id in notices and notices[each.id].decisions[0].ledger_key not in known]
        made = {}
        for each in new:
            self.new_visits[each.owner.id] += 1
            offence = each.appointments[0].no_show_count + self.new_visits[each.owner.id]
            made[each.id] = fee_of(each, offence, self.context.now)
        plans = {each.id: notices[each.id] for each in new}
        self.context.tally.would.extend(dry_run_lines(connection, visits, plans, made))
        return {id_: plan.decisions[0] for id_, plan in plans.items()}, [each for each in made.values() if each]

    def _count(self, found: Sequence[FoundVisit], notices: Mapping[VisitId, Decision], made: Sequence[NewFee]) -> None:
        written = {each.id: each for each in made}
        for visit in found:
            subdomain = visit.served.tenant.subdomain
            self.context.tally.add(subdomain, "total_detected", len(visit.appointments))
            if visit.id in notices:
                for key, count in _counts(visit, notices[visit.id], written.get(FeeId(visit.id))):
                    self.context.tally.add(subdomain, key, count)


def _on_record(connection: Connection, visits: Sequence[FoundVisit]) -> list[FoundVisit]:
    """Return the visits with their ids on record: a visit that came from another owner keeps its id."""
    known = reputation.no_shows(connection, {each.owner.id for each in visits})
    ids = [id_on_record(known.get(each.owner.id, ()), each.on, each.served.zone) for each in visits]
    return [replace(each, id=id_ or each.id) for each, id_ in zip(visits, ids, strict=True)]


def _counts(visit: FoundVisit, notice: Decision, fee: NewFee | None) -> Iterator[tuple[str, int]]:
    """Yield the counters of a new visit."""
    if notice.reason:
        yield f"skipped.{notice.reason}", 1
    if not is_fee_configured(visit.served):
        yield f"skipped.{Reason.FEE_NOT_CONFIGURED}", 1
    if fee and fee.price.waived:
        yield f"skipped.{fee.price.waived}", 1
    elif fee:
        yield "total_fees_applied", 1
        yield f"fee_cents_applied.{fee.currency}", fee.price.amount_cents
