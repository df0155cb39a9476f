"""Every command, on a database, with arguments and with settings that try to steer the terminal or to forge a line."""

import json
import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote
from uuid import UUID

import click
import pytest
from sqlalchemy import String

from shared.cli import cli
from shared.database.tables import metadata
from shared.jobs import JOBS
from tests.cli.shell import AT, JOB, Shell
from tests.cli.test_host import started
from tests.cli.test_terminal import typed

HOSTILE = (
    "x\x1b]0;title\x07\x1b[2J\x9b31m\b\x7f\r\nFORGED by \\n\u2028FORGED\u2029FORGED\x85FORGED\x0bFORGED\x0cFORGED"
    "\u202e\u2066\u200f\u200b\ufeff[red]:dog:[link=http://x.example]here[/link][/red][/]"
)
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
NOTHING = "00000000-0000-0000-0000-000000000000"
BY_STAFF = ("--who", HOSTILE, "--why", HOSTILE)
KEPT = {"tenants.timezone", "tenants.settings", "tenants.currency", "owners.phone", "vaccination_records.type"}
"""With nonsense in these nothing would be done with the others; one business each has it."""
OURS = {
    "runs": ("error", "host"),
    "notifications": ("body", "error_code", "provider_message_id"),
    "payments": ("description", "failure_code", "failure_message"),
    "fee_actions": ("who", "why", "code"),
    "decisions": ("occurrence",),
}
SERVERS = ("host", "page")
"""Commands that go on until they are stopped: each gets a process of its own."""
PLATFORM = ("tenants", "owners", "pets", "services", "appointments", "vaccination_records")


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command that does something, with its name as it is typed."""
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from leaves(each, (*path, name))
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield path, command


def assert_tame(words: str) -> None:
    """Nothing in it steers a terminal, and none of what is hostile begins a line."""
    assert (found := STEERING.search(words)) is None, repr(words[max(0, found.start() - 200) :][:400])
    assert [line for line in words.splitlines() if line.startswith("FORGED")] == []


@pytest.fixture
def poisoned(petcare: Shell) -> Shell:
    """A database with a history, in which people and providers wrote what is hostile wherever there is room for it."""
    petcare.sql("UPDATE tenants SET settings = NULL WHERE subdomain = 'hudson-paws'")
    for job in (JOB, "NoShowDetector", "VaccinationMonitor"):
        petcare("run", job, "--at", AT)
    fees = petcare.sql("SELECT id FROM payments WHERE type = 'no_show_fee' ORDER BY id LIMIT 3")
    petcare.sql("UPDATE payments SET status = 'succeeded' WHERE id = ?", *fees[0])
    petcare.sql("UPDATE payments SET status = 'pending' WHERE id IN (?, ?)", *fees[1], *fees[2])
    for table in metadata.sorted_tables:
        names = [each.name for each in table.columns if isinstance(each.type, String)]
        wanted = names if table.name in PLATFORM else OURS.get(table.name, ())
        for name in wanted:
            if f"{table.name}.{name}" not in KEPT:
                with suppress(sqlite3.IntegrityError):  # it takes certain words only
                    petcare.sql(f"UPDATE {table.name} SET {name} = ? || CAST(rowid AS TEXT)", HOSTILE)
    one = "WHERE rowid = (SELECT min(rowid) + {} FROM tenants)"
    petcare.sql(f"UPDATE tenants SET timezone = ? {one.format(1)}", HOSTILE)
    petcare.sql(f"UPDATE tenants SET settings = ? {one.format(2)}", json.dumps({HOSTILE: 1, "sms": {HOSTILE: 2}}))
    petcare.sql(f"UPDATE tenants SET currency = ? {one.format(3)}", "\x1b[2")
    petcare.sql(
        "INSERT OR REPLACE INTO breakers (name, state, openings, since, until, code)"
        " VALUES ('sms', 'open', 9, ?, ?, ?)",
        *["2026-03-04 17:00:00.000000"] * 2,
        HOSTILE,
    )
    result = {"total_errors": 1, HOSTILE: 1, "skipped": {HOSTILE: 1}, "errors": [{"tenant": HOSTILE}]}
    petcare.sql("UPDATE runs SET result = ?, error = NULL WHERE task = ?", json.dumps(result), JOB)
    return petcare


def ids(shell: Shell) -> dict[str, str]:
    """Return an id of each thing that a command can be asked about."""
    found = {"NOTHING": NOTHING, "NOT_SENT": NOTHING}
    for name, query in {
        "appointment": "SELECT subject_id FROM decisions WHERE kind = 'reminder_24h' AND outcome = 'notify'",
        "vaccination": "SELECT id FROM vaccination_records",
        "owner": "SELECT owner_id FROM notifications",
        "payment": "SELECT id FROM payments WHERE type = 'no_show_fee'",
        "paid": "SELECT id FROM payments WHERE status = 'succeeded' AND type = 'no_show_fee'",
        "waiting": "SELECT id FROM payments WHERE status = 'pending' AND type = 'no_show_fee' ORDER BY id",
        "last": "SELECT id FROM payments WHERE status = 'pending' AND type = 'no_show_fee' ORDER BY id DESC",
        "text": "SELECT id FROM notifications WHERE status = 'sent'",
    }.items():
        found[name] = str(UUID(shell.sql(query)[0][0]))
    ((found["subdomain"],),) = shell.sql(
        "SELECT subdomain FROM tenants WHERE rowid = (SELECT min(rowid) + 2 FROM tenants)"
    )
    return found


def calls(shell: Shell) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    """Return what to type after each command so that it shows what is in the database."""
    its = ids(shell)
    subjects = [(what, its[what]) for what in ("appointment", "vaccination", "owner", "payment", "text")]
    return {
        ("run",): [
            *((JOB, "--at", AT, "--dry-run"), (JOB, "--at", AT, "--dry-run", "--json"), ("NoShowDetector", "--at", AT)),
            *((job, "--at", "2026-03-05T06:30:00Z") for job in JOBS),
            ("NoShowDetector", "--at", AT, "--accept-surge", f"{HOSTILE}:2026-03-04"),
        ],
        ("demo",): [("--database", "sqlite:///petcare.db"), ("--database", f"sqlite:///{HOSTILE}/x")],
        ("db", "adopt"): [("--from", HOSTILE), ("--from", "public", "--into", HOSTILE)],
        ("db", "upgrade"): [()],
        ("db", "check"): [()],
        ("db", "seed"): [()],
        ("explain",): [*subjects, *((*each, "--json") for each in subjects)],
        ("find",): [("x",), ("x", "--json"), (HOSTILE,), (its["appointment"],), ("x", "--tenant", HOSTILE)],
        ("fee", "list"): [(), ("--json",), ("--tenant", HOSTILE)],
        ("fee", "charge"): [(its["waiting"], "--now", *BY_STAFF)],
        ("fee", "waive"): [(its["last"], *BY_STAFF), (its["paid"], *BY_STAFF)],
        ("fee", "refund"): [(its["paid"], "--amount", HOSTILE, *BY_STAFF), (its["paid"], *BY_STAFF)],
        ("crontab",): [(), ("--log", HOSTILE)],
        ("health",): [(), ("--json",)],
        **{
            (name,): [("--address", HOSTILE), ("--address", "0.0.0.0", "--port", HOSTILE)]  # noqa: S104
            for name in SERVERS
        },
        ("outbox",): [(), ("--json", "--show-phones"), ("--tenant", HOSTILE)],
        ("outbox", "replay"): [(its["text"],), ("--all-dead",)],
        ("runs",): [(), ("--json",), (HOSTILE,), ("--tenant", HOSTILE)],
        ("report",): [("--out", "r.html"), ("--out", "r.html", "--tenant", HOSTILE), ("--out", f"{HOSTILE}/r.html")],
        ("preview",): [(), ("--json",), ("--until", "2099-01-01T00:00:00Z", "--tenant", HOSTILE)],
        ("tenants",): [()],
        ("tenants", "check"): [(), (HOSTILE,), (its["subdomain"],)],
    }


def misused(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[str, ...]]:
    """Yield a command with what is hostile in each place where something is typed."""
    yield (*path, f"--{HOSTILE}")
    yield (*path, HOSTILE, HOSTILE)
    for each in command.params:
        if isinstance(each, click.Option):
            yield (*path, each.opts[0], HOSTILE)
            yield (*path, f"{each.opts[0]}={HOSTILE}")


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_command_lets_what_others_wrote_steer_the_terminal_or_forge_a_line(poisoned: Shell, form: str) -> None:
    typed_after = calls(poisoned)
    assert set(typed_after) == {path for path, _ in leaves(cli)}, "a command is new here: say how to call it"
    settings = {"LOG_FILE": "petcare.log", "LOG_FORMAT": form, "LOG_LEVEL": "DEBUG"}
    for path, arguments in typed_after.items():
        start = poisoned.process if path[0] in SERVERS else poisoned
        for done in (start(*path, *each, **settings) for each in arguments):
            assert_tame(done.out + done.err)
            assert done.out + done.err, (path, arguments)
    log = (poisoned.folder / "petcare.log").read_text(encoding="utf-8")
    assert_tame(log)
    assert "FORGED" in log
    beginning = "{" if form == "json" else "20"
    assert {line[: len(beginning)] for line in log.split("\n")} == {beginning, ""}


def test_what_is_typed_wrongly_is_quoted_in_one_line(shell: Shell) -> None:
    groups = [("fee",), ("db",), ("outbox",), ("tenants",), ()]
    wrong = [each for path, command in leaves(cli) for each in misused(path, command)]
    for typed_in in [*wrong, *((*path, HOSTILE) for path in groups)]:
        done = (shell.process if typed_in[0] in SERVERS else shell)(*typed_in)
        assert_tame(done.out + done.err)
        assert done.code in (0, 2), done


@pytest.mark.parametrize("variable", ["SMS_PROVIDER", "TASK_TIMEZONE", "LOG_FILE", "DATABASE_URL", "STRIPE_SECRET_KEY"])
def test_a_setting_is_quoted_in_one_line(shell: Shell, variable: str) -> None:
    value = f"sqlite:///{HOSTILE}/x.db" if variable == "DATABASE_URL" else HOSTILE + "/x"
    for done in shell.each((each, {variable: value}) for each in (("health",), ("run", JOB), ("db", "upgrade"))):
        assert_tame(done.out + done.err)


def test_a_host_shows_and_logs_no_such_words(poisoned: Shell) -> None:
    its = ids(poisoned)
    ((run,),) = poisoned.sql("SELECT id FROM runs WHERE task = ?", JOB)
    explained = [f"/explain/{what}/{its[what]}" for what in ("appointment", "owner", "payment", "text")]
    paths = ["/", "/fees?status=", "/businesses", "/runs", f"/runs/{UUID(run)}", *explained]
    with started(poisoned, "host", "--port", "0", LOG_FILE="petcare.log") as host:
        pages, health = {path: host.site.get(path).body for path in paths}, host.site.get("/health")
        pages["unknown"] = host.site.get(f"/businesses/{quote(HOSTILE.replace(chr(10), ''))}").body
        pages["/texts"] = host.site.get("/texts?until=2026-03-05").body
        pages["asked"] = host.site.get(f"/texts?until=2026-03-05&words={quote(HOSTILE)}").body
        assert host.site.post(f"/admin/functions/{JOB}").status == 202
        assert_tame(host.site.post(f"/admin/functions/%1b[2J{JOB}").body)
        _, err = host.stop(signal.SIGTERM)
    for path, page in pages.items():
        assert "FORGED" in page, path
        assert STEERING.search(page) is None, path
        assert "[link=http://x.example]" in page, path
    assert_tame(health.body)
    assert_tame(err + (poisoned.folder / "petcare.log").read_text(encoding="utf-8"))


def test_a_terminal_gets_no_style_but_ours(poisoned: Shell) -> None:
    _, written = typed(poisoned, "run", JOB, "--at", AT, "--dry-run", columns=9999)
    assert "[link=http://x.example]here[/link]" in written
    ours = re.compile(r"\x1b\[[0-9;?]*[mlhKA]|\r")  # colours, and the progress bar
    assert "\x1b[2J" not in written
    assert_tame(ours.sub("", written))


def test_an_argument_in_another_encoding_is_refused_in_a_line(migrated: Shell) -> None:
    done = migrated.process("outbox", "--tenant", "paws\udc9b31m")
    assert (done.code, done.out, done.err) == (2, "", "error: an argument is not text in UTF-8\n")
