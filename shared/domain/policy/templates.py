"""A tenant's own templates: which placeholders, languages and kinds of text there are, and what is wrong with one."""

from string import Template
from typing import Final

from shared.domain.policy.errors import Fault, several
from shared.domain.records import TEXTS, Kind

PLACEHOLDERS: Final = frozenset(
    {"owner", "pets", "when", "business", "service", "address", "phone", "fee", "charge_on", "vaccines"}
)
REQUIRED_PLACEHOLDERS: Final = {
    Kind.REMINDER_24H: frozenset({"pets", "when"}),
    Kind.REMINDER_2H: frozenset({"pets", "when"}),
}
LANGUAGES: Final = frozenset({"en", "es"})
"""The languages of texts. Each has a folder in messages/templates: our templates, and the words put into any."""


def language_tag(written: str) -> str:
    """Return a language tag in one spelling: "es-mx" for "es-MX" and " ES_mx"."""
    return written.strip().lower().replace("_", "-")


def known_language(value: str) -> str:
    """Return the tag of a language that texts can be written in, in one spelling. Raise ValueError for any other."""
    tag = language_tag(value)
    if tag.partition("-")[0] not in LANGUAGES:
        known = ", ".join(sorted(LANGUAGES))
        raise ValueError(f"{value!r} is not a language that texts can be written in; there are {known}")
    return tag


def _by_language(value: object) -> dict[str, str]:
    """Read the texts of a tenant's own template by language; a single text stands under ""."""
    if isinstance(value, str):
        return {"": value}
    if not (isinstance(value, dict) and value and all(isinstance(text, str) for text in value.values())):
        raise ValueError('write a text, or texts by language like {"en": "…", "es": "…"}')
    spelled = {known_language(tag): text for tag, text in value.items()}
    if len(spelled) < len(value):
        raise ValueError("a language is named twice")
    return spelled


def _own_template(kind: str, written: object) -> object:
    """Return one template of a tenant's own as it is kept: a text, or texts by language. Raise ValueError."""
    if kind not in TEXTS:
        raise ValueError(f"{kind} is not a text; there are {', '.join(TEXTS)}")
    texts = _by_language(written)
    for text in texts.values():
        check_template(Kind(kind), text)
    return texts.get("", texts)


def own_templates(value: object) -> object:
    """Read a tenant's own templates; name all that is wrong with them at once."""
    if not isinstance(value, dict):
        return value
    read, wrong = {}, []
    for kind, written in value.items():
        try:
            read[kind] = _own_template(kind, written)
        except ValueError as error:
            wrong.append(Fault(kind, str(error)))
    if wrong:
        raise several(wrong)
    return read


def check_template(kind: Kind, text: str) -> None:
    """Raise ValueError when `text` cannot be filled, or is a reminder without its `$pets` and `$when`."""
    template = Template(text)
    if not template.is_valid():
        raise ValueError("a lone $ in the template; write $$ for a dollar sign")
    names = set(template.get_identifiers())
    if unknown := names - PLACEHOLDERS:
        known = " ".join(f"${name}" for name in sorted(PLACEHOLDERS))
        raise ValueError(f"unknown placeholder ${min(unknown)}; there are {known}")
    if missing := REQUIRED_PLACEHOLDERS.get(kind, frozenset()) - names:
        raise ValueError(f"the template lacks ${min(missing)}")
