"""The words that platforms write their statuses in."""

from collections.abc import Mapping
from typing import Final

from shared.platform.adopt.synonyms import plain

Words = Mapping[str, str]
_VACCINATION: Final[Words] = {
    "current": "valid up_to_date ok",
    "expiring_soon": "expiring due_soon",
    "expired": "overdue lapsed",
    "unknown": "none missing not_on_file",
}
WORDS: Final[Mapping[tuple[str, str], Words]] = {
    ("tenants", "status"): {
        "trial": "trialing trialling in_trial",
        "active": "live enabled",
        "suspended": "paused on_hold past_due blocked",
        "inactive": "closed cancelled canceled disabled archived churned",
    },
    ("appointments", "status"): {
        "pending": "requested unconfirmed tentative new",
        "confirmed": "booked scheduled accepted approved",
        "in_progress": "started checked_in arrived here in_service",
        "completed": "complete done finished",
        "cancelled": "canceled declined rejected",
        "no_show": "noshow missed did_not_attend did_not_show",
    },
    ("appointments", "cancelled_by"): {
        "owner": "customer client pet_owner pet_parent guardian",
        "staff": "business admin salon clinic provider employee",
        "system": "automatic auto",
    },
    ("pets", "vaccination_status"): _VACCINATION,
    ("vaccination_records", "status"): _VACCINATION,
    ("vaccination_records", "type"): {
        "rabies": "",
        "distemper": "",
        "parvo": "parvovirus",
        "bordetella": "kennel_cough",
        "leukemia": "leukaemia felv",
        "lyme": "",
        "dhpp": "da2pp dapp dhppi",
        "fvrcp": "",
        "leptospirosis": "lepto",
        "influenza": "flu canine_influenza",
        "other": "",
    },
}
"""The words of the jobs, each with its synonyms, by table and column."""
UNKNOWN: Final[Mapping[tuple[str, str], str]] = {
    ("tenants", "status"): "suspended",
    ("appointments", "status"): "cancelled",
    ("appointments", "cancelled_by"): "staff",
    ("pets", "vaccination_status"): "unknown",
    ("vaccination_records", "status"): "unknown",
    ("vaccination_records", "type"): "other",
}
"""What a word stands for that nobody knows: nobody is texted or charged for it."""


def our_word(table: str, column: str, theirs: str) -> str | None:
    """Return the word of the jobs for a platform's, if it is known."""
    known = WORDS[table, column]
    return next(
        (ours for ours, names in known.items() if plain(theirs) in {plain(ours), *map(plain, names.split())}), None
    )
