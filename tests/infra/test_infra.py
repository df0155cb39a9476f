"""The deployment: Bicep that hangs together, settings that exist, secrets in the vault, alerts that fit."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from shared import settings
from shared.domain.records import RunStatus
from shared.schedules.function_json import read_schedules
from shared.settings import Group
from tests.infra.bicep import FUNCTIONS, File, members, read, text, walk

ROOT = Path(__file__).resolve().parents[2]
FILES = {path.name: read(path) for path in sorted((ROOT / "infra").glob("*.bicep"))}
MAIN, JOBS, ALERTS = (FILES[f"{name}.bicep"] for name in ("main", "jobs", "alerts"))
SOURCE = {name: file.path.read_text(encoding="utf-8") for name, file in FILES.items()}
HOST_SETTINGS = {
    "AzureWebJobsStorage__accountName",
    "FUNCTIONS_EXTENSION_VERSION",
    "FUNCTIONS_WORKER_RUNTIME",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID",
}
NOT_ON_FLEX = {"FUNCTIONS_EXTENSION_VERSION", "FUNCTIONS_WORKER_RUNTIME", "WEBSITE_RUN_FROM_PACKAGE"}
SECRETS = {"TWILIO_AUTH_TOKEN", "STRIPE_SECRET_KEY", "APPLICATIONINSIGHTS_CONNECTION_STRING"}
WORKFLOW = ROOT / ".github" / "workflows" / "deploy.yml"


def known_settings() -> set[str]:
    groups = [each for each in vars(settings).values() if isinstance(each, type) and issubclass(each, Group)]
    return {name.upper() for group in groups for name in group.model_fields}


def app_settings() -> dict[str, str]:
    """Return what the app is given, as it is written."""
    found: dict[str, str] = {}
    for name in ("jobSettings", "hostSettings", "classicHostSettings"):
        found |= {key: text(value) for key, value in members(JOBS.variables[name]).items()}
    return found


@pytest.fixture(params=FILES.values(), ids=FILES)
def file(request: pytest.FixtureRequest) -> File:
    found: File = request.param
    return found


def test_a_file_is_bicep(file: File) -> None:
    assert file.faults == []


def test_everything_used_is_declared(file: File) -> None:
    assert file.used - file.declared - FUNCTIONS == set()


def test_everything_declared_is_used(file: File) -> None:
    loose = {"resource", "module"}
    kept = {name for name in file.declared if any(f"{kind} {name} " in SOURCE[file.path.name] for kind in loose)}
    assert file.declared - file.used - kept == set()


def test_a_module_exists_and_is_given_just_what_it_asks_for(file: File) -> None:
    for module in file.modules.values():
        asked = FILES[module.path]
        assert (asked.required - module.given, module.given - asked.parameters) == (set(), set()), module.path


def test_only_outputs_that_exist_are_read_and_all_are(file: File) -> None:
    for module in file.modules.values():
        assert module.read == FILES[module.path].outputs, module.path


def test_every_file_but_the_first_is_a_module() -> None:
    assert {module.path for module in MAIN.modules.values()} == set(FILES) - {"main.bicep"}


def test_azd_gives_every_parameter_that_has_no_default_and_none_that_is_unknown() -> None:
    given = set(json.loads((ROOT / "infra" / "main.parameters.json").read_text(encoding="utf-8"))["parameters"])
    assert MAIN.required <= given <= MAIN.parameters


# The app's settings


def test_every_setting_is_one_that_the_app_or_its_host_reads() -> None:
    assert set(app_settings()) - known_settings() - HOST_SETTINGS == set()


def test_every_secret_is_a_reference_into_the_vault() -> None:
    reference = r"'\$\{secrets\}[a-z-]+\)'"
    assert text(JOBS.variables["secrets"]) == "'@Microsoft.KeyVault(VaultName=${vaultName};SecretName='"
    found = {name for name, value in app_settings().items() if re.fullmatch(reference, value)}
    assert found == SECRETS


def test_no_file_knows_a_password_or_a_key() -> None:
    asked = r"(?i)password|listKeys|accountKey|sharedAccessKey|@secure|administratorLoginPassword"
    assert {name for name, source in SOURCE.items() if re.search(asked, re.sub("//.*", "", source))} == set()


def test_the_database_is_reached_by_the_apps_own_identity() -> None:
    assert app_settings()["DATABASE_URL"] == "'mssql+pyodbc://@${databaseHost}/${databaseName}?${signIn}'"
    assert text(JOBS.variables["signIn"]) == "'Authentication=ActiveDirectoryMsi&Encrypt=yes'"


def test_schedules_are_read_in_utc() -> None:
    assert app_settings()["TASK_TIMEZONE"] == "'UTC'"
    assert "WEBSITE_TIME_ZONE" not in app_settings()


def test_what_flex_refuses_is_given_to_the_other_plans_only() -> None:
    assert set(members(JOBS.variables["classicHostSettings"])) >= NOT_ON_FLEX
    assert NOT_ON_FLEX & {*members(JOBS.variables["hostSettings"]), *members(JOBS.variables["jobSettings"])} == set()


def test_nobody_is_texted_or_charged_until_an_operator_says_so() -> None:
    assert "param smsProvider string = 'console'" in SOURCE["main.bicep"]
    assert "param paymentProvider string = 'console'" in SOURCE["main.bicep"]


# Who gets in


def test_the_database_admits_identities_only_and_no_address_but_the_apps_and_the_operators() -> None:
    source = SOURCE["database.bicep"]
    assert "azureADOnlyAuthentication: true" in source
    assert "publicNetworkAccess: isPrivate && !isOpenToOperator ? 'Disabled' : 'Enabled'" in source
    addresses = re.findall(r"(?:start|end)IpAddress: (\S+)", "".join(SOURCE.values()))
    assert sorted(addresses) == ["address"] * 2 + ["operatorAddress"] * 2


def test_the_storage_account_takes_no_key() -> None:
    assert "allowSharedKeyAccess: false" in SOURCE["storage.bicep"]


# Alerts


def test_a_job_is_late_soon_after_the_period_of_its_schedule() -> None:
    hours = {key: int(text(value)) for key, value in members(ALERTS.variables["allowedHours"]).items()}
    assert set(hours) == set(read_schedules())
    for job, schedule in read_schedules().items():
        at = datetime(2026, 11, 2, tzinfo=UTC)
        first = schedule.ncrontab.next_after(at, ZoneInfo("UTC"))
        assert first is not None
        second = schedule.ncrontab.next_after(first, ZoneInfo("UTC"))
        assert second is not None
        period = second - first
        assert period + timedelta(hours=1) <= timedelta(hours=hours[job]) <= period + timedelta(hours=2)


def test_alerts_ask_for_what_is_sent() -> None:
    queries = [text(node) for node in walk(ALERTS.variables["rules"]) if "customMetrics" in text(node)]
    asked = {name for query in queries for name in re.findall(r'name == "petcare\.(\w+)"', query)}
    source = "".join((ROOT / "shared" / name).read_text(encoding="utf-8") for name in ("runtime.py", "telemetry.py"))
    assert asked == {"hours_since_done", "run_seconds"}
    assert {name for name in asked if f'Number("{name}"' not in source} == set()
    statuses = re.findall(r'customDimensions\.status\) == "(\w+)"', "".join(queries))
    assert set(statuses) == {RunStatus.WITH_ERRORS}


def test_an_alert_asks_the_host_itself_about_every_job_that_runs_within_two_days() -> None:
    rules = {text(node) for node in walk(ALERTS.variables["rules"])}
    query = min((each for each in rules if "join kind=leftouter" in each), key=len)
    assert "job = name" in query  # the host names its requests for the function; ours are named "run JOB"
    limit = int(re.findall(r"hours <= (\d+)", query)[0])
    hours = {key: int(text(value)) for key, value in members(ALERTS.variables["allowedHours"]).items()}
    assert {job for job, allowed in hours.items() if allowed > limit} == {"ReputationUpdater"}


# What publishes it


def test_azd_publishes_the_root_as_a_python_function_app() -> None:
    (name, service), *more = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))["services"].items()
    assert more == []
    assert service == {"project": ".", "language": "python", "host": "function"}
    assert f"{{ 'azd-service-name': '{name}' }}" in SOURCE["jobs.bicep"]


def workflow() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return found


def test_what_is_published_was_tested_and_comes_from_main() -> None:
    jobs = workflow()["jobs"]
    assert jobs["deploy"]["needs"] == "test"
    assert "github.ref == 'refs/heads/main'" in jobs["deploy"]["if"]
    assert [step["run"] for step in jobs["test"]["steps"] if "run" in step][-1] == "bash .ci/run"


def test_the_workflow_signs_in_without_a_secret() -> None:
    assert "secrets." not in WORKFLOW.read_text(encoding="utf-8")
    assert workflow()["jobs"]["deploy"]["permissions"]["id-token"] == "write"


def test_the_guide_names_every_variable_of_the_workflow_and_every_secret_of_the_vault() -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    asked = set(re.findall(r"vars\.(\w+)", WORKFLOW.read_text(encoding="utf-8")))
    stored = set(re.findall(r"\{secrets\}([a-z-]+)\)", SOURCE["jobs.bicep"])) - {
        "applicationinsights-connection-string"
    }
    assert [name for name in sorted(asked | stored) if name not in guide] == []


@pytest.mark.parametrize("left_out", ["infra/", "azure.yaml", ".azure/", ".git*", "docs/", "tests/"])
def test_the_published_app_leaves_the_deployment_at_home(left_out: str) -> None:
    assert left_out in (ROOT / ".funcignore").read_text(encoding="utf-8").splitlines()
