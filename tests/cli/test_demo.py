"""`demo`: what a first visitor sees."""

import re

from tests.cli.shell import Done, Shell


def test_the_demo_shows_messages_and_reasons_and_the_same_each_time(shell: Shell) -> None:
    # No setting is needed.
    live: dict[str, str | None] = {"SMS_PROVIDER": None, "PAYMENT_PROVIDER": None}
    first, second = shell.each([(("demo",), live), (("demo", "--database", "sqlite:///again.db"), live)])
    assert (first.code, first.err) == (0, "")
    assert second == Done(0, first.out.replace("petcare-demo.db", "again.db"), "")

    assert first.out.startswith("8 invented pet-care businesses in as many time zones, 312 owners, ")
    assert re.search(r"│ Thu 05 Mar \d\d:\d\d +│ \+\d•••••\d{4} │ \w.+ reminder: visit for ", first.out)
    assert re.search(r"│ \d+ +│ opted_out +│ The owner does not want text messages\. +│", first.out)
    assert re.search(r"│ all pets dead +│ skipped: pet_deceased +│", first.out)
    assert "mile-high-mutts: settings: sms.quiet_hour: unknown key" in first.out
    for text in ("Vaccination expiry notice from", "No-show fee:", "Receipt from"):
        assert text in first.out
    for status in ("succeeded", "waived", "cancelled", "needs_refund", "failed"):
        assert re.search(rf"│ 2026-03-\d\d │ .+ │ {status} +│", first.out), status
    assert "held: heelwork on 2026-03-06: 5 of 5 appointments look missed" in first.out
    assert "--accept-surge heelwork:2026-03-06" in first.out
    recovered = re.search(r"│ Sun 08 Mar │.* (\d+) +│$", first.out, re.MULTILINE)
    assert recovered
    assert int(recovered[1]) > 0
    assert max(map(len, first.out.splitlines())) <= 120


def test_the_demo_makes_its_own_database_anew(shell: Shell) -> None:
    (shell.folder / "petcare-demo.db").mkdir()
    done = shell("demo")
    assert (done.code, done.out) == (2, "")
    assert re.fullmatch(r"error: petcare-demo.db cannot be made anew \(.+\); use --database\n", done.err)


def test_the_demo_does_not_touch_a_database_with_tenants_in_it(petcare: Shell) -> None:
    petcare.sql("UPDATE petcare_version SET version_num = '0001'")  # it must not even be migrated
    before = petcare.rows()
    done = petcare("demo", "--database", "sqlite:///petcare.db")
    said = "error: the database at petcare.db holds tenants already; sample data needs an empty one\n"
    assert done == Done(2, "", said)
    assert petcare.rows() == before
