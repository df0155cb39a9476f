"""What all pages share: headers, session, the forms' tokens, and the line about what was just done."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shared.database.engine import first_line
from shared.errors import ConfigurationError, DatabaseUnusable, LeaseHeld, RunFailed, UsageError
from shared.schedulers.bodies import Refused, form_of
from shared.schedulers.guard import LASTS, Sessions, cookie_name
from shared.schedulers.local import LocalHost
from shared.schedulers.pages.rendering import render

LOOKING_AT_ONCE: Final = 4
"""Callers that may use the database at once: each takes a connection from the pool that the jobs use."""

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer browsers hide a form's origin from us, too
    "Cache-Control": "no-store",
}
_NOT_OURS: Final = "nothing was done: this form is out of date, or another site sent it; load the page again and repeat"


class View(NamedTuple):
    """A page: its template, and what that shows."""

    template: str
    values: Mapping[str, Any]


class Form(NamedTuple):
    """What a person sent: the fields, and the parameters in the path."""

    fields: Mapping[str, str]
    path: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return a field without the spaces around it; empty if it is not there."""
        return self.fields.get(name, "").strip()


Show = Callable[[LocalHost, Request], View | Response]
Do = Callable[[LocalHost, Form], str]


class Note(NamedTuple):
    """What was done, or why not."""

    words: str
    is_done: bool


class Notes:
    """The last notes. They are kept here, not in the address, so that no link can put words on a page."""

    MOST: Final = 200

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Note] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, note: Note) -> str:
        """Keep a note; return the name under which the next page asks for it."""
        name = secrets.token_urlsafe(9)
        with self._lock:
            self._kept[name] = note
            if len(self._kept) > self.MOST:
                self._kept.popitem(last=False)
        return name

    def named(self, name: str) -> Note | None:
        """Return a note, if it is still there."""
        with self._lock:
            return self._kept.get(name)


@dataclass(frozen=True, slots=True)
class Frame:
    """Answers requests for pages of one host."""

    host: LocalHost
    sessions: Sessions
    notes: Notes = field(default_factory=Notes)
    turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(LOOKING_AT_ONCE))

    def page(self, show: Show) -> Callable[[Request], Response]:
        """Return the endpoint of a page. It reads the database, so it is a plain function, which runs in a thread."""

        def answer(request: Request) -> Response:
            try:
                with self.turns:
                    view = show(self.host, request)
            except Refused as refused:
                return self.message(request, refused.status, str(refused))
            except RunFailed as failed:
                return self.message(request, 503, str(failed))
            except SQLAlchemyError as error:
                words = f"The database cannot be read: {first_line(error)}; run: python -m shared db check"
                return self.message(request, 503, words)
            return view if isinstance(view, Response) else self.shown(request, view)

        return answer

    def action(self, do: Do) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint of a form: it does what the form asks, and shows the page it is on with one line."""

        async def answer(request: Request) -> Response:
            try:
                fields = await form_of(request)
            except Refused as refused:
                return self.message(request, refused.status, str(refused))
            if not self.sessions.is_own_form(request, fields.get("token", "")):
                return self.message(request, 403, _NOT_OURS)
            note = await run_in_threadpool(self._done, do, Form(fields, request.path_params))
            return RedirectResponse(_with_note(fields.get("back", ""), self.notes.keep(note)), 303, HEADERS)

        return answer

    def _done(self, do: Do, form: Form) -> Note:
        try:
            with self.turns:
                return Note(do(self.host, form), is_done=True)
        except (UsageError, RunFailed, ConfigurationError, DatabaseUnusable, LeaseHeld) as error:
            return Note(f"not done: {error}", is_done=False)
        except SQLAlchemyError as error:
            return Note(f"not done: the database failed: {first_line(error)}", is_done=False)

    def message(self, request: Request, status: int, words: str) -> Response:
        """Answer with one line."""
        return self.shown(request, View("message.html", {"words": words}), status)

    def shown(self, request: Request, view: View, status: int = 200) -> Response:
        """Answer with a page; give a browser that has no session one, which the page's forms belong to."""
        cookie = self.sessions.of(request)
        its = cookie or self.sessions.issue()
        html = render(
            view.template,
            path=request.url.path,
            here=_without_note(request),
            note=self.notes.named(request.query_params.get("note", "")),
            token=self.sessions.token(its),
            has_key=self.sessions.has_key,
            is_demo=self.host.is_demo,
            **view.values,
        )
        answer = HTMLResponse(html, status, HEADERS)
        if cookie is None:
            give(answer, request, its)
        return answer


def give(answer: Response, request: Request, cookie: str) -> None:
    """Let the browser keep a session."""
    is_https = request.url.scheme == "https"
    age = int(LASTS.total_seconds())
    answer.set_cookie(cookie_name(request), cookie, age, httponly=True, samesite="strict", secure=is_https)


def local_path(wanted: str) -> str:
    """Return a path with its query if it is one of this host, else that of the first page."""
    parts = urlsplit(wanted)
    is_ours = wanted.startswith("/") and wanted.isprintable() and not parts.netloc and "\\" not in wanted
    return wanted if is_ours else "/"


def _with_note(back: str, name: str) -> str:
    path, _, query = local_path(back).partition("#")[0].partition("?")
    return f"{path}?{urlencode([*parse_qsl(query), ('note', name)])}"


def _without_note(request: Request) -> str:
    """Return the path and the query of a page, to come back to it. A key in it stays out of forms and links."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name not in ("note", "code")]
    return request.url.path + (f"?{urlencode(query)}" if query else "")
