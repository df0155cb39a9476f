"""Recording what came of attempts, in one transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection

from shared.database import ledger
from shared.database.transactions import in_transaction
from shared.domain.fees import COLLECTED, GIVEN_UP, Fee, FeeStatus
from shared.domain.plans import joined
from shared.domain.records import Problem
from shared.fees import attempt_queries, state_queries
from shared.fees.collecting import outcomes
from shared.fees.collecting.attempts import Attempt
from shared.fees.collecting.collection import Collection
from shared.fees.collecting.outcomes import ASK_AFTER, MENDING_PAUSE, Outcome, Paid
from shared.gateways.payments import Intent, IntentState, Misconfigured, PaymentCredentialsRefused, PaymentError


def record(run: Collection, attempts: Sequence[Attempt], answers: Sequence[Outcome]) -> None:
    """Write what came of attempts, plan the texts, count. Raise PaymentCredentialsRefused if that is an answer."""
    now, wall = run.now(), run.wall()
    made = [(each, outcomes.as_recorded(answer)) for each, answer in zip(attempts, answers, strict=True)]
    changes = {each.fee.id: outcomes.change(each, outcome, now, wall) for each, outcome in made}

    def work(connection: Connection) -> list[tuple[Attempt, Outcome, FeeStatus]]:
        ours = state_queries.record(connection, run.worker, list(changes.values()))
        attempt_queries.end_attempts(
            connection, [outcomes.ended(each, outcome, wall) for each, outcome in made if not each.refusal]
        )
        became = {id_: changes[id_].get("status", FeeStatus.PROCESSING) for id_ in ours}
        for each, outcome in made:
            if isinstance(outcome, Paid) and each.fee.id not in ours:  # the money was taken, whoever holds it by now
                became[each.fee.id] = state_queries.record_late_payment(connection, each.fee.id, now)
        settled = [(each, outcome, became[each.fee.id]) for each, outcome in made if became.get(each.fee.id)]
        charged = [each.fee for each, _, status in settled if status in COLLECTED]
        state_queries.note_charged(connection, charged, now)
        texts = [outcomes.text_of(each, outcome, status, now, run.run_id) for each, outcome, status in settled]
        ledger.record(connection, joined(texts), run.run_id, now)
        return settled

    for each, outcome, status in in_transaction(run.engine, work):
        _count(run, each, outcome, status)
    _raise_refused([outcome for _, outcome in made])


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
    """Write what became of the payments of closed fees. Raise PaymentCredentialsRefused if that is an answer."""
    now, wall = run.now(), run.wall()

    def work(connection: Connection) -> list[Fee]:
        late = []
        for each, answer in zip(attempts, answers, strict=True):
            state = answer.state if isinstance(answer, Intent) else None
            if state is not IntentState.SUCCEEDED:
                pause = MENDING_PAUSE if isinstance(answer, Misconfigured) else ASK_AFTER
                again = None if state is IntentState.CANCELLED else wall + pause
                state_queries.leave_closed(connection, run.worker, each.fee.id, again)
            elif state_queries.record_late_payment(connection, each.fee.id, now):
                attempt_queries.end_attempts(connection, [outcomes.ended(each, Paid(answer.charge_id), wall)])
                late.append(each.fee)
        state_queries.note_charged(connection, late, now)
        return late

    for fee in in_transaction(run.engine, work):
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
    """Count and name a fee that was paid although nobody may keep the money."""
    subdomain = run.subdomain(fee)
    run.tally.add(subdomain, "needs_refund")
    why = "the card was charged after all; it waits to be given back with `fee refund`"
    run.tally.problem(Problem(subdomain, f"payment {fee.id}", why))
