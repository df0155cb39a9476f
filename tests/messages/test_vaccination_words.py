"""What owners read about vaccinations that expire soon."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.database.tables import VACCINES
from shared.domain.policy.models import ServedTenant, TenantPolicy
from shared.domain.records import Kind, Owner, Pet, Tenant, Vaccination
from shared.messages import rendering
from shared.tasks.vaccination_monitor.text import vaccination_text, vaccine_words
from tests.messages.conftest import NEW_YORK, NOW, TENANT_ID, a_pet

KIND = Kind.VACCINATION_EXPIRING
BELLA, MAX = a_pet("Bella"), a_pet("Max")
MAR_12 = date(2026, 3, 12)


@pytest.fixture
def served(tenant: Tenant) -> ServedTenant:
    return ServedTenant(tenant, TenantPolicy(), NEW_YORK, "US")


def with_policy(served: ServedTenant, **sms: object) -> ServedTenant:
    return ServedTenant(served.tenant, TenantPolicy.model_validate({"sms": sms}), NEW_YORK, "US")


def a_record(owner: Owner, pet: Pet = BELLA, on: date = MAR_12, vaccine: str = "rabies", name: str | None = None):
    return Vaccination(
        id=uuid4(),
        tenant_id=TENANT_ID,
        owner=owner,
        pet=pet,
        is_pet_active=True,
        vaccine=vaccine,
        name=name,
        expires_on=on,
        created_at=NOW,
        is_superseded=False,
        is_deleted=False,
    )


def test_an_ordinary_text(served: ServedTenant, owner: Owner) -> None:
    text = vaccination_text(KIND, served, [a_record(owner)], NOW)
    assert text.body == (
        "Vaccination expiry notice from Happy Paws Grooming. Bella: rabies (Thu, Mar 12, 7 days left). "
        "Questions or updates: (555) 010-0142. Reply STOP to opt out"
    )
    assert text.segments == 1


def test_the_days_left_are_local_days_of_the_sending(served: ServedTenant, owner: Owner) -> None:
    late_in_utc = datetime(2026, 3, 13, 3, tzinfo=UTC)  # 23:00 on 12 March in New York
    assert "(Thu, Mar 12, last day)" in vaccination_text(KIND, served, [a_record(owner)], late_in_utc).body


def test_what_expires_first_comes_first_and_a_day_is_told_once(served: ServedTenant, owner: Owner) -> None:
    records = [
        a_record(owner, MAX, date(2026, 3, 19), "lyme"),
        a_record(owner, BELLA, MAR_12),
        a_record(owner, BELLA, MAR_12, "dhpp"),
        a_record(owner, BELLA, date(2026, 3, 6), "other", " Giardia  Vax "),
    ]
    body = vaccination_text(KIND, served, records, NOW).body
    told = body.split("Grooming. ")[1].split(". Questions")[0]
    assert told == (
        "Bella: Giardia Vax (Fri, Mar 6, 1 day left), DHPP and rabies (Thu, Mar 12, 7 days left); "
        "Max: Lyme (Thu, Mar 19, 14 days left)"
    )


def test_in_spanish(served: ServedTenant, owner: Owner) -> None:
    latina = Owner(owner.id, owner.tenant_id, owner.first_name, owner.phone, True, "es-MX", True)
    body = vaccination_text(KIND, served, [a_record(latina, a_pet(None), vaccine="distemper")], NOW).body
    assert body.startswith(
        "Happy Paws Grooming: vencimiento de vacunas. Su mascota: moquillo (jue, 12 de mar, quedan 7"
    )


@pytest.mark.parametrize("vaccine", VACCINES)
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_type_has_a_word(vaccine: str, language: str) -> None:
    folder = Path(rendering.__file__).with_name("templates")
    words = json.loads((folder / language / "words.json").read_text("utf-8"))
    assert vaccine_words(vaccine, None, language) == words[f"vaccine_{vaccine}"]


def test_other_vaccines_are_called_what_the_record_calls_them() -> None:
    assert vaccine_words("other", "Rattlesnake toxoid", "en") == "Rattlesnake toxoid"
    assert vaccine_words("other", "  ", "en") == "vaccine"
    assert vaccine_words("unheard-of", "Toxoid", "en") == "Toxoid"


def test_many_vaccines_are_told_without_weekdays_then_counted(served: ServedTenant, owner: Owner) -> None:
    def told(pets: int) -> str:
        records = [
            a_record(owner, pet, date(2026, 3, 12 + number % 7), vaccine)
            for number, pet in enumerate(a_pet(f"Pet{number}") for number in range(pets))
            for vaccine in ("rabies", "leptospirosis")
        ]
        text = vaccination_text(KIND, served, records, NOW)
        assert text.segments <= 3
        return text.body

    assert "Pet1: " in told(4)
    assert "7 days left" in told(4)
    assert "(Mar 12)" in told(8)
    assert "days left" not in told(8)
    assert told(30).startswith(
        "Vaccination expiry notice from Happy Paws Grooming. 60 vaccinations, the first on Mar 12. Questions"
    )


def test_one_vaccination_that_is_too_long_is_counted_too(served: ServedTenant, owner: Owner) -> None:
    narrow = with_policy(served, max_segments=1, templates={KIND: "$vaccines. $business. " + "x" * 80})
    body = vaccination_text(KIND, narrow, [a_record(owner, a_pet("B" * 40), vaccine="other", name="v" * 40)], NOW).body
    assert body.startswith("1 vaccination on Mar 12. ")


@given(pets=st.integers(1, 40), most=st.integers(1, 3))
def test_no_text_breaks_off_inside_its_vaccines(pets: int, most: int) -> None:
    tenant = Tenant(TENANT_ID, "happy", "Happy Paws", "(555) 010-0142", None, None, "USD", None)
    ana = Owner(uuid4(), TENANT_ID, "Ana", "+15550100199", True, "en", True)
    policy = TenantPolicy.model_validate({"sms": {"max_segments": most}})
    records = [a_record(ana, a_pet(f"Rex{number}")) for number in range(pets)]
    text = vaccination_text(KIND, ServedTenant(tenant, policy, NEW_YORK, "US"), records, NOW)
    assert text.segments <= most
    assert "Questions or updates: (555) 010-0142" in text.body
