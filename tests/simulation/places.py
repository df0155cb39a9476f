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
    """A tenant as it is at first; `later`: at these shares of the simulated time its columns change.

    `snow`: how many days after the first there is a day on which hardly anybody comes. `trade`: of the usual number
    of visits. `desk`: which share of those who come is written down, from which share of the time on. `boards`: which
    share of the appointments are stays. `accepted`: days after the first of which an operator says, two days later,
    that who looks as if they had not come did not.
    """

    subdomain: str
    zone: str | None
    numbers: Numbers
    phone: str | None = None
    settings: dict[str, Any] | None = None
    columns: tuple[tuple[str, Any], ...] = ()
    later: tuple[tuple[float, dict[str, Any]], ...] = ()
    snow: int = 0
    trade: float = 1.0
    desk: tuple[tuple[float, float], ...] = ((-1.0, 1.0),)
    boards: float = 0.0
    accepted: tuple[int, ...] = ()


def _settings(**settings: Any) -> dict[str, Any]:
    return {"settings": json.dumps(settings)}


def _quiet(span: str) -> dict[str, Any]:
    return {"sms": {"quiet_hours": span}}


UNSAID = "unsaid"
"""A zone that the row leaves to the column's default."""

GOES = {"deleted_at": "now"}
"""The tenant is deleted."""


def _in(currency: str) -> tuple[tuple[str, Any], ...]:
    return (("currency", currency),)


YEN = {"no_show": {"fee_schedule": [3000, 5000], "grace_minutes": 0}, "sms": {"quiet_hours": "22:30-06:45"}}

PLACES = (
    Place("hudson", UNSAID, US, "+1 212 867 9001", snow=6, boards=0.2, accepted=(6,)),
    Place(
        "annapurna", "Asia/Kathmandu", Numbers(("984-100####", "+977 984 100 ####"), "+977984100####"),
        "+977 1 4200123", {"no_show": {"hold_hours": 0}}, _in("JPY"),  # no schedule: no fees
    ),
    Place(
        "lordhowe", "Australia/Lord_Howe", Numbers(("0412 00# ###", "+61 412 00# ###"), "+6141200####"),
        "+61 2 6563 0123", {**_quiet("20:45-07:15"), "no_show": {"deposit_covers_fee": False, "hold_hours": 20}},
        _in("AUD"), later=((0.8, {"status": "suspended"}), (0.87, {"status": "active"})),
    ),
    Place(
        "thames", "Europe/London", Numbers(("07400 10####", "+44 7400 10####"), "+44740010####"),
        "+44 20 7946 0123", {**_quiet("off"), "no_show": {"grace_minutes": 45, "fee_cap_cents": 3000}}, _in("GBP"),
        later=((0.3, _settings(**_quiet("off"), no_show={"closed_on": ["day+3", "day+9"]})),), boards=0.3,
    ),
    Place(
        "sunset", "America/Los_Angeles", US, None,
        {
            "reminders": {"2h": False},
            "no_show": {"closed_on": ["day+4", "day+5"]},
            "reputation": {"recovery_days": 6, "recovery_points": 10},
        },
        later=((0.53, {"settings": None}),),  # an amnesty is taken back
    ),
    Place(
        "sakura", "Asia/Tokyo", Numbers(("090-1200-####", "+81 90 1200 ####"), "+81901200####"),
        "+81 3-1200-0123", YEN, _in("JPY"),
        later=(
            (0.24, _settings(**YEN, reminders={"24h": False})),
            (0.31, _settings(**YEN, reminders={"24h": True})),
        ),
    ),
    Place(
        "avalon", "America/St_Johns", Numbers(("709-867-####",), "+1709867####"), "+1 709 867 0123",
        {"no_show": {"fee_cap": "price"}}, _in("CAD"),
        later=((0.2, {"status": "suspended"}), (0.26, {"status": "active"})), boards=0.3,
    ),
    Place(
        "apia", "Pacific/Apia", Numbers(("72 0####", "+685 72 0####"), "+685720####"), "+685 20123",
        columns=_in("WST"),  # no schedule: no fees
        later=((0.31, {"settings": "{not JSON"}), (0.49, {"settings": None})),
    ),
    Place(
        "kiritimati", "Pacific/Kiritimati", Numbers(("730 0####", "+686 730 0####"), "+6867300####"), "+686 28123",
        {"no_show": {"hold_hours": 72}, "theme": {"dark": True}}, (("status", "trial"), *_in("AUD")),
        later=((0.6242, {"status": "suspended"}), (0.78, {"status": "active"})),  # while a reminder waits
    ),
    Place(
        "cairo", "Africa/Cairo", Numbers(("0100 200 ####", "+20 100 200 ####"), "+20100200####"), None,
        {**_quiet("12:30-15:30"), "country": "EG", "no_show": {"fee_schedule": [10000, 30000], "hold_hours": 48}},
        _in("EGP"), later=((0.55, {"timezone": "Africa/Kairo"}), (0.64, {"timezone": "Africa/Cairo"})), boards=0.2,
    ),
    Place(
        "havana", "America/Havana", Numbers(("05 200####", "+53 5 200####"), "+535200####"), "+53 7 8300123",
        {**_quiet("23:30-05:30"), "no_show": {"auto_charge": False}},
        later=((0.43, {"settings": None}), (0.81, _settings(sms={"quiet_hours": "19:10-10:40"}))),
    ),
    Place(
        "chatham", "Pacific/Chatham", Numbers(("021 200 ####", "+64 21 200 ####"), "+6421200####"),
        "+64 3 305 0123", {"reminders": {"24h": False}, "vaccination": {"thresholds": [3, 10, 9, 8, 2, 1]}},
        _in("NZD"), later=((0.71, _settings(reminders={"2h": True})),), desk=((-1, 0.6),), accepted=(4, 5),
    ),
    Place(
        "ganges", "Asia/Kolkata", Numbers(("98100 0####", "+91 98100 0####"), "+91981000####"), "+91 11 2300 0123",
        {"no_show": {"fee_schedule": [40000]}}, _in("INR"), later=((0.64, GOES),), desk=((-1, 1), (0.25, 0)),
    ),
    Place(
        "greenwich", None, Numbers(("07400 11####",), "+44740011####"), None,
        {"country": "GB", "reputation": {"recovery_days": 2, "recovery_points": 3}}, _in("GBP"),
        later=(
            (0.22, _settings(country="GB", sms={"enabled": False}, reputation={"recovery_days": 2})),
            (0.40, {"settings": '{"country": "GB"}'}),
        ),
    ),
    Place(
        "gaza", "Asia/Gaza", US, "+1 212 555 0100", {"no_show": {"hold_hours": 0}},
        later=((0.33, {"settings": "{not JSON"}), (0.36, _settings(sms={"quiet_hours": "21:00-08:00"}))),
    ),
    Place("dormant", "Europe/London", US, columns=(("is_active", False),)),
    Place("nook", "America/Chicago", US, trade=0.2, desk=((-1, 0),), accepted=(4,)),
    Place("brook", "America/Denver", US, trade=0.2, desk=((-1, 0), (0.4, 1)), boards=0.3, accepted=(3,)),
)  # fmt: skip
