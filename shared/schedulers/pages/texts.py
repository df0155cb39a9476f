"""Texts: found by business, state, kind, words and day; those that ended unsent can be put back."""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import UUID

from starlette.requests import Request

from shared.database.engine import reading
from shared.domain.ids import NotificationId
from shared.domain.records import TEXTS, Kind, NotificationStatus
from shared.errors import RunFailed, UsageError
from shared.operations import outbox, texts
from shared.operations.outbox import Filter
from shared.operations.texts import Wanted
from shared.operations.words import KIND_WORDS
from shared.schedulers.bodies import Refused
from shared.schedulers.local import LocalHost
from shared.schedulers.pages import text_words
from shared.schedulers.pages.choices import business_of, chosen, day_of, number_of, pages
from shared.schedulers.pages.frame import Form, View

SIZE: Final = 25
MOST_WORDS: Final = 10
STATES: Final = {
    "waiting": (NotificationStatus.PLANNED, NotificationStatus.SENDING),
    "sent": (NotificationStatus.SENT, NotificationStatus.DELIVERED),
    "failed": (NotificationStatus.FAILED, NotificationStatus.UNDELIVERED),
    "dead": (NotificationStatus.DEAD,),
    "not sent": (NotificationStatus.CANCELLED, NotificationStatus.EXPIRED),
}


def show(host: LocalHost, request: Request) -> View:
    """Show a page of the texts that are asked for."""
    asked, now = request.query_params, host.application.clock()
    number = number_of(request)
    with reading(host.application.engine) as connection:
        business = business_of(connection, request)
        wanted = _wanted(request, business.subdomain)
        some = texts.found(connection, wanted, now, SIZE + 1, (number - 1) * SIZE)
    values = {
        "texts": [text_words.line_of(each, host.application.zone, now) for each in some[:SIZE]],
        "pages": pages(request, number, is_last=len(some) <= SIZE),
        "states": list(STATES),
        "kinds": {kind.value: KIND_WORDS.get(kind, kind.value) for kind in TEXTS},
        "business": business,
        "asked": {name: asked.get(name, "") for name in ("status", "kind", "words", "until")},
        "from_day": ((wanted.until or now) - texts.SEARCHED).date(),
    }
    return View("texts.html", values)


def _wanted(request: Request, business: str) -> Wanted:
    asked = request.query_params
    kind, day = asked.get("kind", ""), day_of(request, "until")
    if kind and kind not in TEXTS:
        raise Refused(400, f"{kind!r} is no kind of text; there are {', '.join(TEXTS)}")
    return Wanted(
        chosen(STATES, NotificationStatus, asked.get("status", "")),
        business,
        Kind(kind) if kind else None,
        _words(asked.get("words", "")),
        datetime.combine(day + timedelta(days=1), time(), UTC) if day else None,
    )


def _words(typed: str) -> list[str]:
    words = typed.split()
    if len(words) > MOST_WORDS:
        raise Refused(400, f"these are {len(words)} words; search for at most {MOST_WORDS}")
    return words


def replay(host: LocalHost, form: Form) -> str:
    """Put one text back into the outbox, as `outbox replay` does."""
    id_: UUID = form.path["id"]
    with reading(host.application.engine) as connection:
        found = outbox.listed(connection, Filter(ids=[NotificationId(id_)]))
    if not found:
        raise UsageError(f"there is no text {id_}")
    left = outbox.put_back(host.application.engine, found, host.application.clock())
    if left:
        raise RunFailed(f"the text was not put back: {left[found[0].id]}")
    return "the text was put back; the next run sends it if it is still right"
