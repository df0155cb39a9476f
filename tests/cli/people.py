"""What of a person or a secret stands in some text: names, e-mail addresses, phone numbers."""

import re
from collections.abc import Iterable

from tests.cli.shell import Shell

SECRETS = {
    "TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef",
    "STRIPE_SECRET_KEY": "sk_test_a1b2c3d4e5f6",
    "TWILIO_ACCOUNT_SID": "AC0123456789abcdef0123456789abcdef",
}
_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}")


def names(petcare: Shell) -> set[str]:
    """Return whole names and e-mail addresses of owners, and the names of pets."""
    owners = petcare.sql("SELECT first_name || ' ' || last_name, email FROM owners")
    pets = petcare.sql("SELECT name FROM pets")
    found = {word for row in [*owners, *pets] for word in row if word}
    assert len(found) > 100
    return found


def shown(text: str, words: Iterable[str]) -> set[str]:
    """Return those of the words that stand in the text, whole."""
    return {word for word in words if word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)}


def phones_in(text: str, petcare: Shell) -> list[str]:
    """Return the lines that show the number of an owner, however it is written."""
    written = [re.sub(r"\D", "", phone) for (phone,) in petcare.sql("SELECT phone FROM owners") if phone]
    phones = {phone[-10:] for phone in written if len(phone) >= 10}
    assert len(phones) > 50
    bare = [re.sub(r"\D", "", _UUID.sub("", line)) for line in text.splitlines()]
    return [line for line in bare if any(phone in line for phone in phones)]
