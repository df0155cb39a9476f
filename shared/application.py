"""Builds what a run needs from the settings: database, policy, clock, SMS and payment providers."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from shared.database.engine import open_engine
from shared.domain.policy.models import TenantPolicy
from shared.errors import ConfigurationError
from shared.gateways.payments import ConsolePayments, PaymentGateway
from shared.gateways.sms import ConsoleSms, SmsGateway
from shared.settings import JobSettings, PaymentSettings, SmsSettings, TelemetrySettings, database, load


def utc_now() -> datetime:
    """Return the wall clock's time. Nothing else reads it."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Application:
    """What a run needs. `clock`: the wall clock; `is_live`: a text could reach a person, or a charge a card.

    `payments`: None without a provider, which only jobs that collect fees need. `look_back`: how old a missed
    appointment may be. `is_stopping`: whether the process is shutting down, so that a run stops early, in good order.
    `max_per_second`: texts, None for no limit; `monotonic`, `wait`: seconds, to pace the texts. `default_sender`: the
    number or name from which tenants without a sender of their own text; None with a messaging service.
    """

    engine: Engine
    defaults: TenantPolicy
    zone: ZoneInfo
    sms: SmsGateway
    clock: Callable[[], datetime] = utc_now
    sms_enabled: bool = True
    concurrency: int = 64
    time_budget: timedelta = timedelta(seconds=540)
    is_live: bool = False
    payments: PaymentGateway | None = None
    look_back: timedelta = timedelta(days=7)
    is_stopping: Callable[[], bool] = lambda: False
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    max_per_second: float | None = None
    monotonic: Callable[[], float] = time.monotonic
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    default_sender: str | None = None


def open_database() -> Engine:
    """Return an engine for the database of the settings. Raise ConfigurationError or DatabaseUnusable."""
    its = database()
    return open_engine(its.database_url, its.database_schema)


def open_application(*, texts: bool = True, charges: bool = True) -> Application:
    """Build the application from the settings. Raise ConfigurationError or DatabaseUnusable, naming what is wrong.

    `texts`, `charges`: whether the caller sends texts or charges cards; if not, that provider's settings are not read.
    """
    jobs = load(JobSettings)
    payments = load(PaymentSettings) if charges else PaymentSettings(payment_provider="console")
    sms = load(SmsSettings) if texts else SmsSettings(sms_provider="console")
    return Application(
        engine=open_database(),
        defaults=jobs.policy(),
        zone=jobs.task_timezone,
        sms=_sms_gateway(sms, jobs.sms_concurrency),
        sms_enabled=jobs.sms_enabled,
        concurrency=jobs.sms_concurrency,
        max_per_second=jobs.sms_max_per_second,
        time_budget=jobs.time_budget,
        is_live=sms.is_live or payments.is_live,
        payments=_payment_gateway(payments),
        look_back=jobs.look_back,
        telemetry=load(TelemetrySettings),
        default_sender=None if sms.twilio_messaging_service_sid else sms.twilio_phone_number,
    )


def payment_gateway(application: Application) -> PaymentGateway:
    """Return the payment provider. Raise ConfigurationError, naming the missing setting, if there is none."""
    if application.payments is None:
        raise ConfigurationError("STRIPE_SECRET_KEY: not set; set it, or PAYMENT_PROVIDER=console to charge nobody")
    return application.payments


def simulation(engine: Engine, clock: Callable[[], datetime]) -> Application:
    """Build an application that texts and charges nobody and runs on its own clock."""
    return Application(engine, TenantPolicy(), ZoneInfo("UTC"), ConsoleSms(), clock=clock, payments=ConsolePayments())


def _payment_gateway(settings: PaymentSettings) -> PaymentGateway | None:
    if settings.payment_provider == "console":
        return ConsolePayments()
    if settings.stripe_secret_key is None:
        return None  # only commands that charge cards need a key: payment_gateway() refuses
    from shared.gateways.stripe_payments import StripePayments

    return StripePayments(settings.stripe_secret_key.get_secret_value(), settings.stripe_api_base_url)


def _sms_gateway(settings: SmsSettings, concurrency: int) -> SmsGateway:
    if settings.sms_provider == "console":
        return ConsoleSms()
    account_sid, auth_token = settings.credentials()
    from shared.gateways.twilio import TwilioSms

    return TwilioSms(
        account_sid,
        auth_token,
        service=settings.twilio_messaging_service_sid,
        number=settings.twilio_phone_number,
        base_url=settings.twilio_api_base_url,
        connections=concurrency,
        clock=utc_now,
    )
