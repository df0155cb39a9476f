"""Businesses: whether each is served, and if not why; settings in force; how much it texts."""

from datetime import timedelta
from typing import Any

import pytest

from tests.rows import NOON
from tests.salon import Salon, salon
from tests.schedulers.pages.test_texts import add
from tests.schedulers.visitor import Visitor


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({}, None),
        ({"status": "trial"}, None),
        ({"settings": '{"sms": {"quiet_hour": "off"}}'}, "its settings sms.quiet_hour: "),
        ({"settings": "{"}, "its settings settings: not valid JSON"),
        ({"timezone": "Mars/Olympus"}, "its settings timezone: 'Mars/Olympus' is not an IANA time zone"),
        ({"status": "suspended"}, "it is suspended"),
        ({"is_active": False}, "it is switched off"),
        ({"deleted_at": NOON}, "it is deleted"),
    ],
)
def test_a_business_is_served_or_the_page_says_why_not(
    visitor: Visitor, paws: Salon, columns: dict[str, Any], why: str | None
) -> None:
    salon(paws.application, subdomain="other", business_name="Other Tails", **columns)
    for path in ("/businesses", "/businesses/other"):
        visitor.get(path)
        assert ('<span class="mark bad">not served</span>' in visitor.page) is (why is not None)
        assert why is None or why in visitor.words
    visitor.get("/businesses")
    assert f"{2 if why is None else 1} of 2 are served." in visitor.words
    if why:
        assert visitor.words.index("Other Tails") < visitor.words.index("Happy Paws")


def test_a_business_is_found_by_a_part_of_its_name(visitor: Visitor, paws: Salon) -> None:
    salon(paws.application, subdomain="other", business_name="Other Tails")
    for words, found in (("tail", (False, True)), ("PAWS", (True, False)), ("", (True, True)), ("x", (False, False))):
        visitor.get(f"/businesses?words={words}")
        assert ("Happy Paws" in visitor.words, "Other Tails" in visitor.words) == found


def test_settings_in_force_are_the_defaults_but_for_its_own(visitor: Visitor, paws: Salon) -> None:
    settings = '{"no_show": {"grace_minutes": 30}, "sms": {"quiet_hours": "off"}, "reminders": {"2h": false}}'
    salon(paws.application, subdomain="other", settings=settings)
    visitor.get("/businesses/other")
    for words in (
        "no_show.grace_minutes 30 its own",
        "no_show.hold_hours 24 default",
        'sms.quiet_hours "off" its own',
        "reminders.2h false its own",
        "vaccination.thresholds [30, 14, 7] default",
    ):
        assert words in visitor.words, words


def test_the_texts_of_a_month_are_counted(visitor: Visitor, paws: Salon) -> None:
    for days in (1, 29, 31):
        add(paws, sent_at=NOON - timedelta(days=days))
    visitor.get("/businesses")
    assert "paws served 2" in visitor.words
    visitor.get("/businesses/paws")
    assert "Texts in 30 days 2" in visitor.words


def test_an_unknown_business_is_404(visitor: Visitor, paws: Salon) -> None:
    assert visitor.get("/businesses/nobody").status == 404
    assert "There is no business 'nobody'." in visitor.words
