"""A bad setting stops the command that needs it, by name; one that is not used stops nothing."""

import json
import re
from uuid import UUID

import pytest

from tests.cli.shell import AT, JOB, Done, Shell

ACCOUNT = "AC" + "0123456789abcdef" * 2

BAD = {
    ("TASK_TIMEZONE", "Mars/Olympus"): "'Mars/Olympus' is not an IANA time zone",
    ("NO_SHOW_FEE_SCHEDULE", "2500,much"): "whole numbers",
    ("SMS_QUIET_HOURS", "9 to 5"): 'write it like "21:00-08:00", or "off"',
    ("SMS_PROVIDER", "pigeon"): "'twilio' or 'console'",
    ("TWILIO_API_BASE_URL", "http://twilio.test"): "must be https, or point at this machine",
    ("PAYMENT_PROVIDER", "cash"): "'stripe' or 'console'",
    ("STRIPE_API_BASE_URL", "http://10.0.0.1"): "must be https, or point at this machine",
    ("LOG_LEVEL", "LOUD"): "'DEBUG', 'INFO', 'WARNING' or 'ERROR'",
    ("LOG_FILE", "no/such/folder/log"): "no/such/folder/log cannot be written (No such file or directory)",
}


def test_a_bad_setting_stops_a_run_in_one_line_that_names_it(migrated: Shell) -> None:
    before = migrated.rows()
    calls = [(("run", JOB, "--json"), {name: value}) for name, value in BAD]
    for ((name, _), reason), done in zip(BAD.items(), migrated.each(calls), strict=True):
        assert (name, done.code, done.out) == (name, 2, "")
        assert re.fullmatch(f"error: {name}: .+\n", done.err)
        assert reason in done.err
    assert migrated.rows() == before


def test_a_command_is_not_stopped_by_a_setting_that_it_does_not_use(migrated: Shell) -> None:
    bad: dict[str, str | None] = dict(list(BAD))
    assert migrated("db", "check", **bad) == Done(0, "petcare.db has what the jobs need\n", "")
    unrelated = bad | {"SMS_PROVIDER": "console", "TWILIO_API_BASE_URL": None}
    assert migrated("db", "seed", **unrelated).code == 0


def test_the_console_is_never_chosen_silently(petcare: Shell) -> None:
    before = petcare.rows()
    done = petcare("run", JOB, SMS_PROVIDER=None)
    assert (done.code, done.out) == (2, "")
    assert re.fullmatch("error: (SMS_PROVIDER|TWILIO_[A-Z_]+): .+\n", done.err)
    assert petcare.rows() == before


def test_a_dry_run_needs_no_account_at_twilio(migrated: Shell) -> None:
    assert migrated("run", JOB, "--dry-run", SMS_PROVIDER=None).code == 0


def test_charging_a_fee_reads_no_setting_of_texts(petcare: Shell) -> None:
    done = petcare("fee", "charge", str(UUID(int=1)), SMS_PROVIDER="pigeon")
    assert (done.code, "SMS_PROVIDER" in done.err, "fee" in done.err) == (2, False, True)


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("TWILIO_ACCOUNT_SID", "TWILIO_ACCOUNT_SID: "),
        ("TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN: "),
        ("TWILIO_PHONE_NUMBER", "TWILIO_MESSAGING_SERVICE_SID or TWILIO_PHONE_NUMBER: "),
    ],
)
def test_a_run_names_what_it_cannot_send_texts_without(petcare: Shell, missing: str, named: str) -> None:
    account = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "secret", "TWILIO_PHONE_NUMBER": "+12025550143"}
    before = petcare.rows()
    done = petcare("run", JOB, SMS_PROVIDER=None, **{**account, missing: None})
    assert (done.code, done.out) == (2, "")
    assert re.fullmatch(f"error: {named}.+\n", done.err)
    assert petcare.rows() == before


def test_the_environment_goes_before_local_settings_and_those_before_dotenv(shell: Shell) -> None:
    def found(**settings: str) -> str:
        return shell("db", "check", **settings).err.split("; ")[0]

    (shell.folder / ".env").write_text("DATABASE_URL=sqlite:///dotenv.db\n")
    assert found() == "error: there is no database at dotenv.db"
    values = {"IsEncrypted": False, "Values": {"DATABASE_URL": "sqlite:///local.db"}}
    (shell.folder / "local.settings.json").write_text(json.dumps(values))
    assert found() == "error: there is no database at local.db"
    assert found(DATABASE_URL="sqlite:///environment.db") == "error: there is no database at environment.db"
    assert found(DATABASE_URL="") == "error: there is no database at local.db"


@pytest.mark.parametrize("text", ["{", '{"Values": ["SMS_PROVIDER"]}'])
def test_a_local_settings_file_that_cannot_be_read_is_named(shell: Shell, text: str) -> None:
    (shell.folder / "local.settings.json").write_text(text)
    done = shell("db", "check")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith('error: local.settings.json: not valid JSON like {"Values": ')


BAD_SETTINGS = {
    "mile-high-mutts": ('{"sms": {"quiet_hour": "off"}}', "sms.quiet_hour: unknown key; did you mean quiet_hours?"),
    "himal-pets": ('{"sms": {"quiet_hours": "late"}}', "sms.quiet_hours: 'late' is not a span of local times"),
    "komorebi": ('{"sms": {"templates": {"reminder_24h": "$pets"}}}', "reminder_24h: the template lacks $when"),
    "heelwork": ('{"no_show": {"fee_schedule": []}}', "no_show.fee_schedule: "),
    "silverlake-vet": ("{", "settings: not valid JSON"),
    "harbour-tails": ('"off"', "settings: not a JSON object"),
}


def test_tenants_with_malformed_settings_are_named_and_the_others_are_served(petcare: Shell) -> None:
    for subdomain, (settings, _) in BAD_SETTINGS.items():
        petcare.sql("UPDATE tenants SET settings = ? WHERE subdomain = ?", settings, subdomain)
    done = petcare("run", JOB, "--at", AT)
    assert done.code == 1
    assert ", total errors 6\n" in done.out
    errors = dict(re.findall("^error: ([^:]+): settings: (.+)$", done.out, re.MULTILINE))
    assert errors.keys() == BAD_SETTINGS.keys()
    assert [name for name, (_, reason) in BAD_SETTINGS.items() if reason not in errors[name]] == []
    served = "SELECT DISTINCT t.subdomain FROM notifications n JOIN tenants t ON t.id = n.tenant_id"
    assert petcare.sql(served) == [("hudson-paws",)]


def test_a_run_that_no_tenant_could_be_served_in_fails(petcare: Shell) -> None:
    done = petcare("run", JOB, "--at", AT, "--json", "--tenant", "mile-high-mutts", LOG_LEVEL="WARNING")
    assert (done.code, done.out) == (1, "")
    logged, said = done.err.splitlines()
    assert " ERROR shared.runtime " in logged
    assert re.fullmatch("error: no tenant could be worked for; .*sms.quiet_hour: unknown key.*", said)
