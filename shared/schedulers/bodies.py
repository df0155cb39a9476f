"""Reads the bodies of requests: bounded, and of the one type that is expected."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

LONGEST_BODY: Final = 64 * 1024  # bytes; no job and no form needs more
MOST_FIELDS: Final = 50


class Refused(Exception):
    """A request refused with a status and one line."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


async def body_of(request: Request, type_: str) -> bytes:
    """Return the body. Raise Refused if it is of another content type, or too long."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != type_:
        raise Refused(415, f"the content type must be {type_}")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise Refused(413, f"the body is longer than {LONGEST_BODY} bytes")
    return body


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form; of several with one name the last. Raise Refused if it cannot be read."""
    body = await body_of(request, "application/x-www-form-urlencoded")
    try:
        text = body.decode()
        if "%00" in text or "\0" in text:
            raise ValueError("PostgreSQL stores no such character")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Refused(400, "the form cannot be read") from None
