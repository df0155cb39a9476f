"""Signing in by a form that asks for the key, and out again."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shared.schedulers.bodies import Refused, form_of
from shared.schedulers.guard import Sessions, cookie_name, is_foreign
from shared.schedulers.pages.frame import HEADERS, give, local_path
from shared.schedulers.pages.rendering import render


def ask(request: Request, trouble: str = "", wanted: str | None = None) -> Response:
    """Answer 401 with the form. `wanted`: the page to show afterwards, by default the one that was asked for."""
    query = f"?{request.url.query}" if request.url.query else ""
    after = local_path(f"{request.url.path}{query}" if wanted is None else wanted)
    return HTMLResponse(render("login.html", trouble=trouble, wanted=after), 401, HEADERS)


def form(sessions: Sessions) -> Callable[[Request], Response]:
    """Return the endpoint that shows the form."""

    def answer(request: Request) -> Response:
        return ask(request, wanted="/") if sessions.has_key else RedirectResponse("/", 303, HEADERS)

    return answer


def sign_in(sessions: Sessions) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that takes the key and lets the browser keep a cookie that stands for it."""

    async def answer(request: Request) -> Response:
        try:
            fields = await form_of(request)
        except Refused as refused:
            return ask(request, str(refused), "/")
        wanted = local_path(fields.get("wanted", ""))
        if is_foreign(request):
            return ask(request, "Another site sent the key; type it here.", wanted)
        if not sessions.is_key(fields.get("key", "").strip()):
            return ask(request, "That is not the key.", wanted)
        let_in = RedirectResponse(wanted, 303, HEADERS)
        give(let_in, request, sessions.issue())
        return let_in

    return answer


def sign_out(sessions: Sessions) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that lets the browser forget its cookie."""

    async def answer(request: Request) -> Response:
        fields = await form_of(request)
        gone = RedirectResponse("/", 303, HEADERS)
        if sessions.is_own_form(request, fields.get("token", "")):
            gone.delete_cookie(cookie_name(request), httponly=True, samesite="strict")
        return gone

    return answer
