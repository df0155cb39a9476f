"""What is typed wrongly is refused in words that say how to type it."""

import pytest

from tests.cli.shell import AT, JOB, JOB_2H, Done, Shell

WRONG = {
    ("frob",): "No such command 'frob'.",
    ("run",): "Missing argument 'JOB'.",
    ("run", "Groomer"): f"'Groomer' is not one of 'VaccinationMonitor', '{JOB}', '{JOB_2H}'",
    ("run", JOB, "--at", "2026-03-01T06:30"): (
        "'2026-03-01T06:30' has no UTC offset; add Z if it is UTC: 2026-03-01T06:30:00Z"
    ),
    ("run", JOB, "--at", "2026-03-01"): "add Z if it is UTC: 2026-03-01T00:00:00Z",
    ("run", JOB, "--at", "half past six"): "'half past six' is no time; write it like 2026-03-01T06:30:00Z",
    ("run", JOB, "--at", "9999-12-31T23:59:59-12:00"): "is not between 2000 and 2100",
    ("db", "seed", "--at", "0001-01-01T00:00+12:00"): "is not between 2000 and 2100",
}
UNKNOWN = "error: there is no tenant 'heelwrok'; did you mean heelwork?\n"


def test_what_is_typed_wrongly_exits_2_and_says_how_to_type_it(shell: Shell) -> None:
    # No setting is needed to be told so: the default providers have no credentials here.
    calls = [(arguments, {"SMS_PROVIDER": None, "PAYMENT_PROVIDER": None}) for arguments in WRONG]
    for (arguments, hint), done in zip(WRONG.items(), shell.each(calls), strict=True):
        assert (arguments, done.code, done.out) == (arguments, 2, "")
        assert hint in done.err
        assert done.err.startswith("Usage: python -m shared ")
    assert not shell.database.exists()


def test_no_arguments_show_the_commands_and_exit_2(shell: Shell) -> None:
    for usage, done in zip(
        ("python -m shared", "python -m shared db"), shell.each([((), {}), (("db",), {})]), strict=True
    ):
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"Usage: {usage} [OPTIONS] COMMAND")


def test_help_is_not_an_error_and_lists_commands_exit_codes_and_jobs(shell: Shell) -> None:
    done, of_run = shell.each([(("-h",), {}), (("run", "--help"), {})])
    assert (done.code, done.err) == (0, "")
    assert all(f"\n  {command} " in done.out for command in ("run", "demo", "db"))
    assert "3 another run of the same job is at work" in done.out
    assert all(job in of_run.out for job in (JOB, JOB_2H))


LIVE = "error: --at with live providers could text people and charge cards for a time that is not now; "


@pytest.mark.parametrize("unset", ["SMS_PROVIDER", "PAYMENT_PROVIDER"])
def test_a_time_that_is_not_now_is_refused_when_people_could_be_texted_or_charged(petcare: Shell, unset: str) -> None:
    before = petcare.rows()
    done = petcare("run", JOB, "--at", AT, **{unset: None})
    assert (done.code, done.out) == (2, "")
    if unset == "PAYMENT_PROVIDER":
        assert done.err == f"{LIVE}add --dry-run, or set SMS_PROVIDER=console and PAYMENT_PROVIDER=console\n"
    assert petcare.rows() == before


def test_a_time_that_is_not_now_is_allowed_in_a_dry_run_and_at_loopback(petcare: Shell) -> None:
    run = ("run", JOB, "--at", AT, "--tenant", "heelwork")
    dry, elsewhere = petcare.each(
        [
            ((*run, "--dry-run"), {"SMS_PROVIDER": None, "PAYMENT_PROVIDER": None}),
            (run, {"PAYMENT_PROVIDER": None, "STRIPE_API_BASE_URL": "https://stripe.test"}),
        ]
    )
    assert (dry.code, dry.err) == (0, "")
    assert dry.out.startswith(f"{JOB} as of {AT} (dry run: nothing was sent or written)\n")
    assert (elsewhere.code, elsewhere.err[: len(LIVE)]) == (2, LIVE)
    loopback = petcare(*run, PAYMENT_PROVIDER=None, STRIPE_API_BASE_URL="http://127.0.0.1:9")
    assert (loopback.code, loopback.out.splitlines()[0]) == (0, f"{JOB} as of {AT}")


def test_an_unknown_or_suspended_tenant_is_named_and_nothing_is_sent(petcare: Shell) -> None:
    before = petcare.rows(without=["runs"])
    unserved = "the tenant 'prairie-clips' is not active: the platform does not serve it"
    wrong = (("heelwrok", (), UNKNOWN), ("prairie-clips", ("--dry-run",), f"error: {unserved}\n"))
    for subdomain, extra, said in wrong:
        done = petcare("run", JOB, "--tenant", "heelwork", "--tenant", subdomain, *extra)
        assert done == Done(2, "", said)
    assert petcare.rows(without=["runs"]) == before


@pytest.mark.parametrize(
    "command", [("run", JOB), ("runs",), ("fee", "list"), ("outbox",), ("find", "bella"), ("preview",)]
)
def test_every_command_names_an_unknown_tenant_in_the_same_words_and_the_one_that_was_meant(
    petcare: Shell, command: tuple[str, ...]
) -> None:
    assert petcare(*command, "--tenant", "heelwrok") == Done(2, "", UNKNOWN)
