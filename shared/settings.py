"""The only reader of the environment. A command reads only the groups of settings that it uses."""

import json
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from shared.domain.policy.errors import faults_of
from shared.domain.policy.models import (
    FeeSchedule,
    NoShowPolicy,
    ReputationPolicy,
    ServiceSid,
    SmsPolicy,
    TenantPolicy,
    Thresholds,
    VaccinationPolicy,
    matching,
)
from shared.domain.quiet_hours import OptionalQuietHours
from shared.errors import ConfigurationError
from shared.urls import broker_url, connection_string, is_loopback, safe_base_url


def _zone(name: object) -> object:
    if not isinstance(name, str):
        return name
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone; write it like UTC or America/New_York") from None


BaseUrl = Annotated[str | None, AfterValidator(safe_base_url)]


class Group(BaseModel):
    """Settings that belong together. A field's variable has its name in capitals."""

    # hide_input_in_errors: pydantic would quote a bad value, which may be a secret
    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True, hide_input_in_errors=True)


class DatabaseSettings(Group):
    database_url: str = Field("sqlite:///petcare.db", repr=False)
    database_schema: Annotated[
        str | None,
        matching("[a-z_][a-z0-9_]{0,62}", "must be a plain name of small letters, digits and _, like petcare"),
    ] = None


POLICY_VARIABLES: Final[Mapping[str, str]] = {
    "no_show.grace_minutes": "NO_SHOW_GRACE_PERIOD_MINUTES",
    "no_show.fee_schedule": "NO_SHOW_FEE_SCHEDULE",
    "no_show.hold_hours": "NO_SHOW_FEE_HOLD_HOURS",
    "vaccination.thresholds": "VACCINATION_ALERT_THRESHOLDS",
    "sms.quiet_hours": "SMS_QUIET_HOURS",
    "sms.rate_limit_per_hour": "SMS_RATE_LIMIT",
    "reputation.recovery_days": "REPUTATION_RECOVERY_DAYS",
    "reputation.recovery_points": "REPUTATION_RECOVERY_POINTS",
    "timezone": "TASK_TIMEZONE",
}
"""The variable that holds the default of a tenant's setting, as `JobSettings.policy` reads it; and of its time zone."""


class JobSettings(Group):
    """The defaults of every tenant's policy, and the limits of a run."""

    task_timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("UTC")
    no_show_grace_period_minutes: int = Field(15, ge=0, le=24 * 60)
    no_show_fee_schedule: FeeSchedule = (2500, 3500, 5000, 7500)
    no_show_fee_hold_hours: int = Field(24, ge=0, le=14 * 24)
    no_show_lookback_days: int = Field(7, ge=1, le=60)
    reputation_recovery_days: int = Field(90, ge=1, le=3650)
    reputation_recovery_points: int = Field(5, ge=0, le=100)
    vaccination_alert_thresholds: Thresholds = (30, 14, 7)
    sms_quiet_hours: OptionalQuietHours = Field(SmsPolicy().quiet_hours, validate_default=True)
    sms_rate_limit: int = Field(1000, ge=0)
    sms_enabled: bool = True
    sms_concurrency: int = Field(64, ge=1, le=1024)
    sms_max_per_second: float | None = Field(None, gt=0, le=10_000, allow_inf_nan=False)
    run_time_budget_seconds: int = Field(540, ge=10)

    def policy(self) -> TenantPolicy:
        """Return the policy of a tenant without settings of its own."""
        return TenantPolicy(
            no_show=NoShowPolicy(
                grace_minutes=self.no_show_grace_period_minutes,
                fee_schedule=self.no_show_fee_schedule,
                hold_hours=self.no_show_fee_hold_hours,
            ),
            vaccination=VaccinationPolicy(thresholds=self.vaccination_alert_thresholds),
            sms=SmsPolicy.model_validate(
                {"quiet_hours": self.sms_quiet_hours or "off", "rate_limit_per_hour": self.sms_rate_limit}
            ),
            reputation=ReputationPolicy(
                recovery_days=self.reputation_recovery_days, recovery_points=self.reputation_recovery_points
            ),
        )

    @property
    def look_back(self) -> timedelta:
        """How old a missed appointment may be when it is found."""
        return timedelta(days=self.no_show_lookback_days)

    @property
    def time_budget(self) -> timedelta:
        """How long a run may take before it stops in good order."""
        return timedelta(seconds=self.run_time_budget_seconds)


AccountSid = Annotated[str | None, matching("AC[0-9a-fA-F]{32}", "must be AC and 32 hexadecimal digits")]
Sender = Annotated[
    str | None,
    matching(
        r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}",
        "must be a number like +12025550143, a short code, or a name of up to 11 letters and digits",
    ),
]


class SmsSettings(Group):
    """Who sends the texts. If both a messaging service and a number are set, the service is used."""

    sms_provider: Literal["twilio", "console"] = "twilio"
    twilio_account_sid: AccountSid = Field(None, repr=False)
    twilio_auth_token: SecretStr | None = None
    twilio_messaging_service_sid: ServiceSid = None
    twilio_phone_number: Sender = Field(None, repr=False)
    twilio_api_base_url: BaseUrl = None

    def credentials(self) -> tuple[str, str]:
        """Return account SID and auth token. Raise ConfigurationError, naming a setting that texts need and lack."""
        account_sid, auth_token = self.twilio_account_sid, self.twilio_auth_token
        if not account_sid:
            raise ConfigurationError("TWILIO_ACCOUNT_SID: not set; set it, or SMS_PROVIDER=console to send nothing")
        if not auth_token:
            raise ConfigurationError("TWILIO_AUTH_TOKEN: not set; it belongs to TWILIO_ACCOUNT_SID")
        if not (self.twilio_messaging_service_sid or self.twilio_phone_number):
            raise ConfigurationError(
                "TWILIO_MESSAGING_SERVICE_SID or TWILIO_PHONE_NUMBER: set one; texts need a sender"
            )
        return account_sid, auth_token.get_secret_value()

    @property
    def is_live(self) -> bool:
        """Whether a text could reach a person."""
        return self.sms_provider != "console" and not is_loopback(self.twilio_api_base_url)


def _secret_key(key: SecretStr | None) -> SecretStr | None:
    if key is not None and not re.fullmatch(r"(sk|rk)_\S+", key.get_secret_value()):
        raise ValueError("must be a secret or a restricted key of Stripe, which begins with sk_ or rk_")
    return key


class PaymentSettings(Group):
    payment_provider: Literal["stripe", "console"] = "stripe"
    stripe_secret_key: Annotated[SecretStr | None, AfterValidator(_secret_key)] = None
    stripe_api_base_url: BaseUrl = None

    @property
    def is_live(self) -> bool:
        """Whether a charge could reach a card."""
        return self.payment_provider != "console" and not is_loopback(self.stripe_api_base_url)


class CelerySettings(Group):
    """Celery's broker, and the number of tenant shards."""

    celery_broker_url: Annotated[str, AfterValidator(broker_url)] = Field("redis://127.0.0.1:6379/0", repr=False)
    celery_shards: int = Field(4, ge=1, le=64)


class LogSettings(Group):
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    log_file: str | None = None


def _heartbeat_url(secret: SecretStr) -> SecretStr:
    url = secret.get_secret_value()
    safe_base_url(url)
    if "?" in url or "#" in url:
        raise ValueError("must end with a path: the job's name is put behind it")
    return secret


class TelemetrySettings(Group):
    """Who outside hears of runs. `heartbeat_url`: a monitor's, which may hold a secret."""

    applicationinsights_connection_string: Annotated[SecretStr, AfterValidator(connection_string)] | None = None
    heartbeat_url: Annotated[SecretStr, AfterValidator(_heartbeat_url)] | None = None
    website_site_name: str | None = None

    @property
    def ships_log_lines(self) -> bool:
        """Whether we send log lines: a deployed Functions host, where WEBSITE_SITE_NAME is set, sends them itself."""
        return self.website_site_name is None


class HostSettings(Group):
    """The local host. `host_key`: the key of its HTTP; if set, every caller must send it, on this machine too."""

    host_key: SecretStr | None = Field(None, min_length=16)


G = TypeVar("G", bound=Group)


def policy_variables() -> dict[str, str]:
    """Return the variables of the environment that are set, by the setting of a tenant's policy that they change."""
    values = environment()
    return {key: variable for key, variable in POLICY_VARIABLES.items() if variable in values}


def load(group: type[G], source: Mapping[str, str] | None = None) -> G:
    """Read one group of settings from `source`, by default the environment.

    Raise ConfigurationError, naming each variable that is missing or bad. An empty value counts as not set.
    """
    values = environment() if source is None else source
    chosen = {name: values[name.upper()] for name in group.model_fields if values.get(name.upper())}
    try:
        return group.model_validate(chosen)
    except ValidationError as error:
        faults = faults_of(error, group, is_quoted=False)
        said = "; ".join(f"{each.key.split('.')[0].upper()}: {each.words}" for each in faults)
        raise ConfigurationError(said) from None


def database(source: Mapping[str, str] | None = None) -> DatabaseSettings:
    """Return which database is meant. A deployed Functions host has no default: a file there would not last."""
    values = environment() if source is None else source
    if values.get("WEBSITE_SITE_NAME") and not values.get("DATABASE_URL"):
        raise ConfigurationError("DATABASE_URL: not set; a deployed Function App needs a database server")
    return load(DatabaseSettings, values)


def environment() -> dict[str, str]:
    """Return the settings: the process environment overrides local.settings.json (`Values`), which overrides .env.

    An empty value counts as not set, so it overrides nothing.
    """
    sources: tuple[Mapping[str, object], ...] = (_dotenv(Path(".env")), _local(Path("local.settings.json")), os.environ)
    return {key: str(value) for source in sources for key, value in source.items() if value not in (None, "")}


def _dotenv(path: Path) -> Mapping[str, object]:
    try:
        return dotenv_values(path)
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: not UTF-8 text; save it as UTF-8") from None


def _local(path: Path) -> Mapping[str, object]:
    if not path.is_file():
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig")).get("Values", {})
        return {str(key): value for key, value in values.items()}
    except (ValueError, AttributeError):
        raise ConfigurationError(f'{path}: not valid JSON like {{"Values": {{"SMS_PROVIDER": "console"}}}}') from None
