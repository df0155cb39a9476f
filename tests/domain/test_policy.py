import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from shared.domain.policy.errors import PolicyError
from shared.domain.policy.models import (
    NoShowPolicy,
    ReputationPolicy,
    SmsPolicy,
    TenantPolicy,
    VaccinationPolicy,
    policy_of,
    rules_of,
    slips_in_settings,
    zone_of,
)
from shared.domain.policy.templates import PLACEHOLDERS, check_template
from shared.domain.quiet_hours import QuietHours
from shared.domain.records import TEXTS, Kind, Tenant

NIGHT = QuietHours(start=time(21), end=time(8))
SID = "MG" + "0123456789abcdef" * 2
REMINDER = "$pets at $when"


def tenant(settings: str | None = None, timezone: str | None = None) -> Tenant:
    return Tenant(
        id=uuid4(),
        subdomain="happy",
        business_name="Happy Paws",
        phone=None,
        address=None,
        timezone=timezone,
        currency="USD",
        settings=settings,
    )


def policy(defaults: TenantPolicy | None = None, **settings: Any) -> TenantPolicy:
    return policy_of(tenant(json.dumps(settings)), defaults or TenantPolicy())


def refusal(settings: str | dict[str, Any]) -> PolicyError:
    text = settings if isinstance(settings, str) else json.dumps(settings)
    with pytest.raises(PolicyError) as error:
        policy_of(tenant(text), TenantPolicy())
    return error.value


# Defaults and what overrides them


def test_the_policy_of_a_tenant_that_changes_nothing() -> None:
    assert TenantPolicy().model_dump(by_alias=True) == {
        "no_show": {
            "grace_minutes": 15,
            "fee_schedule": (2500, 3500, 5000, 7500),
            "fee_cap_cents": None,
            "fee_cap": None,
            "hold_hours": 24,
            "auto_charge": True,
            "deposit_covers_fee": True,
            "closed_on": frozenset(),
            "fee_requires_delivered_reminder": False,
        },
        "reminders": {"24h": True, "2h": True},
        "vaccination": {"thresholds": (30, 14, 7)},
        "sms": {
            "enabled": True,
            "messaging_service_sid": None,
            "from": None,
            "language": "en",
            "quiet_hours": "21:00-08:00",
            "rate_limit_per_hour": 1000,
            "max_segments": 3,
            "templates": {},
        },
        "reputation": {"recovery_days": 90, "recovery_points": 5},
        "stripe_account": None,
        "country": None,
    }


@pytest.mark.parametrize("settings", [None, "", "{}"])
def test_a_tenant_without_settings_has_the_defaults_of_the_environment(settings: str | None) -> None:
    defaults = TenantPolicy(
        sms=SmsPolicy.model_validate({"quiet_hours": "off"}), vaccination=VaccinationPolicy(thresholds=(60,))
    )
    assert policy_of(tenant(settings), defaults) == defaults


def test_a_setting_overrides_its_default_and_leaves_its_neighbours() -> None:
    defaults = TenantPolicy(
        no_show=NoShowPolicy(grace_minutes=20, hold_hours=48),
        sms=SmsPolicy(quiet_hours=QuietHours(start=time(22), end=time(7)), rate_limit_per_hour=50),
        reputation=ReputationPolicy(recovery_days=30),
    )
    own = policy(defaults, no_show={"grace_minutes": 5}, sms={"rate_limit_per_hour": 9}, country="NP")
    assert (own.no_show.grace_minutes, own.no_show.hold_hours) == (5, 48)
    assert (own.sms.rate_limit_per_hour, own.sms.quiet_hours) == (9, defaults.sms.quiet_hours)
    assert (own.reputation, own.country) == (defaults.reputation, "NP")


def test_a_tenant_may_switch_quiet_hours_off_or_on_against_the_default() -> None:
    assert policy(sms={"quiet_hours": "off"}).sms.quiet_hours is None
    silent = TenantPolicy(sms=SmsPolicy.model_validate({"quiet_hours": "off"}))
    assert policy(silent, sms={"quiet_hours": "21:00-08:00"}).sms.quiet_hours == NIGHT
    assert policy(silent, sms={"max_segments": 2}).sms.quiet_hours is None


EVERY_KEY: list[tuple[str, Any, Any]] = [
    ("no_show.grace_minutes", 0, 0),
    ("no_show.fee_schedule", [1000, 2000], (1000, 2000)),
    ("no_show.fee_cap_cents", 9000, 9000),
    ("no_show.fee_cap", "price", "price"),
    ("no_show.fee_cap", None, None),
    ("no_show.hold_hours", 0, 0),
    ("no_show.auto_charge", False, False),
    ("no_show.deposit_covers_fee", False, False),
    ("no_show.closed_on", ["2026-02-14"], frozenset({date(2026, 2, 14)})),
    ("no_show.fee_requires_delivered_reminder", True, True),
    ("reminders.24h", False, False),
    ("reminders.2h", False, False),
    ("vaccination.thresholds", [60, 30], (60, 30)),
    ("sms.enabled", False, False),
    ("sms.messaging_service_sid", SID, SID),
    ("sms.from", "+12065550100", "+12065550100"),
    ("sms.quiet_hours", "22:00-06:30", "22:00-06:30"),
    ("sms.rate_limit_per_hour", 0, 0),
    ("sms.max_segments", 1, 1),
    ("sms.language", "es_MX", "es-mx"),
    ("sms.templates", {"reminder_2h": REMINDER}, {Kind.REMINDER_2H: REMINDER}),
    ("sms.templates", {"reminder_2h": {"es-MX": REMINDER}}, {Kind.REMINDER_2H: {"es-mx": REMINDER}}),
    ("reputation.recovery_days", 30, 30),
    ("reputation.recovery_points", 0, 0),
    ("stripe_account", "acct_1Abc", "acct_1Abc"),
    ("country", "GB", "GB"),
]


def nested(key: str, value: Any) -> dict[str, Any]:
    outer, _, inner = key.partition(".")
    return {outer: nested(inner, value) if inner else value}


@pytest.mark.parametrize(("key", "value", "read"), EVERY_KEY, ids=[key for key, *_ in EVERY_KEY])
def test_every_key_of_the_contract_is_accepted_and_has_its_effect(key: str, value: Any, read: Any) -> None:
    found: Any = policy(**nested(key, value)).model_dump(by_alias=True)
    for part in key.split("."):
        found = found[part]
    assert found == read


def keys(found: dict[str, Any], outer: str = "") -> Iterator[str]:
    for key, value in found.items():
        if isinstance(value, dict) and key != "templates":
            yield from keys(value, f"{key}.")
        else:
            yield outer + key


def test_no_key_goes_untested() -> None:
    assert set(keys(TenantPolicy().model_dump(by_alias=True))) == {key for key, *_ in EVERY_KEY}


# Mistakes


@pytest.mark.parametrize(
    ("settings", "key", "hint"),
    [
        ({"sms": {"quiet_hour": "off"}}, "sms.quiet_hour", "did you mean quiet_hours?"),
        ({"no_show": {"feeSchedule": [1]}}, "no_show.feeSchedule", "did you mean fee_schedule?"),
        ({"reminders": {"48h": True}}, "reminders.48h", "did you mean 24h?"),
        ({"reminders": {"h24": False}}, "reminders.h24", "did you mean 24h?"),  # our name for it, not theirs
        ({"sms": {"sender": "+12065550100"}}, "sms.sender", "see docs/settings.md"),
    ],
)
def test_an_unknown_key_is_named_with_the_one_that_it_may_be_a_slip_of(
    settings: dict[str, Any], key: str, hint: str
) -> None:
    error = refusal(settings)
    assert (error.faults[0].key, str(error)) == (key, f"{key}: unknown key; {hint}")


@pytest.mark.parametrize(
    ("key", "ours"),
    [
        ("smss", "sms"),
        ("SMS", "sms"),
        ("no-show", "no_show"),
        ("NoShows", "no_show"),
        ("reminder", "reminders"),
        ("remindrs", "reminders"),
        ("remniders", "reminders"),
        ("reputatiom", "reputation"),
        ("vacccination", "vaccination"),
        ("stripe-account", "stripe_account"),
    ],
)
def test_a_slip_in_a_key_is_named_with_the_key_it_was_meant_for_and_costs_nothing_else(key: str, ours: str) -> None:
    its = tenant(json.dumps({key: {"enabled": "perhaps"}, "country": "GB"}))
    assert [str(each) for each in slips_in_settings(its)] == [f"{key}: unknown key; did you mean {ours}?"]
    assert policy_of(its, TenantPolicy()) == TenantPolicy(country="GB")


@pytest.mark.parametrize("key", ["loyalty", "theme", "sns", "smtp", "services_menu", "shows", "stripe", "", "🐕"])
def test_keys_of_the_platforms_own_are_left_alone(key: str) -> None:
    its = tenant(json.dumps({key: {"fee": 1}, "sms": {"enabled": False}}))
    assert slips_in_settings(its) == []
    assert policy_of(its, TenantPolicy()).sms.enabled is False


def test_slips_are_named_with_all_else_that_is_wrong() -> None:
    with pytest.raises(
        PolicyError, match=r"^reminder: unknown key; did you mean reminders\?; sms.enabled: 1 is neither"
    ):
        rules_of(tenant('{"reminder": {}, "sms": {"enabled": 1}}'), TenantPolicy(), ZoneInfo("UTC"))


@pytest.mark.parametrize("settings", [None, "", "null", " null ", "{}"])
def test_no_settings_are_the_defaults(settings: str | None) -> None:
    assert policy_of(tenant(settings), TenantPolicy()) == TenantPolicy()


def test_everything_that_is_wrong_is_named_at_once_and_each_thing_once() -> None:
    templates = {"reminder_2h": "$pets", "fee_receipt": "$x"}
    settings = {
        "no_show": {"grace_minutes": "abc", "fee_shedule": [1], "fee_schedule": [-1, -1, "x"]},
        "sms": {"enabled": "yes", "templates": templates},
    }
    with pytest.raises(PolicyError) as error:
        rules_of(tenant(json.dumps(settings), "Mars"), TenantPolicy(), ZoneInfo("UTC"))
    assert [str(each) for each in error.value.faults] == [
        "no_show.grace_minutes: 'abc' is not a whole number",
        "no_show.fee_schedule: -1 is too small; the least is 0",
        "no_show.fee_schedule: 'x' is not a whole number",
        "no_show.fee_shedule: unknown key; did you mean fee_schedule?",
        "sms.enabled: 'yes' is neither true nor false",
        "sms.templates.reminder_2h: the template lacks $when",
        (
            "sms.templates.fee_receipt: unknown placeholder $x; there are "
            "$address $business $charge_on $fee $owner $pets $phone $service $vaccines $when"
        ),
        "timezone: 'Mars' is not an IANA time zone; write it like America/New_York",
    ]
    assert str(error.value) == "; ".join(map(str, error.value.faults))


def test_a_row_that_cannot_be_used_does_not_hide_what_else_is_wrong() -> None:
    unusable = replace(tenant('{"sms": {"max_segments": 0}}', "Mars"), fault="its currency is none")
    with pytest.raises(PolicyError) as error:
        rules_of(unusable, TenantPolicy(), ZoneInfo("UTC"))
    assert [each.key for each in error.value.faults] == ["its row", "sms.max_segments", "timezone"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("[]", 'settings: not a JSON object; write it like {"sms": {"quiet_hours": "off"}}'),
        ('"off"', 'settings: not a JSON object; write it like {"sms": {"quiet_hours": "off"}}'),
        ("7", 'settings: not a JSON object; write it like {"sms": {"quiet_hours": "off"}}'),
    ],
)
def test_settings_that_are_no_object_are_refused(settings: str, message: str) -> None:
    assert str(refusal(settings)) == message


@pytest.mark.parametrize("settings", ["{", "{'sms': {}}", '{"sms": {},}', "sms: off", " ", "\x00"])
def test_settings_that_are_no_json_are_refused(settings: str) -> None:
    error = refusal(settings)
    assert error.faults[0].key == "settings"
    assert str(error).startswith("settings: not valid JSON (")


@pytest.mark.parametrize("settings", ["[" * 100_000, '{"sms":' * 100_000], ids=["arrays", "objects"])
def test_settings_nested_too_deep_to_read_are_that_tenants_error(settings: str) -> None:
    assert refusal(settings).faults[0].key == "settings"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("no_show.grace_minutes", -1),
        ("no_show.grace_minutes", "soon"),
        ("no_show.grace_minutes", 1.5),
        ("no_show.fee_schedule", []),
        ("no_show.fee_schedule", 2500),
        ("no_show.fee_schedule", [-1]),
        ("no_show.fee_schedule", [25.5]),
        ("no_show.fee_cap_cents", -1),
        ("no_show.fee_cap", "half"),
        ("no_show.hold_hours", 337),
        ("no_show.auto_charge", "perhaps"),
        ("no_show.closed_on", "2026-02-14"),
        ("no_show.closed_on", ["14.2.2026"]),
        ("reminders.24h", "perhaps"),
        ("reminders", []),
        ("reminders", None),
        ("vaccination.thresholds", [0]),
        ("vaccination.thresholds", []),
        ("vaccination.thresholds", [366]),
        ("sms.messaging_service_sid", "MG1"),
        ("sms.from", "x" * 33),
        ("sms.rate_limit_per_hour", -1),
        ("sms.max_segments", 0),
        ("sms.language", "fr"),
        ("sms.language", None),
        ("sms.templates", {"reminder_3h": REMINDER}),
        ("sms.templates.reminder_2h", 5),
        ("sms.templates.reminder_2h", {}),
        ("sms.templates.reminder_2h", {"en": None}),
        ("sms.templates.reminder_2h", {"fr": REMINDER}),
        ("sms.templates.reminder_2h", {"es-MX": REMINDER, "es_mx": REMINDER}),
        ("sms", "off"),
        ("reputation.recovery_days", 0),
        ("reputation.recovery_points", 101),
        ("stripe_account", "1Abc"),
        ("country", "us"),
        ("country", "USA"),
    ],
)
def test_a_bad_value_is_named(key: str, value: Any) -> None:
    error = refusal(nested(key, value))
    assert error.faults[0].key.startswith(key)
    assert str(error).startswith(f"{error.faults[0].key}: ")
    assert "\n" not in str(error)
    assert not re.search("[Ii]nput should|[Vv]alid (integer|list|dict)", str(error))  # pydantic's own words


@pytest.mark.parametrize("schedule", ["25.00,35.00", [25.0], ["25.00"], [True]])
def test_a_fee_is_never_guessed_from_what_is_no_whole_number_of_cents(schedule: object) -> None:
    """Who writes 25.00 means 25 dollars: that must not become 25 cents."""
    assert refusal({"no_show": {"fee_schedule": schedule}}).faults[0].key.startswith("no_show.fee_schedule")


def test_a_country_that_has_no_phone_numbers_is_a_bad_value() -> None:
    """UK is not GB: every number written the national way would be an invalid one."""
    assert refusal({"country": "UK"}).faults[0].key == "country"


# Quiet hours


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("21:00-08:00", NIGHT),
        (" 21:00 - 08:00 ", NIGHT),
        ("12:30-13:30", QuietHours(start=time(12, 30), end=time(13, 30))),
        ("22:00-00:00", QuietHours(start=time(22), end=time(0))),
        ("04:00-00:00", QuietHours(start=time(4), end=time(0))),  # the longest there may be
        ("off", None),
    ],
)
def test_quiet_hours_are_read(text: str, hours: QuietHours | None) -> None:
    assert policy(sms={"quiet_hours": text}).sms.quiet_hours == hours


@pytest.mark.parametrize("text", ["21:00-08:00", "00:00-06:15", "12:30-13:30"])
def test_quiet_hours_are_written_as_they_are_read(text: str) -> None:
    assert str(policy(sms={"quiet_hours": text}).sms.quiet_hours) == text


@pytest.mark.parametrize(
    "text",
    [
        "nine to five",
        "21:00",
        "21:00-",
        "25:00-08:00",
        "21:00-08:00-09:00",
        "21:00/08:00",
        "21:00\u201308:00",
        "OFF",
        "",
    ],
)
def test_quiet_hours_that_are_no_span_of_times_are_refused_with_an_example(text: str) -> None:
    assert str(refusal({"sms": {"quiet_hours": text}})) == (
        f'sms.quiet_hours: {text!r} is not a span of local times; write it like "21:00-08:00", or "off"'
    )


@pytest.mark.parametrize(
    "text", ["21:00Z-08:00Z", "21:00+01:00-08:00", "21:00:30-08:00", "21:00-08:00:01", "21:00-21:00:30"]
)
def test_quiet_hours_are_local_times_in_whole_minutes(text: str) -> None:
    assert refusal({"sms": {"quiet_hours": text}}).faults[0].key == "sms.quiet_hours"


@pytest.mark.parametrize("value", [21, True, [], ["21:00", "08:00"], {"start": "21:00", "end": "08:00"}])
def test_quiet_hours_of_another_shape_are_refused_with_an_example(value: object) -> None:
    assert str(refusal({"sms": {"quiet_hours": value}})) == ('sms.quiet_hours: write it like "21:00-08:00", or "off"')


def test_nobody_switches_quiet_hours_off_by_leaving_them_blank() -> None:
    assert refusal({"sms": {"quiet_hours": None}}).faults[0].key == "sms.quiet_hours"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("08:00-08:00", 'start and end are the same; write "off" to have no quiet hours'),
        ("00:00-00:00", 'start and end are the same; write "off" to have no quiet hours'),
        ("03:59-00:00", "they leave less than 4 hours a day for sending"),
        ("12:00-11:59", "they leave less than 4 hours a day for sending"),
    ],
)
def test_quiet_hours_must_leave_time_to_send(text: str, message: str) -> None:
    assert str(refusal({"sms": {"quiet_hours": text}})) == f"sms.quiet_hours: {message}"


# Lists


@pytest.mark.parametrize(
    ("written", "read"), [([7, 30, 14], (30, 14, 7)), ([7, 7, 30, 7], (30, 7)), ("7, 30", (30, 7)), ([365], (365,))]
)
def test_thresholds_are_sorted_and_each_counts_once(written: object, read: tuple[int, ...]) -> None:
    assert policy(vaccination={"thresholds": written}).vaccination.thresholds == read


def test_fees_keep_their_order() -> None:
    assert policy(no_show={"fee_schedule": [500, 400, 400]}).no_show.fee_schedule == (500, 400, 400)


# Templates


def template_refusal(kind: Kind, text: str) -> str:
    error = refusal({"sms": {"templates": {kind: text}}})
    assert error.faults[0].key.startswith("sms")
    assert kind in str(error)
    return str(error)


@pytest.mark.parametrize("kind", [Kind.REMINDER_24H, Kind.REMINDER_2H])
@pytest.mark.parametrize(("text", "missing"), [("$pets", "$when"), ("$when", "$pets"), ("Come!", "$pets")])
def test_a_reminder_names_the_pets_and_the_time(kind: Kind, text: str, missing: str) -> None:
    assert template_refusal(kind, text).endswith(f"{kind}: the template lacks {missing}")


@pytest.mark.parametrize("kind", TEXTS)
def test_an_unknown_placeholder_is_named_with_those_there_are(kind: Kind) -> None:
    message = template_refusal(kind, f"{REMINDER} $pet")
    assert "unknown placeholder $pet; there are $address $business $charge_on $fee $owner $pets" in message


def test_a_template_of_what_is_never_sent_is_refused() -> None:
    assert "no_show is not a text; there are reminder_24h" in template_refusal(Kind.NO_SHOW, REMINDER)


@pytest.mark.parametrize("text", [f"{REMINDER}: $5", f"{REMINDER} $", f"{REMINDER} ${{pets", f"{REMINDER} $ pets"])
def test_a_lone_dollar_sign_is_explained(text: str) -> None:
    assert template_refusal(Kind.REMINDER_2H, text).endswith("a lone $ in the template; write $$ for a dollar sign")


@pytest.mark.parametrize(
    "text", [REMINDER, "${pets}: ${when}, $$5", " ".join(f"${name}" for name in sorted(PLACEHOLDERS))]
)
def test_a_template_that_can_be_filled_is_accepted(text: str) -> None:
    assert policy(sms={"templates": {"reminder_24h": text}}).sms.templates == {Kind.REMINDER_24H: text}


def test_a_template_is_checked_in_every_language() -> None:
    error = refusal({"sms": {"templates": {"reminder_2h": {"en": REMINDER, "es": "$pets"}}}})
    assert str(error).endswith("reminder_2h: the template lacks $when")


def test_a_language_that_texts_cannot_be_written_in_is_named_with_those_there_are() -> None:
    told = "'fr' is not a language that texts can be written in; there are en, es"
    assert str(refusal({"sms": {"language": "fr"}})) == f"sms.language: {told}"
    by_language = {"reminder_2h": {"fr": REMINDER}}
    assert str(refusal({"sms": {"templates": by_language}})) == f"sms.templates.reminder_2h: {told}"


def test_only_reminders_must_name_pets_and_time() -> None:
    check_template(Kind.FEE_RECEIPT, "Thank you, $owner: $fee.")


def test_an_unknown_kind_of_template_is_named() -> None:
    assert refusal({"sms": {"templates": {"reminder_3h": REMINDER}}}).faults[0].key == "sms.templates.reminder_3h"


# Zones


@pytest.mark.parametrize("name", ["America/New_York", "Asia/Kathmandu", "UTC", "US/Eastern"])
def test_a_tenants_zone_is_read(name: str) -> None:
    assert zone_of(tenant(timezone=name), ZoneInfo("UTC")).key == name


@pytest.mark.parametrize("name", [None, ""])
def test_a_tenant_without_a_zone_has_the_default(name: str | None) -> None:
    assert zone_of(tenant(timezone=name), ZoneInfo("Asia/Tokyo")).key == "Asia/Tokyo"


@pytest.mark.parametrize(
    "name",
    ["Mars/Base", "America", "../etc/passwd", "/etc/localtime", " ", "EST/EDT", "America/New_York\x00", "x" * 300],
)
def test_an_unknown_zone_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(PolicyError) as error:
        zone_of(tenant(timezone=name), ZoneInfo("UTC"))
    assert error.value.faults[0].key == "timezone"
    assert str(error.value) == f"timezone: {name!r} is not an IANA time zone; write it like America/New_York"
