import json
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from shared.domain.policy.models import TenantPolicy
from shared.domain.quiet_hours import QuietHours
from shared.errors import ConfigurationError
from shared.settings import (
    POLICY_VARIABLES,
    DatabaseSettings,
    Group,
    HostSettings,
    JobSettings,
    LogSettings,
    PaymentSettings,
    SmsSettings,
    database,
    environment,
    is_loopback,
    load,
)

EXAMPLE = Path(__file__).resolve().parents[1] / "local.settings.json.example"
NO_SPAN = 'is not a span of local times; write it like "21:00-08:00", or "off"'
ACCOUNT, SERVICE = "AC" + "0123456789abcdef" * 2, "MG" + "0123456789abcdef" * 2
NO_SECRET_KEY = "must be a secret or a restricted key of Stripe, which begins with sk_ or rk_"
NO_SENDER = "must be a number like +12025550143, a short code, or a name of up to 11 letters and digits"
GROUPS = (DatabaseSettings, JobSettings, SmsSettings, PaymentSettings, LogSettings, HostSettings)

# variable: its default, then a text and what is read from it
KNOWN: dict[str, tuple[Any, str, Any]] = {
    "DATABASE_URL": ("sqlite:///petcare.db", "postgresql://db/petcare", "postgresql://db/petcare"),
    "DATABASE_SCHEMA": (None, "petcare", "petcare"),
    "TASK_TIMEZONE": (ZoneInfo("UTC"), "Asia/Tokyo", ZoneInfo("Asia/Tokyo")),
    "NO_SHOW_GRACE_PERIOD_MINUTES": (15, "0", 0),
    "NO_SHOW_FEE_SCHEDULE": ((2500, 3500, 5000, 7500), "1000, 900,800", (1000, 900, 800)),
    "NO_SHOW_FEE_HOLD_HOURS": (24, "336", 336),
    "NO_SHOW_LOOKBACK_DAYS": (7, "1", 1),
    "REPUTATION_RECOVERY_DAYS": (90, "30", 30),
    "REPUTATION_RECOVERY_POINTS": (5, "0", 0),
    "VACCINATION_ALERT_THRESHOLDS": ((30, 14, 7), "7, 60,7", (60, 7)),
    "SMS_QUIET_HOURS": (
        QuietHours(start=time(21), end=time(8)),
        "22:30-06:15",
        QuietHours(start=time(22, 30), end=time(6, 15)),
    ),
    "SMS_RATE_LIMIT": (1000, "0", 0),
    "SMS_ENABLED": (True, "false", False),
    "SMS_CONCURRENCY": (64, "1", 1),
    "SMS_MAX_PER_SECOND": (None, "0.5", 0.5),
    "RUN_TIME_BUDGET_SECONDS": (540, "10", 10),
    "SMS_PROVIDER": ("twilio", "console", "console"),
    "TWILIO_ACCOUNT_SID": (None, ACCOUNT, ACCOUNT),
    "TWILIO_AUTH_TOKEN": (None, "secret", SecretStr("secret")),
    "TWILIO_MESSAGING_SERVICE_SID": (None, SERVICE, SERVICE),
    "TWILIO_PHONE_NUMBER": (None, "+12025550143", "+12025550143"),
    "TWILIO_API_BASE_URL": (None, "http://127.0.0.1:4010", "http://127.0.0.1:4010"),
    "PAYMENT_PROVIDER": ("stripe", "console", "console"),
    "STRIPE_SECRET_KEY": (None, "sk_test_secret", SecretStr("sk_test_secret")),
    "STRIPE_API_BASE_URL": (None, "https://stripe.test", "https://stripe.test"),
    "LOG_LEVEL": ("INFO", "DEBUG", "DEBUG"),
    "LOG_FORMAT": ("text", "json", "json"),
    "LOG_FILE": (None, "petcare.log", "petcare.log"),
    "HOST_KEY": (None, "sixteen letters.", SecretStr("sixteen letters.")),
}


def group_of(variable: str) -> type[Group]:
    return next(group for group in GROUPS if variable.lower() in group.model_fields)


def read(variable: str, source: Mapping[str, str]) -> Any:
    return getattr(load(group_of(variable), source), variable.lower())


def refusal(group: type[Group], source: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConfigurationError) as error:
        load(group, source)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, empty, and an environment without our variables."""
    monkeypatch.chdir(tmp_path)
    for variable in [*KNOWN, "WEBSITE_SITE_NAME"]:
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def write_local(folder: Path, **values: object) -> None:
    (folder / "local.settings.json").write_text(json.dumps({"Values": values}), encoding="utf-8")


# Each setting


@pytest.mark.parametrize("variable", KNOWN)
def test_the_default_of_every_setting(variable: str) -> None:
    assert read(variable, {}) == KNOWN[variable][0]


@pytest.mark.parametrize("variable", KNOWN)
def test_every_setting_is_read(variable: str) -> None:
    _, written, value = KNOWN[variable]
    assert read(variable, {variable: written}) == value


@pytest.mark.parametrize("variable", KNOWN)
def test_an_empty_value_counts_as_not_set(variable: str) -> None:
    assert read(variable, {variable: ""}) == KNOWN[variable][0]


def test_no_setting_goes_untested() -> None:
    assert {name.upper() for group in GROUPS for name in group.model_fields} == set(KNOWN)


@pytest.mark.parametrize("variable", KNOWN)
def test_the_example_lists_every_setting(variable: str) -> None:
    assert variable in json.loads(EXAMPLE.read_text(encoding="utf-8"))["Values"]


def test_the_example_holds_the_defaults_and_console_providers() -> None:
    values = json.loads(EXAMPLE.read_text(encoding="utf-8"))["Values"]
    unlike = {variable for variable in KNOWN if read(variable, values) != KNOWN[variable][0]}
    assert unlike == {"SMS_PROVIDER", "PAYMENT_PROVIDER"}
    assert (values["SMS_PROVIDER"], values["PAYMENT_PROVIDER"]) == ("console", "console")


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("DATABASE_SCHEMA", "Pet-Care", "must be a plain name of small letters, digits and _, like petcare"),
        ("DATABASE_SCHEMA", 'x"; DROP TABLE y', "must be a plain name of small letters, digits and _, like petcare"),
        ("DATABASE_SCHEMA", "1st", "must be a plain name of small letters, digits and _, like petcare"),
        ("TASK_TIMEZONE", "Mars", "'Mars' is not an IANA time zone; write it like UTC or America/New_York"),
        ("TASK_TIMEZONE", "America", "'America' is not an IANA time zone; write it like UTC or America/New_York"),
        ("SMS_QUIET_HOURS", "late", f"'late' {NO_SPAN}"),
        ("SMS_QUIET_HOURS", "9:00-17:00", f"'9:00-17:00' {NO_SPAN}"),
        ("SMS_QUIET_HOURS", "09:00-09:00", 'start and end are the same; write "off" to have no quiet hours'),
        ("SMS_QUIET_HOURS", "01:00-23:00", "they leave less than 4 hours a day for sending"),
        ("SMS_PROVIDER", "nexmo", "not possible; write 'twilio' or 'console'"),
        ("PAYMENT_PROVIDER", "none", "not possible; write 'stripe' or 'console'"),
        ("LOG_LEVEL", "loud", "not possible; write 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("LOG_FORMAT", "xml", "not possible; write 'text' or 'json'"),
        ("TWILIO_ACCOUNT_SID", "SK" + "0" * 32, "must be AC and 32 hexadecimal digits"),
        ("TWILIO_ACCOUNT_SID", ACCOUNT[:-1], "must be AC and 32 hexadecimal digits"),
        ("TWILIO_MESSAGING_SERVICE_SID", ACCOUNT, "must be MG and 32 hexadecimal digits"),
        ("TWILIO_PHONE_NUMBER", "202 555 0143", NO_SENDER),
        ("TWILIO_PHONE_NUMBER", "+1 202 555 0143", NO_SENDER),
        ("TWILIO_PHONE_NUMBER", "Happy Paws Co", NO_SENDER),
        ("TWILIO_API_BASE_URL", "http://twilio.test", "must be https, or point at this machine"),
        ("TWILIO_API_BASE_URL", "https://", "must name a host, and neither a user nor a password"),
        ("TWILIO_API_BASE_URL", "https://me:secret@twilio.test", "must name a host, and neither a user nor a password"),
        (
            "STRIPE_SECRET_KEY",
            "pk_live_secret",
            "must be a secret or a restricted key of Stripe, which begins with sk_ or rk_",
        ),
        ("STRIPE_API_BASE_URL", "http://stripe.test", "must be https, or point at this machine"),
        ("NO_SHOW_GRACE_PERIOD_MINUTES", "-1", "too small; the least is 0"),
        ("NO_SHOW_FEE_HOLD_HOURS", "337", "too large; the most is 336"),
        ("NO_SHOW_LOOKBACK_DAYS", "61", "too large; the most is 60"),
        ("SMS_CONCURRENCY", "0", "too small; the least is 1"),
        ("SMS_MAX_PER_SECOND", "0", "too small; it must be more than 0"),
        ("RUN_TIME_BUDGET_SECONDS", "9", "too small; the least is 10"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable(variable: str, value: str, message: str) -> None:
    assert refusal(group_of(variable), {variable: value}) == f"{variable}: {message}"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NO_SHOW_GRACE_PERIOD_MINUTES", "15 minutes"),
        ("NO_SHOW_FEE_SCHEDULE", "2500;3500"),
        ("NO_SHOW_FEE_SCHEDULE", "2500,,3500"),
        ("NO_SHOW_FEE_SCHEDULE", "2500,-1"),
        ("NO_SHOW_FEE_SCHEDULE", ","),
        ("NO_SHOW_FEE_SCHEDULE", "$25"),
        ("NO_SHOW_FEE_SCHEDULE", "25.00"),
        ("REPUTATION_RECOVERY_DAYS", "0"),
        ("REPUTATION_RECOVERY_POINTS", "101"),
        ("VACCINATION_ALERT_THRESHOLDS", "30 14 7"),
        ("VACCINATION_ALERT_THRESHOLDS", "0"),
        ("SMS_RATE_LIMIT", "-1"),
        ("SMS_ENABLED", "perhaps"),
    ],
)
def test_a_value_that_cannot_be_meant_names_the_variable(variable: str, value: str) -> None:
    assert refusal(group_of(variable), {variable: value}).startswith(f"{variable}: ")


@pytest.mark.parametrize("text", ["true", "True", "1", "on", "yes"])
def test_ways_to_say_yes(text: str) -> None:
    assert read("SMS_ENABLED", {"SMS_ENABLED": text}) is True


@pytest.mark.parametrize("text", ["false", "False", "0", "off", "no"])
def test_ways_to_say_no(text: str) -> None:
    assert read("SMS_ENABLED", {"SMS_ENABLED": text}) is False


def test_quiet_hours_can_be_switched_off() -> None:
    assert read("SMS_QUIET_HOURS", {"SMS_QUIET_HOURS": "off"}) is None


# What follows from them


def test_the_defaults_of_every_tenant_are_those_of_the_environment() -> None:
    changed = {
        "NO_SHOW_GRACE_PERIOD_MINUTES": "20",
        "NO_SHOW_FEE_SCHEDULE": "100",
        "NO_SHOW_FEE_HOLD_HOURS": "12",
        "REPUTATION_RECOVERY_DAYS": "60",
        "REPUTATION_RECOVERY_POINTS": "4",
        "VACCINATION_ALERT_THRESHOLDS": "21",
        "SMS_QUIET_HOURS": "off",
        "SMS_RATE_LIMIT": "77",
    }
    policy = load(JobSettings, changed).policy()
    assert (policy.no_show.grace_minutes, policy.no_show.fee_schedule, policy.no_show.hold_hours) == (20, (100,), 12)
    assert (policy.reputation.recovery_days, policy.reputation.recovery_points) == (60, 4)
    assert policy.vaccination.thresholds == (21,)
    assert (policy.sms.quiet_hours, policy.sms.rate_limit_per_hour) == (None, 77)


def test_an_environment_that_says_nothing_gives_the_default_policy() -> None:
    assert load(JobSettings, {}).policy() == TenantPolicy()


def test_the_time_budget_is_in_seconds() -> None:
    assert load(JobSettings, {"RUN_TIME_BUDGET_SECONDS": "90"}).time_budget == timedelta(seconds=90)


@pytest.mark.parametrize(
    ("group", "provider", "base_url"),
    [
        (SmsSettings, "SMS_PROVIDER", "TWILIO_API_BASE_URL"),
        (PaymentSettings, "PAYMENT_PROVIDER", "STRIPE_API_BASE_URL"),
    ],
)
@pytest.mark.parametrize(
    ("is_console", "url", "is_live"),
    [
        (False, "", True),
        (False, "https://proxy.test", True),
        (False, "http://127.0.0.1:4010", False),
        (False, "https://localhost:4010", False),
        (True, "", False),
        (True, "https://proxy.test", False),
    ],
)
def test_a_provider_is_live_unless_it_is_the_console_or_this_machine(
    group: type[SmsSettings | PaymentSettings], provider: str, base_url: str, is_console: bool, url: str, is_live: bool
) -> None:
    source = {base_url: url} | ({provider: "console"} if is_console else {})
    assert load(group, source).is_live is is_live


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost", True),
        ("http://LOCALHOST:80/x", True),
        ("http://127.0.0.1:4010", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:4010", True),
        ("http://localhost.evil.test", False),
        ("http://127.0.0.1.evil.test", False),
        ("http://127.0.0.1@evil.test", False),
        ("http://evil.test/localhost", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
        ("localhost:4010", False),
        ("", False),
        (None, False),
    ],
)
def test_only_this_machine_is_loopback(url: str | None, expected: bool) -> None:
    assert is_loopback(url) is expected


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://api.twilio.test", True),
        ("HTTPS://API.TWILIO.TEST", True),
        ("http://localhost:4010", True),
        ("http://[::1]:4010", True),
        ("http://10.0.0.1", False),
        ("http://localhost@evil.test", False),
        ("ftp://api.twilio.test", False),
        ("api.twilio.test", False),
        ("localhost:4010", False),
        ("http://[::1", False),
    ],
)
def test_a_base_url_is_https_or_points_at_this_machine(url: str, is_allowed: bool) -> None:
    if is_allowed:
        assert read("TWILIO_API_BASE_URL", {"TWILIO_API_BASE_URL": url}) == url
    else:
        assert refusal(SmsSettings, {"TWILIO_API_BASE_URL": url}).startswith("TWILIO_API_BASE_URL: ")


# The account at Twilio

COMPLETE = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "secret", "TWILIO_PHONE_NUMBER": "+12025550143"}


def test_the_credentials_are_account_and_token() -> None:
    assert load(SmsSettings, COMPLETE).credentials() == (ACCOUNT, "secret")


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("TWILIO_ACCOUNT_SID", "TWILIO_ACCOUNT_SID: not set"),
        ("TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN: not set"),
        ("TWILIO_PHONE_NUMBER", "TWILIO_MESSAGING_SERVICE_SID or TWILIO_PHONE_NUMBER: set one"),
    ],
)
def test_what_texts_cannot_be_sent_without_is_named(missing: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{named}"):
        load(SmsSettings, COMPLETE | {missing: ""}).credentials()


def test_a_messaging_service_will_do_for_a_sender() -> None:
    source = COMPLETE | {"TWILIO_PHONE_NUMBER": "", "TWILIO_MESSAGING_SERVICE_SID": SERVICE}
    assert load(SmsSettings, source).credentials() == (ACCOUNT, "secret")


@pytest.mark.parametrize("sender", ["+12025550143", "12345", "HappyPaws", "Paws 4 You"])
def test_texts_can_come_from_a_number_a_short_code_or_a_name(sender: str) -> None:
    assert load(SmsSettings, {"TWILIO_PHONE_NUMBER": sender}).twilio_phone_number == sender


def test_no_credential_shows_in_the_settings_as_text() -> None:
    shown = repr(load(SmsSettings, COMPLETE))
    assert [value for value in COMPLETE.values() if value in shown] == []


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    assert "secret" not in refusal(SmsSettings, {"TWILIO_ACCOUNT_SID": "secret"})


# The database


@pytest.mark.parametrize("url", [None, ""])
def test_a_deployed_function_app_needs_a_database_url(url: str | None) -> None:
    deployed = {"WEBSITE_SITE_NAME": "petcare-prod"} | ({} if url is None else {"DATABASE_URL": url})
    with pytest.raises(ConfigurationError) as error:
        database(deployed)
    assert str(error.value) == "DATABASE_URL: not set; a deployed Function App needs a database server"


@pytest.mark.parametrize("site", [{}, {"WEBSITE_SITE_NAME": ""}])
def test_elsewhere_the_database_is_the_embedded_one(site: dict[str, str]) -> None:
    assert database(site).database_url == "sqlite:///petcare.db"


@pytest.mark.parametrize("site", [{}, {"WEBSITE_SITE_NAME": "petcare-prod"}])
def test_a_database_url_is_taken_as_it_is(site: dict[str, str]) -> None:
    assert database({**site, "DATABASE_URL": "postgresql://db/x"}).database_url == "postgresql://db/x"


# One group at a time


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_a_group_never_complains_about_the_setting_of_another(group: type[Group]) -> None:
    others = {name: "\x00bad" for name in KNOWN if name.lower() not in group.model_fields}
    assert load(group, others) == load(group, {})


# Where they come from


def test_the_environment_goes_before_local_settings_and_those_before_dotenv(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = ["SMS_RATE_LIMIT", "SMS_CONCURRENCY", "NO_SHOW_LOOKBACK_DAYS"]
    (folder / ".env").write_text("\n".join(f"{name}=3" for name in variables), encoding="utf-8")
    write_local(folder, **dict.fromkeys(variables[:2], "2"))
    monkeypatch.setenv(variables[0], "1")
    found = load(JobSettings)
    assert (found.sms_rate_limit, found.sms_concurrency, found.no_show_lookback_days) == (1, 2, 3)


def test_an_empty_value_hides_nothing_that_is_set_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example lists settings as empty: a copy of it must not hide what .env says."""
    (folder / ".env").write_text("LOG_FILE=petcare.log\n", encoding="utf-8")
    write_local(folder, LOG_FILE="", LOG_LEVEL="DEBUG")
    monkeypatch.setenv("LOG_LEVEL", "")
    found = load(LogSettings)
    assert (found.log_file, found.log_level) == ("petcare.log", "DEBUG")


@pytest.mark.usefixtures("folder")
def test_without_files_the_environment_is_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMS_RATE_LIMIT", "5")
    assert environment()["SMS_RATE_LIMIT"] == "5"
    assert load(JobSettings).sms_rate_limit == 5
    assert load(JobSettings).sms_concurrency == 64


def test_values_of_local_settings_may_be_numbers_and_truth_values(folder: Path) -> None:
    write_local(folder, SMS_ENABLED=False, SMS_RATE_LIMIT=5)
    found = load(JobSettings)
    assert (found.sms_enabled, found.sms_rate_limit) == (False, 5)


def test_null_in_local_settings_counts_as_not_set(folder: Path) -> None:
    write_local(folder, LOG_FILE=None)
    assert load(LogSettings).log_file is None


@pytest.mark.parametrize("text", ["{}", '{"IsEncrypted": false}', '{"Values": {}}', '\ufeff{"Values": {}}'])
def test_local_settings_may_say_nothing(folder: Path, text: str) -> None:
    (folder / "local.settings.json").write_text(text, encoding="utf-8")
    assert load(JobSettings) == load(JobSettings, {})


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", '"x"', '{"Values": []}', '{"Values": null}', '{"Values": 7}', "{'Values': {}}"]
)
def test_malformed_local_settings_are_refused_with_an_example(folder: Path, text: str) -> None:
    (folder / "local.settings.json").write_text(text, encoding="utf-8")
    assert refusal(JobSettings) == ('local.settings.json: not valid JSON like {"Values": {"SMS_PROVIDER": "console"}}')


def test_local_settings_in_another_encoding_are_refused(folder: Path) -> None:
    (folder / "local.settings.json").write_bytes('{"Values": {"LOG_FILE": "é"}}'.encode("latin-1"))
    assert refusal(JobSettings).startswith("local.settings.json: ")


def test_a_setting_given_as_an_argument_is_read_from_there_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_local(folder, SMS_RATE_LIMIT="2")
    monkeypatch.setenv("SMS_CONCURRENCY", "1")
    assert load(JobSettings, {}) == JobSettings()


@pytest.mark.parametrize(("key", "variable"), POLICY_VARIABLES.items())
def test_the_variable_named_for_a_setting_is_the_one_that_changes_its_default(key: str, variable: str) -> None:
    values = {"SMS_QUIET_HOURS": "20:00-09:00", "TASK_TIMEZONE": "Asia/Tokyo"}
    changed = load(JobSettings, {variable: values.get(variable, "7")})
    policy, plain = (each.policy().model_dump(by_alias=True) for each in (changed, load(JobSettings, {})))
    room, _, name = key.partition(".")
    others = {each: policy[each] for each in policy if each != room}
    assert others == {each: plain[each] for each in plain if each != room}
    if key == "timezone":
        assert changed.task_timezone.key == "Asia/Tokyo"
    else:
        assert {each for each in policy[room] if policy[room][each] != plain[room][each]} == {name}


def test_every_setting_with_a_default_in_the_environment_is_named() -> None:
    used = set(POLICY_VARIABLES.values())
    asked = {name.upper() for name in JobSettings.model_fields}
    assert used <= asked
    not_a_tenants = {"NO_SHOW_LOOKBACK_DAYS", "SMS_ENABLED", "SMS_CONCURRENCY", "SMS_MAX_PER_SECOND"}
    assert asked - used == not_a_tenants | {"RUN_TIME_BUDGET_SECONDS"}
