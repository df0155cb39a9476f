"""Recording the outcomes of attempts, in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from shared.database import ledger
from shared.database.transactions import in_transaction
from shared.domain.fees import COLLECTED, GIVEN_UP, Fee, FeeStatus
from shared.domain.ids import FeeId
from shared.domain.plans import joined
from shared.domain.records import Problem
from shared.fees import attempt_queries, state_queries
from shared.fees.collecting import outcomes
from shared.fees.collecting.attempts import Attempt
from shared.fees.collecting.collection import Collection
from shared.fees.collecting.outcomes import ASK_AFTER, MISCONFIGURED_PAUSE, Outcome, Paid
from shared.gateways.payments import Intent, IntentState, Misconfigured, PaymentCredentialsRefused, PaymentError
from shared.platform import writes


def record(run: Collection, attempts: Sequence[Attempt], answers: Sequence[Outcome]) -> None:
    """Write the outcomes of attempts, plan the texts, count. Raise PaymentCredentialsRefused if that is an answer."""
    now, wall = run.now(), run.wall()
    made = [(each, outcomes.as_recorded(answer)) for each, answer in zip(attempts, answers, strict=True)]

    def write(connection: Connection) -> list[tuple[Attempt, Outcome, FeeStatus]]:
        became = _write_outcomes(connection, run.worker, made, now, wall)
        settled = [(each, outcome, became[each.fee.id]) for each, outcome in made if each.fee.id in became]
        charged = [each.fee for each, _, status in settled if status in COLLECTED]
        _note_charged(connection, charged, now)
        texts = [outcomes.text_of(each, outcome, status, now, run.run_id) for each, outcome, status in settled]
        ledger.record(connection, joined(texts), run.run_id, now)
        return settled

    for each, outcome, status in in_transaction(run.engine, write):
        _count(run, each, outcome, status)
    _raise_refused([outcome for _, outcome in made])


def _write_outcomes(
    connection: Connection, worker: str, made: Sequence[tuple[Attempt, Outcome]], now: datetime, wall: datetime
) -> dict[FeeId, FeeStatus]:
    """Write what attempts change of fees that are still ours; return the statuses of the fees that changed.

    A payment is written down whoever holds its fee by now.
    """
    changes = {each.fee.id: outcomes.change(each, outcome, now, wall) for each, outcome in made}
    ours = state_queries.record(connection, worker, list(changes.values()))
    ended = [outcomes.ended(each, outcome, wall) for each, outcome in made if not each.refusal]
    attempt_queries.end_attempts(connection, ended)
    became = {id_: changes[id_].status for id_ in ours}
    for id_ in (each.fee.id for each, outcome in made if isinstance(outcome, Paid) and each.fee.id not in ours):
        if status := state_queries.record_late_payment(connection, id_, now):
            became[id_] = status
    return became


def _note_charged(connection: Connection, charged: Sequence[Fee], now: datetime) -> None:
    """Write the collected amount onto each visit's first appointment."""
    amounts = {(each.tenant_id, each.appointment_id): each.amount_cents for each in charged if each.appointment_id}
    writes.note_collected(connection, amounts, now)


def _count(run: Collection, attempt: Attempt, outcome: Outcome, status: FeeStatus) -> None:
    fee, subdomain = attempt.fee, run.subdomain(attempt.fee)
    if status in COLLECTED:
        run.tally.add(subdomain, "total_fees_collected")
        run.tally.add(subdomain, f"fee_cents_collected.{fee.currency}", fee.amount_cents)
        if status is FeeStatus.NEEDS_REFUND:
            needs_refund(run, fee)
    elif status in GIVEN_UP:
        run.tally.add(subdomain, "total_fees_failed")
        if attempt.refusal:
            run.tally.add(subdomain, f"skipped.{attempt.refusal}")
    elif isinstance(outcome, Misconfigured):
        why = f"the payment provider refuses the charge ({outcome.code}); it is tried again tomorrow"
        run.tally.problem(Problem(subdomain, f"payment {fee.id}", why))


def record_closed(run: Collection, attempts: Sequence[Attempt], answers: Sequence[Intent | PaymentError]) -> None:
    """Write what became of closed fees' payments. Raise PaymentCredentialsRefused if that is an answer."""
    now, wall = run.now(), run.wall()

    def write(connection: Connection) -> list[Fee]:
        late = []
        for each, answer in zip(attempts, answers, strict=True):
            state = answer.state if isinstance(answer, Intent) else None
            if state is not IntentState.SUCCEEDED:
                pause = MISCONFIGURED_PAUSE if isinstance(answer, Misconfigured) else ASK_AFTER
                again = None if state is IntentState.CANCELLED else wall + pause
                state_queries.leave_closed(connection, run.worker, each.fee.id, again)
            elif state_queries.record_late_payment(connection, each.fee.id, now):
                attempt_queries.end_attempts(connection, [outcomes.ended(each, Paid(answer.charge_id), wall)])
                late.append(each.fee)
        _note_charged(connection, late, now)
        return late

    for fee in in_transaction(run.engine, write):
        needs_refund(run, fee)
    for each, answer in zip(attempts, answers, strict=True):
        if isinstance(answer, Misconfigured):
            why = f"it is closed, but the provider refuses to say whether its card was charged ({answer.code})"
            run.tally.problem(Problem(run.subdomain(each.fee), f"payment {each.fee.id}", why))
    _raise_refused(answers)


def _raise_refused(answers: Sequence[object]) -> None:
    if refused := [each for each in answers if isinstance(each, PaymentCredentialsRefused)]:
        raise refused[0]


def needs_refund(run: Collection, fee: Fee) -> None:
    """Count a fee whose money must go back, and name it as a problem."""
    subdomain = run.subdomain(fee)
    run.tally.add(subdomain, "needs_refund")
    why = "the card was charged after all; it waits to be given back with `fee refund`"
    run.tally.problem(Problem(subdomain, f"payment {fee.id}", why))
