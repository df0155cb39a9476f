"""Which URLs settings may name: safe ones, that are no slip and hold no password where it would be shown."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import SecretStr

from shared.domain.safe_text import ensure_escaped


def is_loopback(url: str | None) -> bool:
    """Whether a URL's host is this machine."""
    try:
        host = urlsplit(url or "").hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def safe_base_url(url: str | None) -> str | None:
    schemes = ("https:", "http:") if is_loopback(url) else ("https:",)
    if url and not url.lower().startswith(schemes):
        raise ValueError("must be https, or point at this machine")
    if url and (not _host(url) or "@" in url):
        raise ValueError("must name a host, and neither a user nor a password")
    return url


def _host(url: str) -> str | None:
    """Return the host of a URL, empty if it names none; None if the URL cannot be parsed."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "" if parts.port != 0 else None
    except ValueError:  # its message quotes the URL
        return None


def broker_url(url: str) -> str:
    for each in url.split(";"):  # Celery takes several and uses the first that answers
        ensure_escaped(each)
        if _host(each) is None:
            raise ValueError("not a URL; write it like redis://:password@host:6379/0")
    return url


def connection_string(secret: SecretStr) -> SecretStr:
    """Accept a connection string as Azure shows it, if its endpoint is safe."""
    parts = dict(part.partition("=")[::2] for part in secret.get_secret_value().split(";"))
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", parts.get("InstrumentationKey", "")):
        raise ValueError("write it as Azure shows it, like InstrumentationKey=…;IngestionEndpoint=https://…")
    if "" in parts:
        raise ValueError("take away the semicolon at its end")
    safe_base_url(parts.get("IngestionEndpoint"))
    return secret
