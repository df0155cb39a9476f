"""Every number a tenant may change, with its default and its check. No other module holds one."""

import re
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from shared.domain.policy.errors import Fault, PolicyError, faults_of
from shared.domain.policy.stored import slips_in, stored_settings
from shared.domain.policy.templates import known_language, own_templates
from shared.domain.quiet_hours import OptionalQuietHours, QuietHours
from shared.domain.records import Kind, Tenant


class _Closed(BaseModel):
    """A typed object that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _parse_list(value: object) -> object:
    """Read "30,14,7" into whole numbers; leave anything else to the type check."""
    if not isinstance(value, str):
        return value
    try:
        return [int(part) for part in value.split(",")]
    except ValueError:
        raise ValueError(f"{value!r} is not a list of whole numbers; write it like 2500,3500") from None


def _descending(value: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(value), reverse=True))


def matching(pattern: str, words: str) -> AfterValidator:
    """Refuse a text that does not match, in `words` and without quoting it: it may be a misplaced secret."""

    def check(text: str | None) -> str | None:
        if text is not None and not re.fullmatch(pattern, text):
            raise ValueError(words)
        return text

    return AfterValidator(check)


def _known_country(value: str | None) -> str | None:
    if value is not None and value not in SUPPORTED_REGIONS:
        raise ValueError(f"{value!r} is not a country code; write two letters like US or GB")
    return value


# Strict: a tenant that writes 25.00 for a fee means 25 dollars, and must not get 25 cents.
Whole = Annotated[int, Field(strict=True)]
YesNo = Annotated[bool, Field(strict=True)]
StripeAccount = Annotated[str | None, matching(r"acct_\w+", "must be an account of Stripe, like acct_1A2b3C4d5E")]
ServiceSid = Annotated[str | None, matching("MG[0-9a-fA-F]{32}", "must be MG and 32 hexadecimal digits")]
FeeSchedule = Annotated[
    tuple[Annotated[Whole, Field(ge=0, le=10_000_000)], ...], BeforeValidator(_parse_list), Field(min_length=1)
]
Thresholds = Annotated[
    tuple[Annotated[Whole, Field(ge=1, le=365)], ...],
    BeforeValidator(_parse_list),
    Field(min_length=1, max_length=10),
    AfterValidator(_descending),
]


class NoShowPolicy(_Closed):
    """When a visit counts as missed and what it costs. Cents are minor units of the tenant's currency."""

    grace_minutes: Whole = Field(15, ge=0, le=24 * 60)
    fee_schedule: FeeSchedule = (2500, 3500, 5000, 7500)
    fee_cap_cents: Whole | None = Field(None, ge=0)
    fee_cap: Literal["price"] | None = None
    hold_hours: Whole = Field(24, ge=0, le=14 * 24)
    auto_charge: YesNo = True
    deposit_covers_fee: YesNo = True
    closed_on: frozenset[date] = frozenset()
    fee_requires_delivered_reminder: YesNo = False

    def charges_by_itself(self, *, is_reminded: bool) -> bool:
        """Whether a fee is collected without a staff action. `is_reminded`: a reminder of the visit was delivered."""
        return self.auto_charge and (is_reminded or not self.fee_requires_delivered_reminder)


class ReminderPolicy(_Closed):
    """Which reminders are sent."""

    h24: YesNo = Field(True, alias="24h")
    h2: YesNo = Field(True, alias="2h")


class VaccinationPolicy(_Closed):
    """How many days before expiry an owner gets an alert."""

    thresholds: Thresholds = (30, 14, 7)


class SmsPolicy(_Closed):
    """How a tenant's texts are sent."""

    enabled: YesNo = True
    messaging_service_sid: ServiceSid = None
    sender: str | None = Field(None, alias="from", max_length=32)
    language: Annotated[str, AfterValidator(known_language)] = "en"
    quiet_hours: OptionalQuietHours = QuietHours(start=time(21), end=time(8))
    rate_limit_per_hour: Whole = Field(1000, ge=0)
    max_segments: Whole = Field(3, ge=1, le=10)
    templates: Annotated[dict[Kind, str | dict[str, str]], BeforeValidator(own_templates)] = {}

    def own_template(self, kind: Kind, tag: str) -> str | None:
        """Return the tenant's own template in a language ("es-mx"), if any. A template given as one text is in
        `language`.
        """
        written = self.templates.get(kind, {})
        if isinstance(written, str):
            written = {self.language.partition("-")[0]: written}
        text = written.get(tag)
        return text if text and text.strip() else None


class ReputationPolicy(_Closed):
    """How a score recovers."""

    recovery_days: Whole = Field(90, ge=1, le=3650)
    recovery_points: Whole = Field(5, ge=0, le=100)


class TenantPolicy(_Closed):
    """Everything a tenant may change: the defaults of the environment, overridden by `tenants.settings`."""

    no_show: NoShowPolicy = NoShowPolicy()
    reminders: ReminderPolicy = ReminderPolicy()
    vaccination: VaccinationPolicy = VaccinationPolicy()
    sms: SmsPolicy = SmsPolicy()
    reputation: ReputationPolicy = ReputationPolicy()
    stripe_account: StripeAccount = None
    country: Annotated[str | None, AfterValidator(_known_country)] = None


@dataclass(frozen=True, slots=True)
class ServedTenant:
    """A tenant that this run serves. `region`: two letters; its numbers are read and its times written as there.

    `has_own_fee_schedule`: its settings name one, in the tenant's own currency. `blocked`: the hashes of its blocked
    numbers. `can_be_answered`: its sender takes replies.
    """

    tenant: Tenant
    policy: TenantPolicy
    zone: ZoneInfo
    region: str
    has_own_fee_schedule: bool = False
    blocked: frozenset[str] = frozenset()
    can_be_answered: bool = True


def rules_of(tenant: Tenant, defaults: TenantPolicy, default_zone: ZoneInfo) -> tuple[TenantPolicy, ZoneInfo]:
    """Return the tenant's policy and time zone. Raise PolicyError with everything that is wrong with either."""
    faults: list[Fault] = []
    policy, zone = defaults, default_zone
    try:
        policy = policy_of(tenant, defaults)
    except PolicyError as error:
        faults += error.faults
    try:
        zone = zone_of(tenant, default_zone)
    except PolicyError as error:
        faults += error.faults
    if faults:
        raise PolicyError(*slips_in_settings(tenant), *faults)
    return policy, zone


def policy_of(tenant: Tenant, defaults: TenantPolicy) -> TenantPolicy:
    """Return the tenant's policy. Raise PolicyError with every unknown key and bad value, and the fault of its row."""
    faults = [Fault("its row", tenant.fault)] if tenant.fault else []
    policy = defaults
    try:
        policy = _overridden(defaults, own_settings(tenant))
    except ValidationError as error:
        faults += faults_of(error, TenantPolicy)
    except PolicyError as error:
        faults += error.faults
    if faults:
        raise PolicyError(*faults)
    return policy


def _overridden(defaults: TenantPolicy, overrides: dict[str, Any]) -> TenantPolicy:
    if not overrides:
        return defaults
    return TenantPolicy.model_validate(_overlaid(defaults.model_dump(by_alias=True), overrides))


def own_settings(tenant: Tenant) -> dict[str, Any]:
    """Return what is ours of the object in `tenants.settings`, empty if there is none. Raise PolicyError otherwise."""
    return {key: value for key, value in stored_settings(tenant).items() if key in _KEYS}


def slips_in_settings(tenant: Tenant) -> list[Fault]:
    """Return the keys in `tenants.settings` that must have been meant for keys of ours; the others are left alone."""
    return slips_in(tenant, _KEYS)


_KEYS = tuple(field.alias or name for name, field in TenantPolicy.model_fields.items())
"""The keys of `tenants.settings` that are ours."""


def sets_fee_schedule(tenant: Tenant) -> bool:
    """Whether the tenant's own settings name a fee schedule. They must have passed `policy_of`."""
    return "fee_schedule" in own_settings(tenant).get("no_show", {})


def zone_of(tenant: Tenant, default: ZoneInfo) -> ZoneInfo:
    """Return the tenant's time zone, `default` if it names none. Raise PolicyError for an unknown one."""
    if not tenant.timezone or not isinstance(tenant.timezone, str):  # the fault of its row names what is no text
        return default
    try:
        return ZoneInfo(tenant.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        words = f"{tenant.timezone!r} is not an IANA time zone; write it like America/New_York"
        raise PolicyError(Fault("timezone", words)) from None


def zone_or_default(name: str | None, default: ZoneInfo) -> ZoneInfo:
    """Return a time zone by its name, as a tenant's row holds it; `default` for none or an unknown one."""
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else default
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return default


def _overlaid(base: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with `overrides` laid over it, one level of objects deep."""
    return {
        **base,
        **{
            key: {**base[key], **value} if isinstance(value, dict) and isinstance(base.get(key), dict) else value
            for key, value in overrides.items()
        },
    }
