"""Valid phone numbers that belong to nobody.

A sample database may meet a live provider by mistake, so owners' numbers come from ranges that regulators reserve for
fiction: 555-0100 to 555-0199 of a North American area code, (0)20 7946 0xxx (Ofcom), (02) 5550 xxxx (ACMA). Nepal and
Japan reserve none: one owner there has the example number of `phonenumbers`, the others have American numbers.
"""

from collections.abc import Iterator, Sequence
from random import Random

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType


def example(region: str, kind: int = PhoneNumberType.MOBILE) -> str:
    """Return the region's example number in E.164 form."""
    number = phonenumbers.example_number_for_type(region, kind)
    if number is None:
        raise ValueError(f"phonenumbers has no example number of type {kind} for {region}")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def numbers(patterns: Sequence[str], region: str, rng: Random) -> Iterator[str]:
    """Yield distinct numbers of the patterns ("+121255501##"), in the notations that people type."""
    for pattern in patterns:
        wild = pattern.count("#")
        for drawn in rng.sample(range(10**wild), k=10**wild):
            digits = f"{drawn:0{wild}}" if wild else ""
            yield _as_typed(pattern.rstrip("#") + digits, region, rng)


def _as_typed(e164: str, region: str, rng: Random) -> str:
    number = phonenumbers.parse(e164)
    notations = [PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL]
    if phonenumbers.region_code_for_number(number) == region:
        notations.append(PhoneNumberFormat.NATIONAL)
    return phonenumbers.format_number(number, rng.choice(notations))
