"""Recording what came of attempts, in one transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection

from shared.collection import outcomes
from shared.collection.attempts import Attempt
from shared.collection.collection import Collection
from shared.collection.outcomes import Outcome
from shared.database import fees, ledger
from shared.database.transactions import in_transaction
from shared.fees import FeeStatus
from shared.gateways.payments import Misconfigured, PaymentCredentialsRefused
from shared.records import Problem
from shared.rules.plans import joined


def record(run: Collection, attempts: Sequence[Attempt], answers: Sequence[Outcome]) -> None:
    """Write what came of attempts, plan the texts, count. Raise PaymentCredentialsRefused if that is an answer."""
    now, wall = run.now(), run.wall()
    made = [(each, outcomes.as_recorded(answer)) for each, answer in zip(attempts, answers, strict=True)]
    changes = {each.fee.id: outcomes.change(each, outcome, now, wall) for each, outcome in made}

    def work(connection: Connection) -> list[tuple[Attempt, Outcome, FeeStatus]]:
        ours = fees.record(connection, run.worker, list(changes.values()))
        fees.end_attempts(connection, [outcomes.ended(each, outcome, wall) for each, outcome in made])
        settled = [
            (each, outcome, changes[each.fee.id].get("status", FeeStatus.PROCESSING))
            for each, outcome in made
            if each.fee.id in ours
        ]
        charged = [each.fee for each, _, status in settled if status is FeeStatus.SUCCEEDED]
        fees.note_charged(connection, charged, now)
        texts = [outcomes.text_of(each, outcome, status, now, run.run_id) for each, outcome, status in settled]
        ledger.record(connection, joined(texts), run.run_id, now)
        return settled

    for each, outcome, status in in_transaction(run.engine, work):
        _count(run, each, outcome, status)
    if refused := [outcome for _, outcome in made if isinstance(outcome, PaymentCredentialsRefused)]:
        raise refused[0]


def _count(run: Collection, attempt: Attempt, outcome: Outcome, status: FeeStatus) -> None:
    fee, subdomain = attempt.fee, run.subdomain(attempt.fee)
    if status is FeeStatus.SUCCEEDED:
        run.tally.add(subdomain, "total_fees_collected")
        run.tally.add(subdomain, f"fee_cents_collected.{fee.currency}", fee.amount_cents)
    elif status in (FeeStatus.FAILED, FeeStatus.REQUIRES_ACTION):
        run.tally.add(subdomain, "total_fees_failed")
    elif isinstance(outcome, Misconfigured):
        why = f"the payment provider refuses the charge ({outcome.code}); it is tried again tomorrow"
        run.tally.problem(Problem(subdomain, f"payment {fee.id}", why))
