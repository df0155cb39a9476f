"""Visits and owners: every decision about one of them in words."""

from uuid import UUID

from starlette.requests import Request

from shared.database.engine import reading
from shared.operations.explain import SUBJECTS, explain
from shared.operations.history import UnreadableRow
from shared.schedulers.bodies import Refused
from shared.schedulers.local import LocalHost
from shared.schedulers.pages.frame import View


def look_up(host: LocalHost, request: Request) -> View:
    """Show the form that asks for an id, or what is known under the id that it asked for."""
    asked = request.query_params
    if written := asked.get("id", "").strip():
        return _explained(host, asked.get("what", ""), written)
    return View("find.html", {"subjects": SUBJECTS})


def show(host: LocalHost, request: Request) -> View:
    """Explain an appointment, a vaccination record, an owner or a payment."""
    return _explained(host, request.path_params["what"], request.path_params["id"])


def _explained(host: LocalHost, what: str, written: str) -> View:
    if what not in SUBJECTS:
        raise Refused(404, f"{what!r} cannot be explained; {', '.join(SUBJECTS)} can")
    application, id_ = host.application, _id(written)
    try:
        with reading(application.engine) as connection:
            found = explain(connection, what, id_, application.defaults, application.zone, application.clock())
    except UnreadableRow as error:
        raise Refused(422, str(error)) from error
    if found is None:
        raise Refused(404, f"There is no {what} {id_}.")
    return View("explain.html", {"found": found, "what": what, "id": id_})


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        raise Refused(404, f"{written!r} is no id") from None
