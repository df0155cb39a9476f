"""Businesses: whether each is served, how much it texts, and its settings in force."""

from datetime import timedelta
from typing import Final

from starlette.requests import Request

from shared.database.engine import reading
from shared.operations import businesses, texts
from shared.operations.businesses import Business
from shared.schedulers.bodies import Refused
from shared.schedulers.local import LocalHost
from shared.schedulers.pages.choices import number_of, pages
from shared.schedulers.pages.frame import View

SIZE: Final = 100
VOLUME: Final = timedelta(days=30)


def show(host: LocalHost, request: Request) -> View:
    """Show a page of the businesses whose name holds the words: those that are not served first."""
    application, words = host.application, request.query_params.get("words", "").strip()
    with reading(application.engine) as connection:
        everybody = businesses.businesses(connection, application.defaults, application.zone)
        sent = texts.sent_by_tenant(connection, application.clock() - VOLUME)
    found = [each for each in everybody if _is_named(each, words.lower())]
    found.sort(key=lambda each: each.is_served)
    number = number_of(request)
    first = (number - 1) * SIZE
    values = {
        "businesses": found[first : first + SIZE],
        "pages": pages(request, number, is_last=len(found) <= first + SIZE),
        "sent": sent,
        "words": words,
        "served": sum(each.is_served for each in everybody),
        "of": len(everybody),
    }
    return View("businesses.html", values)


def _is_named(each: Business, words: str) -> bool:
    return words in str(each.tenant.business_name).lower() or words in each.tenant.subdomain.lower()


def show_one(host: LocalHost, request: Request) -> View:
    """Show one business with its settings in force."""
    application, subdomain = host.application, request.path_params["subdomain"]
    with reading(application.engine) as connection:
        found = businesses.business(connection, subdomain, application.defaults, application.zone)
        if found is None:
            raise Refused(404, f"There is no business {subdomain!r}.")
        sent = texts.sent_by_tenant(connection, application.clock() - VOLUME)
    defaults = businesses.settings_in_force(application.defaults)
    values = {
        "business": found,
        "sent": sent.get(found.tenant.id, 0),
        "settings": businesses.settings_in_force(found.policy) if found.policy else {},
        "defaults": defaults,
    }
    return View("business.html", values)
