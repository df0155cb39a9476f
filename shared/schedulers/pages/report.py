"""The report of a business: a form, and the report itself as a document of its own, to read, print or keep."""

from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shared.database.engine import reading
from shared.errors import UsageError
from shared.operations.report.gathering import MOST_DAYS, report
from shared.operations.report.page import render
from shared.schedulers.bodies import Refused
from shared.schedulers.local import LocalHost
from shared.schedulers.pages.choices import business_of, day_of
from shared.schedulers.pages.frame import HEADERS, View

_HEADERS: Final = HEADERS | {
    # The document carries its style sheet in itself, and nothing else.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
}


def ask(host: LocalHost, request: Request) -> View:
    """Show the form. `business` in the query is filled in."""
    with reading(host.application.engine) as connection:
        return View("report.html", {"business": business_of(connection, request), "most_days": MOST_DAYS})


def show(host: LocalHost, request: Request) -> Response:
    """Compute the report that is asked for; `download=1`: as a file to keep."""
    asked, application = request.query_params, host.application
    days, until = _days(asked.get("days", "")), day_of(request, "until")
    try:
        with reading(application.engine) as connection:
            business = business_of(connection, request).subdomain or None
            now, zone = application.clock(), application.zone
            found = report(connection, days=days, now=now, default=zone, subdomain=business, until=until)
    except UsageError as error:
        raise Refused(400, str(error)) from error
    name = f"report-{found.period.last}.html"
    is_kept = bool(asked.get("download"))
    kept = {"Content-Disposition": f'attachment; filename="{name}"'} if is_kept else {}
    document = render(found, is_demo=host.is_demo, back="" if is_kept else "/report")
    return HTMLResponse(document, headers=_HEADERS | kept)


def _days(written: str) -> int:
    if not (written.isdecimal() and len(written) < 5 and 1 <= int(written) <= MOST_DAYS):
        raise Refused(400, f"{written[:20]!r} is no number of days from 1 to {MOST_DAYS}")
    return int(written)
