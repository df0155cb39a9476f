"""The operations pages: their paths, and the forms on them."""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from shared.schedulers.guard import Sessions
from shared.schedulers.pages import businesses, explanations, fees, report, runs, signing_in, texts, today
from shared.schedulers.pages.frame import Do, Frame, Show
from shared.schedulers.pages.rendering import TEMPLATES

_PAGES: Final[dict[str, Show]] = {
    "/": today.show,
    "/texts": texts.show,
    "/find": explanations.look_up,
    "/explain/{what}/{id}": explanations.show,
    "/fees": fees.show,
    "/businesses": businesses.show,
    "/businesses/{subdomain:path}": businesses.show_one,
    "/runs": runs.show,
    "/runs/{id:uuid}": runs.show_one,
    "/report": report.ask,
    "/report/document": report.show,
}
_ACTIONS: Final[dict[str, Do]] = {
    "/jobs/{job}/run": today.run_now,
    "/texts/{id:uuid}/replay": texts.replay,
    "/fees/{id:uuid}/charge": fees.charge,
    "/fees/{id:uuid}/waive": fees.waive,
    "/fees/{id:uuid}/refund": fees.refund,
    "/runs/accept": runs.accept,
}
_FILES: Final = {"page.css": "text/css", "page.js": "text/javascript", "favicon.svg": "image/svg+xml"}


def routes(frame: Frame) -> list[Route]:
    """Return the routes of the pages. What changes something is a POST with a token."""
    return [
        *(Route(path, frame.action(do), methods=["POST"]) for path, do in _ACTIONS.items()),
        *(Route(path, frame.page(show)) for path, show in _PAGES.items()),
        *(Route(f"/{name}", _file(name, type_)) for name, type_ in _FILES.items()),
        *_of_signing_in(frame.sessions),
    ]


def _of_signing_in(sessions: Sessions) -> list[Route]:
    return [
        Route("/login", signing_in.form(sessions)),
        Route("/login", signing_in.sign_in(sessions), methods=["POST"]),
        Route("/logout", signing_in.sign_out(sessions), methods=["POST"]),
    ]


def _file(name: str, type_: str) -> Callable[[Request], Response]:
    def answer(_: Request) -> Response:
        return FileResponse(TEMPLATES / name, media_type=type_, headers={"X-Content-Type-Options": "nosniff"})

    return answer
