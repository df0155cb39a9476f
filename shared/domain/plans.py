"""Putting together what is to be written in one transaction."""

from collections.abc import Iterable, Sequence

from shared.domain.records import Decision, Plan, PlannedNotification, Undecided, UndecidedAlert


def joined(plans: Iterable[Plan]) -> Plan:
    """Return several plans as one."""
    every = list(plans)
    return Plan(
        decisions=tuple(each for plan in every for each in plan.decisions),
        notifications=tuple(each for plan in every for each in plan.notifications),
        retaken=frozenset(key for plan in every for key in plan.retaken),
    )


def news(
    decided: Sequence[tuple[Undecided | UndecidedAlert, Decision]], notification: PlannedNotification | None
) -> Plan:
    """Return a plan of what the ledger does not say already."""
    fresh = [
        (before, each)
        for before, each in decided
        if (each.outcome, each.reason) != (before.earlier, before.earlier_reason)
    ]
    return Plan(
        decisions=tuple(each for _, each in fresh),
        notifications=(notification,) if notification else (),
        retaken=frozenset(each.ledger_key for before, each in fresh if before.earlier),
    )
