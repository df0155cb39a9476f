"""Businesses: whether each is served, how much it texts, and its settings in force."""

from typing import Final

from starlette.requests import Request

from shared.database.engine import reading
from shared.operations.tenants import Business, Defaults, businesses
from shared.schedulers.bodies import Refused
from shared.schedulers.local import LocalHost
from shared.schedulers.pages.choices import number_of, pages
from shared.schedulers.pages.frame import View
from shared.settings import policy_variables

SIZE: Final = 100


def show(host: LocalHost, request: Request) -> View:
    """Show a page of the businesses whose name holds the words: those that are not served first."""
    words = request.query_params.get("words", "").strip()
    everybody = _found(host)
    found = [each for each in everybody if _is_named(each, words.lower())]
    found.sort(key=lambda each: each.not_served is None)
    number = number_of(request)
    first = (number - 1) * SIZE
    values = {
        "businesses": found[first : first + SIZE],
        "pages": pages(request, number, is_last=len(found) <= first + SIZE),
        "words": words,
        "served": sum(each.not_served is None for each in everybody),
        "of": len(everybody),
        "zone": host.application.zone,
    }
    return View("businesses.html", values)


def _is_named(each: Business, words: str) -> bool:
    return words in str(each.name).lower() or words in each.subdomain.lower()


def show_one(host: LocalHost, request: Request) -> View:
    """Show one business with its settings in force."""
    subdomain = request.path_params["subdomain"]
    found = _found(host, subdomain)
    if not found:
        raise Refused(404, f"There is no business {subdomain!r}.")
    return View("business.html", {"business": found[0]})


def _found(host: LocalHost, *only: str) -> list[Business]:
    application = host.application
    defaults = Defaults(application.defaults, application.zone, {} if host.is_demo else policy_variables())
    with reading(application.engine) as connection:
        return businesses(connection, defaults, application.clock(), only, are_all=not only)
