"""`explain`: every decision about a subject, in words."""

import click

from shared.application import utc_now
from shared.cli.showing import echo, echo_json
from shared.database.engine import ensure_ready, open_engine, reading
from shared.errors import RunFailed, UsageError
from shared.operations.explain import SUBJECTS, Explanation, explain
from shared.operations.history import UnreadableRow
from shared.operations.ids import resolved
from shared.settings import JobSettings, database_url, load


@click.command("explain")
@click.argument("what", type=click.Choice(SUBJECTS))
@click.argument("typed_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def explain_command(what: str, typed_id: str, as_json: bool) -> None:
    """Every decision about an appointment, a vaccination record, an owner or a payment: when, what and why.

    ID may be shortened to a beginning that no other of them has.
    """
    settings, engine = load(JobSettings), open_engine(database_url())
    ensure_ready(engine)
    try:
        with reading(engine) as connection:
            subject_id = resolved(connection, what, typed_id)
            explanation = explain(connection, what, subject_id, settings.policy(), settings.task_timezone, utc_now())
    except UnreadableRow as error:
        raise RunFailed(str(error)) from error
    if explanation is None:
        raise UsageError(f"there is no {what} {subject_id}")
    if as_json:
        echo_json(as_object(explanation))
    else:
        echo(*as_lines(explanation))


def as_lines(explanation: Explanation) -> list[str]:
    """Return the explanation as lines for people, times in the zone of the business."""
    lines = [
        explanation.subject,
        *(f"  {name.replace('_', ' ')}: {value}" for name, value in explanation.facts.items()),
    ]
    lines += ["", "What happened:" if explanation.timeline else "Nothing was decided about it yet."]
    for each in explanation.timeline:
        code = f" [{each.code}]" if each.code else ""
        lines.append(f"  {each.at.astimezone(explanation.zone):%a %d %b %Y %H:%M %Z}  {each.what}{code}")
    if explanation.next:
        lines += ["", "What comes next:", *(f"  {each}" for each in explanation.next)]
    return lines


def as_object(explanation: Explanation) -> dict[str, object]:
    """Return the explanation for machines, times in UTC."""
    return {
        "subject": explanation.subject,
        "facts": explanation.facts,
        "timeline": [
            {"at": each.at.isoformat(), "what": each.what, "code": each.code} for each in explanation.timeline
        ],
        "next": list(explanation.next),
        **({"evidence": explanation.evidence} if explanation.evidence else {}),
    }
