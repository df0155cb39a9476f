"""What a dry run says one run would do, by business, in the lines in which `preview` shows the coming runs."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from shared.application import Application
from shared.database.engine import reading
from shared.database.tenants import active_tenants
from shared.domain.fees import fee_code_words
from shared.domain.policy.models import ServedTenant
from shared.domain.records import NotificationStatus, Outcome
from shared.domain.tally import Tally
from shared.operations.forecast import preview_queries as queries
from shared.operations.forecast.events import Step, Subject, subjects_of, texts_subjects
from shared.operations.forecast.preview import PRICED, Line, Page, priced
from shared.operations.words import reason_words
from shared.planning.tenants import serve

_WHAT: Final = {
    Outcome.NOTIFY: "send",
    NotificationStatus.SENDING: "send",
    Outcome.SKIPPED: "not sent",
    Outcome.EXPIRED: "too late",
    Outcome.CANCELLED: "cancelled",
    "mark_no_show": "marked as missed",
    "pass_on": "passed on",
    "correct": "no longer missed",
    "settle": "settled",
    "update": "brought up to date",
    "recover": "score recovers",
}
"""A dry run's actions in words."""
_STEPS: Final = {Outcome.NOTIFY: Step.TEXT, NotificationStatus.SENDING: Step.TEXT, "mark_no_show": Step.MISSED}
_HELD: Final = "hold"
"""Held days stand in the result by themselves, with what to do about them."""
_COUNTED: Final = "settle"
"""This action is counted, not listed: it is about each visit of two weeks, and nobody hears of it."""


@dataclass(frozen=True, slots=True)
class _Names:
    """Whom lines are about. `texts`: the subjects of texts that wait already."""

    subjects: Mapping[UUID, Subject]
    texts: Mapping[UUID, Sequence[UUID]]

    def of(self, words: str) -> list[Subject]:
        """Return whom a line's subject is about."""
        ids = [each for id_ in _ids(words) for each in self.texts.get(id_, (id_,))]
        return [self.subjects[each] for each in ids if each in self.subjects]


def dry_run_pages(application: Application, result: Mapping[str, Any]) -> list[Page]:
    """Return what a dry run would do, from its result, by subdomain. Businesses that nothing would happen at are left
    out, as are those that are not served: the result's errors name them.
    """
    now, by_tenant = datetime.fromisoformat(result["now"]), defaultdict(list)
    for each in (one for one in result["would"] if one["action"] != _HELD):
        by_tenant[each["tenant"]].append(each)
    with reading(application.engine) as connection:
        served, _ = serve(active_tenants(connection), application.defaults, application.zone, Tally())
        prices = queries.price_of_a_segment(connection, application.clock() - PRICED)
        ids = [id_ for each in result["would"] if each["action"] != _COUNTED for id_ in _ids(each["subject"])]
        texts = texts_subjects(connection, ids)
        names = _Names(subjects_of(connection, [*ids, *(one for some in texts.values() for one in some)]), texts)
    return [
        priced(each, tuple(_lines(by_tenant[each.tenant.subdomain], each, now, names)), prices)
        for each in served
        if by_tenant[each.tenant.subdomain]
    ]


def _ids(subject: str) -> Iterator[UUID]:
    """Yield the ids in a line's subject: "appointment …, appointment …"."""
    for part in subject.split(", "):
        try:
            yield UUID(part.rpartition(" ")[2])
        except ValueError:
            continue


def _lines(would: Sequence[Mapping[str, Any]], served: ServedTenant, now: datetime, names: _Names) -> Iterator[Line]:
    counts = Counter(each["reason"] for each in would if each["action"] == _COUNTED)
    for reason, count in sorted(counts.items()):
        what = f"{count} visit{'' if count == 1 else 's'} settled: {reason.replace('_', ' ')}"
        yield Line(Step.SCORE, now.astimezone(served.zone), what)
    listed = [_line(each, served, now, names) for each in would if each["action"] != _COUNTED]
    yield from sorted(listed, key=lambda each: each.at)


def _line(would: Mapping[str, Any], served: ServedTenant, now: datetime, names: _Names) -> Line:
    action, reason = would["action"], would["reason"] or ""
    about = names.of(would["subject"])
    at = datetime.fromisoformat(would["when"]) if would["when"] else now
    return Line(
        _STEPS.get(action, Step.NO_TEXT),
        at.astimezone(served.zone),
        _WHAT.get(action, action),
        owner=(about[0].owner if about else "") or "",
        pets=", ".join(dict.fromkeys(pet for each in about for pet in each.pets)),
        to=would["to"] or ("" if about else would["subject"]),
        text=would["text"] or "",
        segments=would["segments"] or 0,
        why=fee_code_words(reason_words(reason)).replace("_", " "),
    )
