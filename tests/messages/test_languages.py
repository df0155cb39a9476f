"""Which template a reader gets, and that all of a text is in its language."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.policy.models import ServedTenant, SmsPolicy, TenantPolicy
from shared.domain.records import Appointment, Kind, Owner, Tenant
from shared.messages.wording import template_for
from shared.tasks.appointment_reminders.text import reminder_text
from tests.messages.conftest import NEW_YORK, NOW, a_pet

KIND = Kind.REMINDER_24H
ENGLISH, SPANISH, MEXICAN = "Hi! $pets $when. $service", "¡Hola! $pets $when. $service", "¡Qué onda! $pets $when"
TWO_STARTS = ("2026-03-06T15:00Z", "2026-03-07T16:00Z")


def sms(written: Any = None, language: str = "en") -> SmsPolicy:
    return SmsPolicy.model_validate({"language": language, "templates": {KIND: written} if written else {}})


def beginning(policy: SmsPolicy, wanted: str | None) -> tuple[str, str]:
    """The first word of the template that a reader gets, and the language of the words put into it."""
    template, language = template_for(KIND, policy, wanted)
    return template.split()[0], language


@pytest.mark.parametrize("wanted", ["es", "ES", "es-MX", "es_MX", " es-419 ", "es-Latn-MX"])
def test_a_language_is_known_by_its_tag_however_spelled(wanted: str) -> None:
    assert beginning(sms(), wanted) == ("Cita", "es")


@pytest.mark.parametrize("wanted", [None, "", "fr", "klingon", "../es", "spanish", "e"])
def test_a_reader_of_another_language_gets_the_tenants(wanted: str | None) -> None:
    assert beginning(sms(), wanted) == ("$business", "en")
    assert beginning(sms(language="es_MX"), wanted) == ("Cita", "es")


def test_a_tenants_own_text_is_in_its_language_and_for_its_readers() -> None:
    assert beginning(sms(ENGLISH), "en-GB") == beginning(sms(ENGLISH), "fr") == ("Hi!", "en")
    assert beginning(sms(ENGLISH), "es") == ("Cita", "es")
    assert beginning(sms(SPANISH, "es-MX"), "es") == beginning(sms(SPANISH, "es-MX"), None) == ("¡Hola!", "es")
    assert beginning(sms(SPANISH, "es-MX"), "en") == ("$business", "en")


def test_texts_by_language_are_each_for_their_readers() -> None:
    both = sms({"en": ENGLISH, "ES": SPANISH, "es_MX": MEXICAN})
    assert [beginning(both, wanted)[0] for wanted in ("en", "es", "es-MX", "es-AR", "fr")] == [
        "Hi!",
        "¡Hola!",
        "¡Qué",
        "¡Hola!",
        "Hi!",
    ]
    assert beginning(sms({"es": SPANISH}), "en") == ("$business", "en")
    assert beginning(sms({"es": SPANISH}, "es"), "fr") == ("¡Hola!", "es")


def test_a_blank_text_is_none() -> None:
    blank = SmsPolicy.model_validate({"templates": {Kind.FEE_RECEIPT: {"en": " \n", "es": "$fee"}}})
    assert template_for(Kind.FEE_RECEIPT, blank, "en")[0].startswith("Receipt from")


@pytest.mark.parametrize(
    ("written", "wanted", "expected"),
    [
        (
            ENGLISH,
            "en",
            (
                "Hi! Bella and your pet tomorrow, Fri Mar 6, at 10:00 AM and on Sat, Mar 7 at 11:00 AM. "
                "Bath and Nails. Reply STOP to opt out"
            ),
        ),
        (
            {"es": SPANISH},
            "es-MX",
            (
                "¡Hola! Bella y su mascota mañana, vie 6 de mar, a las 10:00 a.m. y el sab, 7 de mar a las 11:00 a.m. "
                "Bath y Nails. Responda STOP para salir"
            ),
        ),
        (
            ENGLISH,
            "es",
            (
                "Cita en Happy Paws Grooming: Bella y su mascota mañana, vie 6 de mar, a las 10:00 a.m. y el sab, "
                "7 de mar a las 11:00 a.m. Bath y Nails. 12 Main St. Dudas o cambios: (555) 010-0142. "
                "Responda STOP para salir"
            ),
        ),
    ],
    ids=["its own in English", "its own in Spanish", "ours"],
)
def test_all_words_of_a_text_are_of_its_templates_language(
    tenant: Tenant, owner: Owner, booked: Callable[..., Appointment], written: Any, wanted: str, expected: str
) -> None:
    served = ServedTenant(tenant, TenantPolicy(sms=sms(written)), NEW_YORK, "US")
    reader = replace(owner, language=wanted)
    visit = [
        replace(booked(a_pet("Bella"), at=TWO_STARTS[0], service="Bath"), owner=reader),
        replace(booked(a_pet(None), at=TWO_STARTS[1], service="Nails"), owner=reader),
    ]
    assert reminder_text(KIND, served, visit, NOW).body == expected
