"""What may be shown and logged: text without secrets, phone numbers or anything that controls a terminal.

`masked` removes what nobody may read, `written_out` makes unprintable characters visible. Terminal output passes
through `shared/cli/common/showing.py`, log lines through the formatters of `shared/logs.py`; both call these two.
"""

import re
from typing import Final

from shared.domain.records import mask_phone

_HIDDEN: Final = "•••"
_PHONE: Final = re.compile(r"(?:\+|%2B)(\d{8,15})")  # E.164, as it is or in the address of a request
_IN_URL: Final = re.compile(r"://\S*@")
_IN_CONNECTION_STRING: Final = re.compile(
    r"(?i)\b(pwd|uid|password|sig|InstrumentationKey|SharedAccessKey|AccountKey)(\s*=\s*)(\{[^}]*\}|[^\s;&]+)"
)

_UNPRINTABLE: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0 and C1: escape sequences, line breaks, tabs
    "\u2028\u2029"  # line and paragraph separators: some programs begin a new line there
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # they change the direction of the text that follows
    # Zero width: two names look the same. The joiners U+200C and U+200D stay: Persian and emoji need them.
    "\u00ad\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff"  # halves of characters: what a terminal or a file cannot encode
    "]"
)

SQLALCHEMY: Final = r"[^:/]*(?::[^@]*)?"
"""User and password that SQLAlchemy reads as meant."""
_ANYWHERE: Final = r"[^@/?#]*"


def written_out(words: object) -> str:
    """Return text as one printable line, with control characters, line breaks and the like as `\\x1b` or `\\u202e`.

    JSON stays the same JSON.
    """
    return _UNPRINTABLE.sub(_escape, str(words))


def indented(words: str) -> str:
    """Indent text of several lines, such as a trace, so that none of them can pass for a line of the log."""
    return "\n".join(f"    {written_out(each)}" for each in words.split("\n"))


def masked(words: str, *secrets: str) -> str:
    """Return text without the secrets, phone numbers (E.164), credentials in URLs, and the values of passwords and keys
    in connection strings.
    """
    for secret in filter(None, secrets):
        words = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", _HIDDEN, words)
    words = _IN_URL.sub(f"://{_HIDDEN}@", words)
    words = _IN_CONNECTION_STRING.sub(rf"\1\2{_HIDDEN}", words)
    return _PHONE.sub(lambda found: mask_phone(f"+{found[1]}"), words)


def ensure_escaped(url: str, credentials: str = _ANYWHERE) -> None:
    """Raise ValueError for a URL in which part of the user or password would be read as host, port, path or query.

    `credentials`: the pattern of those that the URL's reader reads as meant.
    """
    if not re.fullmatch(credentials, url.partition("://")[2].rpartition("@")[0]):
        raise ValueError(
            "the user or the password holds a character that cuts the address in two; "
            "write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23"
        )


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return found[0].encode("unicode_escape").decode("ascii") if code < 0x20 else f"\\u{code:04x}"
