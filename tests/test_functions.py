"""The function folders, host.json and the example settings, as the Azure Functions host reads them."""

import ast
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent

SCHEDULES = {
    "VaccinationMonitor": "0 0 6 * * *",
    "NoShowDetector": "0 30 6 * * *",
    "AppointmentReminders24h": "0 0 * * * *",
    "AppointmentReminders2h": "0 30 * * * *",
    "ReputationUpdater": "0 0 0 * * 0",
}
FOLDERS = sorted(path.parent.name for path in ROOT.glob("*/function.json"))

TIMER_FIELDS = {"name", "type", "direction", "schedule", "useMonitor", "runOnStartup"}
FUNCTION_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,127}")
BINDING_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,127}")  # no underscore, unlike a function's
JOB_LEASE = timedelta(seconds=60)
CONSUMPTION_MAXIMUM = timedelta(minutes=10)

HOST_SETTINGS = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}
SETTINGS = {
    "DATABASE_URL",
    "DATABASE_SCHEMA",
    "TASK_TIMEZONE",
    "NO_SHOW_GRACE_PERIOD_MINUTES",
    "NO_SHOW_FEE_SCHEDULE",
    "NO_SHOW_FEE_HOLD_HOURS",
    "NO_SHOW_LOOKBACK_DAYS",
    "REPUTATION_RECOVERY_DAYS",
    "REPUTATION_RECOVERY_POINTS",
    "VACCINATION_ALERT_THRESHOLDS",
    "SMS_ENABLED",
    "SMS_PROVIDER",
    "SMS_QUIET_HOURS",
    "SMS_RATE_LIMIT",
    "SMS_MAX_PER_SECOND",
    "SMS_CONCURRENCY",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_MESSAGING_SERVICE_SID",
    "TWILIO_PHONE_NUMBER",
    "TWILIO_API_BASE_URL",
    "PAYMENT_PROVIDER",
    "STRIPE_SECRET_KEY",
    "STRIPE_API_BASE_URL",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "HEARTBEAT_URL",
    "RUN_TIME_BUDGET_SECONDS",
    "CELERY_BROKER_URL",
    "CELERY_SHARDS",
    "LOG_LEVEL",
    "LOG_FORMAT",
    "LOG_FILE",
    "HOST_KEY",
}
SECRETS = {
    "CELERY_BROKER_URL",
    "HOST_KEY",
    "TWILIO_AUTH_TOKEN",
    "STRIPE_SECRET_KEY",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
}


def read_json(path: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / path).read_text(encoding="utf-8"))
    return content


def binding_of(folder: str) -> dict[str, Any]:
    (binding,) = read_json(f"{folder}/function.json")["bindings"]
    return dict(binding)


def script_of(folder: str) -> str:
    return (ROOT / folder / "__init__.py").read_text(encoding="utf-8")


def duration(text: str) -> timedelta:
    hours, minutes, seconds = map(int, text.split(":"))
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def example_values() -> dict[str, Any]:
    values: dict[str, Any] = read_json("local.settings.json.example")["Values"]
    return values


def test_there_is_one_folder_for_each_job() -> None:
    assert set(FOLDERS) == set(SCHEDULES)


def test_nothing_turns_the_app_into_the_v2_model() -> None:
    assert not (ROOT / "function_app.py").exists()


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_name_of_a_function_is_one_that_azure_takes(folder: str) -> None:
    assert FUNCTION_NAME.fullmatch(folder)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_is_a_timer_of_the_v1_model(folder: str) -> None:
    function, binding = read_json(f"{folder}/function.json"), binding_of(folder)
    assert set(function) == {"scriptFile", "bindings", "retry"}
    assert function["scriptFile"] == "__init__.py"
    assert set(binding) == TIMER_FIELDS
    assert (binding["type"], binding["direction"]) == ("timerTrigger", "in")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_runs_on_its_schedule_and_only_then(folder: str) -> None:
    binding = binding_of(folder)
    assert binding["schedule"] == SCHEDULES[folder]
    assert binding["useMonitor"] is True
    assert binding["runOnStartup"] is False


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_retry_comes_after_the_lease_of_a_run_that_died(folder: str) -> None:
    retry = read_json(f"{folder}/function.json")["retry"]
    assert set(retry) == {"strategy", "maxRetryCount", "delayInterval"}
    assert (retry["strategy"], retry["maxRetryCount"]) == ("fixedDelay", 3)
    assert duration(retry["delayInterval"]) > JOB_LEASE


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_parameter_of_main_has_the_name_of_the_binding(folder: str) -> None:
    (main,) = [node for node in ast.parse(script_of(folder)).body if isinstance(node, ast.FunctionDef)]
    name = binding_of(folder)["name"]
    assert main.name == "main"
    assert [argument.arg for argument in main.args.args] == [name]
    assert BINDING_NAME.fullmatch(name)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_decides_nothing_itself(folder: str) -> None:
    script = script_of(folder)
    assert len(script.splitlines()) <= 12
    decisions = (ast.If, ast.IfExp, ast.For, ast.While, ast.Match, ast.Try, ast.comprehension)
    assert not [node for node in ast.walk(ast.parse(script)) if isinstance(node, decisions)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_runs_the_job_of_its_own_name(folder: str) -> None:
    calls = [node for node in ast.walk(ast.parse(script_of(folder))) if isinstance(node, ast.Call)]
    assert [ast.unparse(call) for call in calls] == [f"run_scheduled('{folder}')"]


def test_a_run_may_take_as_long_as_the_consumption_plan_allows() -> None:
    host = read_json("host.json")
    assert host["version"] == "2.0"
    assert duration(host["functionTimeout"]) == CONSUMPTION_MAXIMUM


def test_sampling_drops_neither_runs_nor_errors() -> None:
    sampling = read_json("host.json")["logging"]["applicationInsights"]["samplingSettings"]
    assert {"Request", "Exception"} <= set(sampling["excludedTypes"].split(";"))


def test_the_example_settings_name_every_setting_and_no_other() -> None:
    assert set(example_values()) == SETTINGS | HOST_SETTINGS


def test_the_example_settings_are_texts() -> None:
    # The Functions host refuses a file with any other kind of value.
    assert [name for name, value in example_values().items() if not isinstance(value, str)] == []


def test_the_example_settings_reach_nobody_and_hold_no_secret() -> None:
    values = example_values()
    assert (values["SMS_PROVIDER"], values["PAYMENT_PROVIDER"]) == ("console", "console")
    assert {values[name] for name in SECRETS} == {""}


@pytest.mark.parametrize("needed", ["shared/", "host.json", "requirements.txt", *FOLDERS])
def test_a_deployment_holds_what_a_run_needs(needed: str) -> None:
    lines = (ROOT / ".funcignore").read_text(encoding="utf-8").splitlines()
    assert not {needed, needed.rstrip("/"), f"{needed.rstrip('/')}/"} & set(lines)
