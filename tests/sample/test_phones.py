"""The sample's phone numbers are valid, different, and nobody's."""

import re

import phonenumbers
import pytest

from shared.sample import Sample
from shared.sample.businesses import BUSINESSES, Business
from shared.sample.phones import example

NOT_NUMBERS = {None, " ", "not-a-number"}
KEPT_FOR_FICTION = re.compile(r"\+1\d{3}55501\d\d|\+442079460\d{3}|\+6125550\d{4}")


def e164_numbers(sample: Sample) -> list[str]:
    regions = {
        tenant["id"]: business.region for tenant, business in zip(sample.rows["tenants"], BUSINESSES, strict=True)
    }
    ordinary = [owner for owner in sample.rows["owners"] if owner["phone"] not in NOT_NUMBERS]
    parsed = [phonenumbers.parse(owner["phone"], regions[owner["tenant_id"]]) for owner in ordinary]
    assert all(phonenumbers.is_valid_number(number) for number in parsed)
    return [phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) for number in parsed]


def test_only_the_odd_cases_lack_a_valid_number(sample: Sample) -> None:
    assert len(e164_numbers(sample)) == len(sample.rows["owners"]) - len(NOT_NUMBERS)


def test_no_two_owners_share_a_number_but_in_the_case_about_it(sample: Sample) -> None:
    numbers = e164_numbers(sample)
    assert len(numbers) - len(set(numbers)) == 1
    assert numbers.count("+12125550199") == 2


def test_owners_numbers_are_kept_for_fiction_or_examples(sample: Sample) -> None:
    examples = {example("NP"), example("JP")}
    assert [n for n in e164_numbers(sample) if not KEPT_FOR_FICTION.fullmatch(n) and n not in examples] == []


@pytest.mark.parametrize("business", BUSINESSES, ids=lambda business: business.subdomain)
def test_a_business_has_a_valid_number_of_its_region(business: Business) -> None:
    assert phonenumbers.is_valid_number_for_region(phonenumbers.parse(business.phone, business.region), business.region)


def test_numbers_are_written_in_more_than_one_way(sample: Sample) -> None:
    phones = [owner["phone"] for owner in sample.rows["owners"] if owner["phone"] not in NOT_NUMBERS]
    assert any(phone.startswith("+") and " " not in phone for phone in phones)
    assert any(phone.startswith("(") for phone in phones)
    assert any(phone.startswith("020 ") for phone in phones)
