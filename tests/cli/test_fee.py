"""`fee` and the no-show job on the command line: what is listed, charged and forgiven."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.cli.shell import Shell
from tests.loopback.stripe import SECRET, Card, LoopbackStripe

DETECT = ("run", "NoShowDetector", "--at", "2026-03-05T06:30:00Z", "--tenant", "hudson-paws")
BY_MARIA = ("--who", "Maria", "--why", "she agreed")
NOTHING_SET: dict[str, str | None] = {}
NO_CARD = "The owner has no saved card."
NOTHING = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def detected(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Shell:
    """A database in which one visit was missed, with a card on file, and its fee waits: made once, to be copied."""
    migrated = Shell(tmp_path_factory.mktemp("missed"))
    shutil.copy(migrated_file, migrated.database)
    tenant, owner, pet, appointment = (f"{number:032x}" for number in range(1, 5))
    long_ago, start, end = (f"2026-{day}:00.000000" for day in ("01-05 15:00", "03-04 15:00", "03-04 16:00"))
    migrated.sql(
        "INSERT INTO tenants (id, business_name, subdomain, status, is_active, currency, timezone, created_at)"
        " VALUES (?, 'Hudson Paws', 'hudson-paws', 'active', 1, 'USD', 'America/New_York', ?)",
        tenant,
        long_ago,
    )
    migrated.sql(
        "INSERT INTO owners (id, tenant_id, first_name, phone, stripe_customer_id, has_payment_method, created_at)"
        " VALUES (?, ?, 'Ana', '+12125550143', 'cus_1', 1, ?)",
        owner,
        tenant,
        long_ago,
    )
    migrated.sql(
        "INSERT INTO pets (id, tenant_id, owner_id, name, created_at) VALUES (?, ?, ?, 'Bella', ?)",
        pet,
        tenant,
        owner,
        long_ago,
    )
    migrated.sql(
        "INSERT INTO appointments (id, tenant_id, owner_id, scheduled_start, scheduled_end, status, created_at)"
        " VALUES (?, ?, ?, ?, ?, 'confirmed', ?)",
        appointment,
        tenant,
        owner,
        start,
        end,
        long_ago,
    )
    migrated.sql("INSERT INTO appointment_pets (appointment_id, pet_id) VALUES (?, ?)", appointment, pet)
    done = migrated(*DETECT)
    assert done.code == 0, done
    return migrated


@pytest.fixture
def missed(shell: Shell, detected: Shell) -> Shell:
    """A folder with a copy of that database."""
    shutil.copy(detected.database, shell.database)
    return shell


def the_fee(shell: Shell) -> str:
    """The id of the only fee."""
    ((id_,),) = shell.sql("SELECT id FROM payments")
    return str(UUID(id_))


def cells(out: str) -> list[list[str]]:
    """The rows of a table as it is printed, after its headings."""
    return [re.split(r" {2,}", line) for line in out.splitlines()[1:]]


def status(shell: Shell) -> str:
    ((found,),) = shell.sql("SELECT status FROM payments")
    return str(found)


def fees(shell: Shell, *arguments: str) -> list[dict[str, Any]]:
    done = shell("fee", "list", "--json", *arguments)
    assert done.code == 0, done
    found: list[dict[str, Any]] = json.loads(done.out)
    return found


def test_fees_are_listed_for_people_and_for_machines(missed: Shell) -> None:
    (fee,) = fees(missed)
    assert (fee["tenant"], fee["visit_on"], fee["amount_cents"], fee["currency"], fee["status"]) == (
        "hudson-paws", "2026-03-04", 2500, "USD", "pending",
    )  # fmt: skip
    assert (fee["business"], fee["timezone"], fee["owner"], fee["pets"]) == (
        "Hudson Paws", "America/New_York", "Ana", ["Bella"],
    )  # fmt: skip
    shown = missed("fee", "list").out
    assert shown.split()[:7] == "fee business visit owner pets amount state".split()
    row = ["hudson-paws", "2026-03-04", "Ana", "Bella", "$25.00", "pending", "No-show fee, missed visit 1"]
    assert cells(shown) == [[fee["id"][:8], *row]]
    assert fees(missed, "--status", "pending") == [fee]
    assert fees(missed, "--status", "failed", "--status", "needs_refund") == []
    assert missed("fee", "list", "--status", "failed").out == "there is no such fee\n"
    assert fees(missed, "--tenant", "hudson-paws") == [fee]
    missed.sql(
        "INSERT INTO tenants (id, business_name, subdomain, created_at) VALUES (?, 'Other', 'other', ?)",
        "f" * 32,
        "2026-01-05 15:00:00",
    )
    assert missed("fee", "list", "--tenant", "other").out == "there is no such fee\n"


def test_without_any_fee_the_list_says_so(migrated: Shell) -> None:
    done = migrated("fee", "list")
    assert (done.code, done.out) == (0, "there are no fees\n")


def test_a_fee_can_be_charged_at_once_and_only_once(missed: Shell) -> None:
    fee = the_fee(missed)
    done = missed("fee", "charge", fee, "--now", *BY_MARIA)
    ((short, *row, _note),) = cells(done.out)
    assert (done.code, short, row) == (
        0, fee[:8], ["hudson-paws", "2026-03-04", "Ana", "Bella", "$25.00", "succeeded"],
    )  # fmt: skip
    again = missed("fee", "charge", fee, "--now", *BY_MARIA)
    assert (again.code, again.out) == (2, "")
    open_ = "pending, failed, requires_action"
    assert again.err == (
        f"error: the fee {fee} is succeeded; it would have to be {open_}; "
        "it was collected: give it back with `fee refund`\n"
    )
    assert missed.sql("SELECT count(*) FROM payment_attempts") == [(1,)]
    assert missed.sql("SELECT action, who, why FROM fee_actions") == [("charge", "Maria", "she agreed")]


def test_a_fee_without_a_card_says_why_it_was_not_collected(missed: Shell) -> None:
    fee = the_fee(missed)
    missed.sql("UPDATE owners SET has_payment_method = 0")
    done = missed("fee", "charge", fee, "--now", *BY_MARIA)
    assert (done.code, done.err) == (1, f"error: the fee was not collected: {NO_CARD}\n")
    assert cells(missed("fee", "list").out)[0][6] == f"failed: {NO_CARD}"
    missed.sql("UPDATE owners SET has_payment_method = 1")
    assert missed("fee", "charge", fee, "--now", *BY_MARIA).code == 0


def test_a_fee_can_be_forgiven_with_who_and_why_and_the_visit_goes_off_the_record(missed: Shell) -> None:
    fee = the_fee(missed)
    done = missed("fee", "waive", fee, "--who", "Maria", "--why", "her dog was ill")
    assert done.code == 0
    description = "No-show fee, missed visit 1; waived by Maria: her dog was ill"
    assert missed.sql("SELECT status, description FROM payments") == [("waived", description)]
    assert missed("fee", "waive", fee, "--who", "Maria", "--why", "again").code == 2
    assert missed("fee", "charge", fee, "--now", *BY_MARIA).code == 2
    result = json.loads(missed(*DETECT, "--json").out)
    assert (result["corrected"], status(missed)) == (1, "waived")
    assert missed.sql("SELECT no_show_count, reputation_score FROM owners") == [(0, 100)]


def test_all_fees_of_a_run_can_be_forgiven_and_what_was_collected_is_named(missed: Shell) -> None:
    fee = the_fee(missed)
    ((run_id,),) = missed.sql("SELECT run_id FROM decisions WHERE kind = 'no_show'")
    assert missed("fee", "charge", fee, "--now", *BY_MARIA).code == 0
    refused = missed("fee", "waive", "--run", run_id, "--who", "Maria", "--why", "snow")
    assert (refused.code, refused.err) == (
        1,
        f"error: not waived: {fee} is succeeded; it was collected: give it back with `fee refund`\n",
    )
    missed.sql("UPDATE payments SET status = 'failed'")
    done = missed("fee", "waive", "--run", run_id, "--who", "Maria", "--why", "snow")
    assert (done.code, status(missed)) == (0, "waived")
    again = missed("fee", "waive", "--run", run_id, "--who", "Maria", "--why", "snow")
    assert (again.code, missed.sql("SELECT count(*) FROM fee_actions WHERE action = 'waive'")) == (0, [(1,)])


def test_a_fee_and_a_run_may_be_named_by_the_beginning_of_their_ids(missed: Shell) -> None:
    fee = the_fee(missed)
    ((run_id,),) = missed.sql("SELECT id FROM runs")
    assert missed("fee", "charge", fee[:8], "--now", *BY_MARIA).code == 0
    assert missed("fee", "refund", fee[:8].upper(), *BY_MARIA).code == 0
    missed.sql("UPDATE payments SET status = 'failed'")
    assert missed("fee", "waive", "--run", run_id[:8], *BY_MARIA).code == 0
    assert status(missed) == "waived"
    assert missed("explain", "payment", fee[:8]).out.startswith(f"payment {fee} of hudson-paws\n")
    assert missed("fee", "waive", "0000", *BY_MARIA).err == "error: there is no no-show fee 0000\n"


def test_a_collected_fee_is_given_back_in_parts_and_each_command_once(missed: Shell) -> None:
    fee = the_fee(missed)
    early = missed("fee", "refund", fee, *BY_MARIA)
    pending = "it is pending; it would have to be succeeded or needs_refund"
    assert (early.code, early.err) == (2, f"error: the fee {fee} cannot be given back: {pending}\n")
    missed("fee", "charge", fee, "--now", *BY_MARIA)
    part = ("fee", "refund", fee, "--amount", "10.00", "--who", "Tom", "--why", "goodwill")
    assert [missed(*part).code, missed(*part).code] == [0, 0]
    assert status(missed) == "succeeded"
    assert cells(missed("fee", "list").out)[0][5:7] == ["$25.00, $10.00 refunded", "succeeded"]
    assert fees(missed)[0]["refunded_cents"] == 1000
    assert missed.sql("SELECT no_show_fee_charged FROM appointments") == [(1500,)]
    much = missed("fee", "refund", fee, "--amount", "15.01", *BY_MARIA)
    left = "$15.00 of $25.00 are left"
    assert (much.code, much.err) == (2, f"error: the fee {fee} cannot give so much back: {left}\n")
    rest = ("fee", "refund", fee, "--who", "Tom", "--why", "all of it")
    assert [missed(*rest).code, missed(*rest).code] == [0, 0]
    assert status(missed) == "refunded"
    assert missed.sql("SELECT amount, who, outcome FROM fee_actions WHERE action = 'refund' ORDER BY amount") == [
        (1000, "Tom", "done"),
        (1500, "Tom", "done"),
    ]


def test_through_stripe_a_fee_is_charged_and_given_back_on_the_command_line(missed: Shell) -> None:
    fee = the_fee(missed)
    with LoopbackStripe() as stripe:
        through = {"PAYMENT_PROVIDER": "stripe", "STRIPE_API_BASE_URL": stripe.url, "STRIPE_SECRET_KEY": SECRET}
        charged = missed("fee", "charge", fee, "--now", *BY_MARIA, **through)
        back = missed("fee", "refund", fee, *BY_MARIA, **through)
        again = missed("fee", "refund", fee, *BY_MARIA, **through)
        refused = missed("fee", "refund", fee, "--amount", "1", *BY_MARIA, **through | {"STRIPE_SECRET_KEY": None})
        pack = json.loads(missed("explain", "payment", fee, "--json").out)["evidence"]
    assert [charged.code, back.code, again.code, refused.code] == [0, 0, 0, 2]
    assert ("succeeded" in charged.out, "refunded" in back.out) == (True, True)
    assert again.out == f"{back.out}the same refund was asked for before; it is given back once\n"
    assert "STRIPE_SECRET_KEY: not set" in refused.err
    assert ([each["amount"] for each in stripe.paid], [each["amount"] for each in stripe.refunds.values()]) == (
        [2500],
        [2500],
    )
    assert [each["stripe_charge_id"] for each in pack["attempts"]] == list(stripe.charges)
    assert [each["stripe_refund_id"] for each in pack["refunds"]] == list(stripe.refunds)
    assert SECRET not in "".join(each.out + each.err for each in (charged, back, again, refused))


def test_a_run_collects_through_stripe(missed: Shell) -> None:
    missed.sql("UPDATE payments SET next_attempt_at = '2026-03-05 06:30:00.000000'")
    with LoopbackStripe() as stripe:
        through = {"PAYMENT_PROVIDER": "stripe", "STRIPE_API_BASE_URL": stripe.url, "STRIPE_SECRET_KEY": SECRET}
        done = missed(*DETECT, "--json", **through)
    assert (done.code, json.loads(done.out)["fee_cents_collected"]) == (0, {"USD": 2500})
    assert [each["amount"] for each in stripe.paid] == [2500]


@pytest.fixture
def begun(missed: Shell) -> Iterator[tuple[Shell, dict[str, str | None], LoopbackStripe]]:
    """A fee whose card was declined once, so that its payment is begun at Stripe."""
    missed.sql("UPDATE payments SET next_attempt_at = '2026-03-05 06:30:00.000000'")
    with LoopbackStripe() as stripe:
        stripe.cards["cus_1"] = [Card("pm_1", "insufficient_funds")]
        through = {"PAYMENT_PROVIDER": "stripe", "STRIPE_API_BASE_URL": stripe.url, "STRIPE_SECRET_KEY": SECRET}
        assert missed(*DETECT, **through).code == 0
        yield missed, through, stripe


def test_waiving_a_fee_cancels_its_payment_at_stripe(
    begun: tuple[Shell, dict[str, str | None], LoopbackStripe],
) -> None:
    shell, through, stripe = begun
    done = shell("fee", "waive", the_fee(shell), *BY_MARIA, **through)
    assert (done.code, done.err, status(shell)) == (0, "", "waived")
    assert [each["status"] for each in stripe.intents.values()] == ["canceled"]


def test_waiving_a_fee_that_was_paid_meanwhile_says_so_and_lists_it_for_its_refund(
    begun: tuple[Shell, dict[str, str | None], LoopbackStripe],
) -> None:
    shell, through, stripe = begun
    fee = the_fee(shell)
    for intent in stripe.intents.values():
        intent |= {"status": "succeeded", "amount_received": 2500, "latest_charge": "ch_late"}
    done = shell("fee", "waive", fee, *BY_MARIA, **through)
    hint = "it was collected: give it back with `fee refund`"
    assert (done.code, done.err) == (1, f"error: not waived: {fee} is needs_refund; {hint}\n")
    (listed,) = fees(shell, "--status", "needs_refund")
    assert listed["failure_code"] == "paid_after_waiver"


def test_where_stripe_cannot_be_asked_a_waiver_says_that_it_is_not_known_yet(
    begun: tuple[Shell, dict[str, str | None], LoopbackStripe],
) -> None:
    shell, through, _ = begun
    fee = the_fee(shell)
    done = shell("fee", "waive", fee, *BY_MARIA, **through | {"STRIPE_SECRET_KEY": None})
    assert (done.code, status(shell)) == (1, "waived")
    text = f"waived; whether the card had been charged is not known yet ({fee}); the next NoShowDetector asks"
    assert done.err.startswith(f"error: {text}: STRIPE_SECRET_KEY: not set")


def test_what_is_no_amount_is_not_given_back(missed: Shell) -> None:
    fee = the_fee(missed)
    missed.sql("UPDATE payments SET status = 'succeeded'")
    amounts = ("ten", "0.001", "-5", "0", "NaN", "Infinity")
    calls = [(("fee", "refund", fee, f"--amount={amount}", *BY_MARIA), NOTHING_SET) for amount in amounts]
    assert {done.code for done in missed.each(calls)} == {2}
    assert missed.sql("SELECT count(*) FROM fee_actions") == [(0,)]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("fee", "charge", NOTHING, "--now", *BY_MARIA), f"error: there is no no-show fee {NOTHING}"),
        (("fee", "waive", NOTHING, "--who", "Maria", "--why", "ill"), f"error: there is no no-show fee {NOTHING}"),
        (("fee", "waive", NOTHING, "--who", "Maria"), "Missing option '--why'"),
        (("fee", "waive", NOTHING, "--why", "ill"), "Missing option '--who'"),
        (("fee", "charge", "12", "--now", *BY_MARIA), "error: '12' is no id; write it whole, or its first"),
        (("fee", "charge", NOTHING, "--now", "--why", "ill"), "Missing option '--who'"),
        (("fee", "charge", NOTHING, *BY_MARIA), "add --now if that is meant"),
        (("fee", "waive", *BY_MARIA), "error: name fees, or a run with --run"),
        (("fee", "waive", NOTHING, "--run", NOTHING, *BY_MARIA), "error: name fees, or a run with --run"),
        (("fee", "waive", "--run", NOTHING, *BY_MARIA), f"error: no fee was made by a run {NOTHING}"),
        (("fee", "waive", NOTHING, "--who", " ", "--why", "ill"), "Invalid value for '--who': it is empty"),
        (("fee", "waive", NOTHING, "--who", "M", "--why", "x" * 501), "'--why': it is too long by 1 characters"),
        (("fee", "refund", NOTHING, *BY_MARIA), f"error: there is no no-show fee {NOTHING}"),
        (("fee", "list", "--status", "lost"), "'lost' is not one of 'pending'"),
        ((*DETECT, "--accept-surge", "hudson-paws"), "write it like happy-paws:2026-03-01"),
        ((*DETECT, "--accept-surge", "hudson-paws:2026-13-01"), "write it like happy-paws:2026-03-01"),
        ((*DETECT, "--accept-surge", ":2026-03-01"), "write it like happy-paws:2026-03-01"),
        ((*DETECT, "--accept-surge", "nobody:2026-03-01"), "error: there is no tenant 'nobody'"),
        (
            ("run", "AppointmentReminders2h", "--accept-surge", "hudson-paws:2026-03-01"),
            "error: only NoShowDetector holds days back; --accept-surge is for it alone",
        ),
    ],
)
def test_what_is_asked_wrongly_is_refused_in_words(missed: Shell, arguments: tuple[str, ...], hint: str) -> None:
    done = missed(*arguments)
    assert (done.code, done.out) == (2, "")
    assert hint in done.err


def test_stripe_is_refused_only_where_cards_are_charged(migrated: Shell) -> None:
    loopback = {"PAYMENT_PROVIDER": None, "STRIPE_API_BASE_URL": "http://127.0.0.1:9"}
    detect, remind, dry = migrated.each(
        [
            (("run", "NoShowDetector"), loopback),
            (("run", "AppointmentReminders2h"), loopback),
            (("run", "NoShowDetector", "--dry-run"), loopback),
        ]
    )
    assert (detect.code, detect.err) == (
        2,
        "error: STRIPE_SECRET_KEY: not set; set it, or PAYMENT_PROVIDER=console to charge nobody\n",
    )
    assert (remind.code, dry.code) == (0, 0)


def test_a_held_day_is_told_with_what_to_do_and_exits_0(missed: Shell) -> None:
    for number in range(5, 9):
        missed.sql(
            "INSERT INTO appointments (id, tenant_id, owner_id, scheduled_start, scheduled_end, status, created_at)"
            " SELECT ?, tenant_id, owner_id, scheduled_start, scheduled_end, 'confirmed', created_at"
            " FROM appointments LIMIT 1",
            f"{number:032x}",
        )
    done = missed(*DETECT)
    assert done.code == 0
    assert (
        "\nheld: hudson-paws, 2026-03-04: 5 of 5 appointments look missed, "
        "and of 5 in 14 days 0 are on record as attended; nothing was marked. "
        "If it is right, run again with --accept-surge hudson-paws:2026-03-04\n"
    ) in done.out
    accepted = json.loads(missed(*DETECT, "--json", "--accept-surge", "hudson-paws:2026-03-04").out)
    assert (accepted["held"], accepted["total_detected"]) == ([], 4)


def test_run_by_hand_as_a_module(missed: Shell) -> None:
    done = missed(module="shared.tasks.no_show_detector")
    assert (done.code, done.out.startswith("NoShowDetector as of ")) == (0, True)
