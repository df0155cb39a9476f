"""The tables that the demo prints at its end: runs, texts, reasons, fees, odd cases."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from shared import sample
from shared.cli.common.showing import line, plain
from shared.database.engine import reading
from shared.domain.reasons import SENTENCES, Reason
from shared.domain.records import Kind, mask_phone
from shared.operations import reports

SHOWN_OF_A_KIND = 3


def show(
    console: Console, engine: Engine, days: dict[str, Counter[str]], story: Sequence[str], filled: sample.Sample
) -> None:
    """Print the results of the simulated days. `story`: changes by owners and staff, errors, held days."""
    with reading(engine) as connection:
        texts = reports.sent_texts(connection)
        reasons = reports.reasons_not_sent(connection)
        decisions = reports.decisions_about(connection, [id_ for _, id_ in filled.cases])
        fees = reports.fees(connection)
    tables = (
        _days_table(days),
        _texts_table(texts),
        _reasons_table(reasons),
        _fees_table(fees),
        _cases_table(filled, decisions),
    )
    for table in tables:
        console.print(table)
        console.line()
    line(console, "What else happened (an error stops nobody else):", "bold")
    for each in story:
        line(console, f"  {each}")


def _days_table(days: dict[str, Counter[str]]) -> Table:
    columns = list(next(iter(days.values())))
    table = Table(title="What the runs did", title_justify="left")
    table.add_column("day (UTC)", no_wrap=True)
    for column in columns:
        table.add_column(column)
    for day, counts in days.items():
        table.add_row(day, *(str(counts[column]) for column in columns))
    return table


def _texts_table(texts: list[reports.SentText]) -> Table:
    shown = [each for kind in Kind for each in [text for text in texts if text.kind is kind][:SHOWN_OF_A_KIND]]
    title = f"{len(shown)} of {len(texts)} messages"
    table = Table("sent (local time)", "to", "text", title=title, title_justify="left")
    for each in shown:
        table.add_row(f"{each.sent_at:%a %d %b %H:%M}", mask_phone(each.to_phone), plain(each.body))
    return table


def _reasons_table(reasons: dict[str, int]) -> Table:
    table = Table("times", "reason", "meaning", title="Not sent, and why", title_justify="left")
    for reason, count in reasons.items():
        table.add_row(str(count), reason, SENTENCES[Reason(reason)])
    return table


def _fees_table(fees: Sequence[reports.FeeLine]) -> Table:
    table = Table(
        "visit on", "business", "offence", "fee", "status", "note", title="No-show fees", title_justify="left"
    )
    for fee in fees:
        row = (str(fee.visit_on), fee.business, str(fee.offence_number), fee.money, fee.status, fee.note or "")
        table.add_row(*(plain(cell) for cell in row))
    return table


def _cases_table(filled: sample.Sample, decisions: list[reports.ReminderDecision]) -> Table:
    table = Table("case", "24 hours before", "2 hours before", title="The odd cases", title_justify="left")
    decided: dict[tuple[UUID, Kind], str] = {
        (each.subject_id, each.kind): "sent" if each.reason is None else f"{each.outcome}: {each.reason}"
        for each in decisions
    }
    for label, id_ in filled.cases:
        outcomes = [decided.get((id_, kind), "-") for kind in (Kind.REMINDER_24H, Kind.REMINDER_2H)]
        if outcomes != ["-", "-"]:  # a reminder of it was due in these days
            table.add_row(plain(label), *outcomes)
    return table
