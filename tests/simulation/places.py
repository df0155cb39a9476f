"""The businesses of the simulated world, and what befalls each of them."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Numbers:
    """How owners of a place write their numbers, and the same in E.164. `####` is a serial number."""

    written: tuple[str, ...]
    e164: str


US = Numbers(("(212) 867-####", "+1 212 867 ####", "212.867.####"), "+1212867####")


@dataclass(frozen=True, slots=True)
class Place:
    """A tenant as it is at first; `later`: at these shares of the simulated time its columns change."""

    subdomain: str
    zone: str | None
    numbers: Numbers
    phone: str | None = None
    settings: dict[str, Any] | None = None
    columns: tuple[tuple[str, Any], ...] = ()
    later: tuple[tuple[float, dict[str, Any]], ...] = ()


def _settings(**settings: Any) -> dict[str, Any]:
    return {"settings": json.dumps(settings)}


def _quiet(span: str) -> dict[str, Any]:
    return {"sms": {"quiet_hours": span}}


UNSAID = "unsaid"
"""A zone that the row leaves to the column's default."""

GOES = {"deleted_at": "now"}
"""The tenant is deleted."""

PLACES = (
    Place("hudson", UNSAID, US, "+1 212 867 9001"),
    Place(
        "annapurna", "Asia/Kathmandu", Numbers(("984-100####", "+977 984 100 ####"), "+977984100####"),
        "+977 1 4200123",
    ),
    Place(
        "lordhowe", "Australia/Lord_Howe", Numbers(("0412 00# ###", "+61 412 00# ###"), "+6141200####"),
        "+61 2 6563 0123", _quiet("20:45-07:15"),
    ),
    Place(
        "thames", "Europe/London", Numbers(("07400 10####", "+44 7400 10####"), "+44740010####"),
        "+44 20 7946 0123", _quiet("off"),
    ),
    Place(
        "sunset", "America/Los_Angeles", US, None, {"reminders": {"2h": False}},
        later=((0.53, {"settings": None}),),
    ),
    Place(
        "sakura", "Asia/Tokyo", Numbers(("090-1200-####", "+81 90 1200 ####"), "+81901200####"),
        "+81 3-1200-0123", _quiet("22:30-06:45"),
        later=(
            (0.24, _settings(sms={"quiet_hours": "22:30-06:45"}, reminders={"24h": False})),
            (0.31, _settings(sms={"quiet_hours": "22:30-06:45"}, reminders={"24h": True})),
        ),
    ),
    Place("avalon", "America/St_Johns", Numbers(("709-867-####",), "+1709867####"), "+1 709 867 0123"),
    Place(
        "apia", "Pacific/Apia", Numbers(("72 0####", "+685 72 0####"), "+685720####"), "+685 20123",
        later=((0.31, _settings(smss={"enabled": True})), (0.49, {"settings": None})),
    ),
    Place(
        "kiritimati", "Pacific/Kiritimati", Numbers(("730 0####", "+686 730 0####"), "+6867300####"), "+686 28123",
        columns=(("status", "trial"),),
        later=((0.6242, {"status": "suspended"}), (0.78, {"status": "active"})),  # while a reminder waits
    ),
    Place(
        "cairo", "Africa/Cairo", Numbers(("0100 200 ####", "+20 100 200 ####"), "+20100200####"),
        None, {**_quiet("12:30-15:30"), "country": "EG"},
        later=((0.55, {"timezone": "Africa/Kairo"}), (0.64, {"timezone": "Africa/Cairo"})),
    ),
    Place(
        "havana", "America/Havana", Numbers(("05 200####", "+53 5 200####"), "+535200####"), "+53 7 8300123",
        _quiet("23:30-05:30"),
        later=((0.43, {"settings": None}), (0.81, _settings(sms={"quiet_hours": "19:10-10:40"}))),
    ),
    Place(
        "chatham", "Pacific/Chatham", Numbers(("021 200 ####", "+64 21 200 ####"), "+6421200####"),
        "+64 3 305 0123", {"reminders": {"24h": False}}, later=((0.71, _settings(reminders={"2h": True})),),
    ),
    Place(
        "ganges", "Asia/Kolkata", Numbers(("98100 0####", "+91 98100 0####"), "+91981000####"), "+91 11 2300 0123",
        later=((0.64, GOES),),
    ),
    Place(
        "greenwich", None, Numbers(("07400 11####",), "+44740011####"), None, {"country": "GB"},
        later=(
            (0.22, _settings(country="GB", sms={"enabled": False})),
            (0.40, {"settings": '{"country": "GB"}'}),
        ),
    ),
    Place(
        "gaza", "Asia/Gaza", US, None, None,
        later=((0.33, {"settings": "{not JSON"}), (0.36, _settings(sms={"quiet_hours": "21:00-08:00"}))),
    ),
    Place("dormant", "Europe/London", US, columns=(("is_active", False),)),
)  # fmt: skip
