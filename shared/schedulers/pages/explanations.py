"""Visits and owners: finding them, and every decision about one of them in words."""

from uuid import UUID

from starlette.requests import Request

from shared.database.engine import reading
from shared.errors import UsageError
from shared.operations.explain import SUBJECTS, explain_all
from shared.operations.fact_words import fact_words, title_of
from shared.operations.find import Found, find
from shared.operations.history import UnreadableRow
from shared.operations.ids import resolved
from shared.schedulers.bodies import Refused
from shared.schedulers.local import LocalHost
from shared.schedulers.pages.frame import View


def look_up(host: LocalHost, request: Request) -> View:
    """Show the search, and what fits its words."""
    words = request.query_params.get("words", "").strip()
    if not words:
        return View("find.html", {"words": "", "found": (), "are_more": False})
    application = host.application
    try:
        with reading(application.engine) as connection:
            finding = find(connection, words.split(), (), application.zone)
    except UsageError as error:
        raise Refused(400, str(error)) from error
    found = [(each, _link(each)) for each in finding.found]
    return View("find.html", {"words": words, "found": found, "are_more": finding.are_more})


def _link(each: Found) -> str:
    """Return the page for what the command of a thing explains (`explain owner 1a2b3c4d`)."""
    verb, what, name = each.command.split()
    return f"/explain/{what}/{name}" if verb == "explain" else f"/businesses/{name}"


def show(host: LocalHost, request: Request) -> View:
    """Explain an appointment, a vaccination record, an owner, a payment or a text. Its id may be shortened."""
    what, written = request.path_params["what"], request.path_params["id"]
    if what not in SUBJECTS:
        raise Refused(404, f"{what!r} cannot be explained; {', '.join(SUBJECTS)} can")
    id_ = _id(host, what, written)
    try:
        found = explain_all(host.application, host.schedules, what, id_)
    except UnreadableRow as error:
        raise Refused(422, str(error)) from error
    if found is None:
        raise Refused(404, f"There is no {what} {id_}.")
    values = {"found": found, "title": title_of(found), "facts": fact_words(found), "what": what, "id": id_}
    return View("explain.html", values)


def _id(host: LocalHost, what: str, written: str) -> UUID:
    try:
        with reading(host.application.engine) as connection:
            return resolved(connection, what, written)
    except UsageError as error:
        raise Refused(404, str(error.args[0])) from error
