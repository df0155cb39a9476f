"""`find` on the command line: a line for each thing, with the command that explains it."""

import json
import re

from tests.cli.people import phones_in
from tests.cli.shell import AT, JOB, Done, Shell

COMMAND = re.compile(r"python -m shared (explain \w+ [0-9a-f-]+|tenants check [\w-]+)$")


def test_each_line_ends_with_a_command_that_explains_it(petcare: Shell) -> None:
    petcare("run", JOB, "--at", AT)
    petcare.sql("UPDATE tenants SET settings = NULL WHERE subdomain = 'mile-high-mutts'")
    commands: dict[str, str] = {}
    for words in (("bella", "hudson"), ("grant",), ("hudson",), ("paws", "text")):
        done = petcare("find", *words)
        assert (done.code, done.err) == (0, "")
        assert phones_in(done.out, petcare) == []
        for line in done.out.splitlines():
            if found := COMMAND.search(line):
                commands[line.split()[0]] = found[1]
            else:
                assert line in ("more: add a word", NOTHING)
    assert {"business", "owner", "pet", "visit", "vaccination"} <= commands.keys()
    for command in commands.values():
        assert petcare(*command.split()).code == 0, command


NOTHING = "nothing fits; searched: names and phones of businesses and owners, names of pets, and ids"


def test_nothing_found_is_no_error_and_says_what_was_searched(petcare: Shell) -> None:
    assert petcare("find", "xyzzy") == Done(0, f"{NOTHING}\n", "")
    assert petcare("find", "xyzzy", "--json") == Done(0, "[]\n", "")
    assert petcare("find", " ").code == 2
    assert petcare("find").code == 2


def test_more_words_than_anybody_needs_are_refused(petcare: Shell) -> None:
    done = petcare("find", *["a"] * 11)
    assert (done.code, done.err) == (2, "error: these are 11 words; write at most 10\n")


def test_at_most_twenty_lines_and_that_there_are_more(petcare: Shell) -> None:
    *lines, last = petcare("find", "bella").out.splitlines()
    assert (len(lines), last) == (20, "more: add a word")
    found = json.loads(petcare("find", "bella", "--tenant", "heelwork", "--json").out)
    assert {each["whose"].rpartition(", ")[2] for each in found} == {"Heelwork Dog Training"}


def test_an_owner_is_found_by_phone(petcare: Shell) -> None:
    (phone, id_) = petcare.sql("SELECT phone, id FROM owners WHERE phone LIKE '+1718555____' ORDER BY id")[0]
    typed = f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"
    assert f"python -m shared explain owner {id_[:8]}" in petcare("find", typed).out
