"""`explain`: every decision about a subject, in words, and what the next runs will do about it."""

from datetime import date
from uuid import UUID

import click
from sqlalchemy import Connection

from shared import logs
from shared.application import Application, open_application
from shared.cli.common.showing import echo, echo_json
from shared.database.engine import ensure_ready, reading
from shared.errors import RunFailed, UsageError
from shared.operations.explain import SUBJECTS, Explanation, explain_all
from shared.operations.fact_words import fact_words
from shared.operations.find import find
from shared.operations.forecast import Event
from shared.operations.history import UnreadableRow
from shared.operations.ids import beginning, resolved
from shared.operations.words import moment_words
from shared.schedules.function_json import read_schedules
from shared.settings import LogSettings, load

_OF_FOUND = {"visit": "appointment", "fee": "payment"}
"""Subjects by what `find` calls them, where the names differ."""
_BY_WORDS = tuple(each for each in SUBJECTS if each != "text")
"""Subjects that words alone mean. A text is told with what it is about, and has to be asked for: `text bella`."""


@click.command("explain")
@click.argument("words", nargs=-1, required=True, metavar=f"[{'|'.join(SUBJECTS)}] ID|WORDS...")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def explain_command(words: tuple[str, ...], as_json: bool) -> None:
    """Every decision about an appointment, a vaccination record, an owner, a payment or a text: when, what and why;
    and what the next runs will do about it, if nobody changes anything.

    ID may be shortened to a beginning that no other of them has. WORDS are those of `find`.
    """
    logs.configure(load(LogSettings))
    application = open_application(texts=False, charges=False)
    ensure_ready(application.engine)
    explanation = _explained(application, words)
    if as_json:
        echo_json(as_object(explanation))
    else:
        echo(*as_lines(explanation))


def _explained(application: Application, words: tuple[str, ...]) -> Explanation:
    with reading(application.engine) as connection:
        what, id_ = _chosen(connection, application, words)
    try:
        found = explain_all(application, read_schedules(), what, id_)
    except UnreadableRow as error:
        raise RunFailed(str(error)) from error
    if found is None:
        raise UsageError(f"there is no {what} {id_}")
    return found


def _chosen(connection: Connection, application: Application, words: tuple[str, ...]) -> tuple[str, UUID]:
    """Return the one subject that is meant. Raise UsageError, with the candidates, if it is none or several."""
    what, *rest = words
    if what in SUBJECTS and len(rest) == 1 and beginning(rest[0]):
        return what, resolved(connection, what, rest[0])
    wanted = (what,) if what in SUBJECTS and rest else _BY_WORDS
    finding = find(connection, rest if len(wanted) == 1 else words, (), application.zone)
    named = [(_OF_FOUND.get(each.what, each.what), each) for each in finding.found]
    fitting = [(subject, each) for subject, each in named if subject in wanted]
    if not fitting:
        raise UsageError(f"nothing that can be explained fits {' '.join(words)!r}; try: python -m shared find")
    if len(fitting) > 1:
        lines = [f"{each.what}, {each.whose}, {each.when}: python -m shared {each.command}" for _, each in fitting]
        raise UsageError("several things fit; choose one:", *lines)
    subject, each = fitting[0]
    return subject, each.id


def as_lines(explanation: Explanation) -> list[str]:
    """Return the explanation as lines for people, times in the zone of the business."""
    lines = [
        explanation.subject,
        *(f"  {name}: {words}" for name, words in fact_words(explanation).items()),
    ]
    lines += ["", "What happened:" if explanation.timeline else "Nothing was decided about it yet."]
    for each in explanation.timeline:
        code = f" [{each.code}]" if each.code else ""
        lines.append(f"  {moment_words(each.at, explanation.zone)}  {each.what}{code}")
    if explanation.next:
        lines += [
            "",
            "What comes next, if nobody changes anything and everybody comes:",
            *(f"  {each.what}" for each in explanation.next),
        ]
    return lines


def as_object(explanation: Explanation) -> dict[str, object]:
    """Return the explanation for machines, with typed values: times in ISO 8601, amounts in minor units."""
    return {
        "subject": explanation.subject,
        "zone": explanation.zone.key,
        "facts": {name: _plain(value) for name, value in explanation.facts.items()},
        "timeline": [
            {"at": each.at.isoformat(), "what": each.what, "code": each.code} for each in explanation.timeline
        ],
        "next": [{"what": each.what, **_event(each.event)} for each in explanation.next],
        **({"evidence": explanation.evidence} if explanation.evidence else {}),
    }


def _event(event: Event | None) -> dict[str, object]:
    if event is None:
        return {}
    values = {name: _plain(getattr(event, name)) for name in _TOLD}
    return {name: value for name, value in values.items() if value is not None}


_TOLD = ("at", "step", "job", "kind", "body", "segments", "reason", "amount", "currency", "score", "until")
"""What is told of an event; the owner's number is not."""


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
