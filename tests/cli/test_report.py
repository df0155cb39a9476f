"""`report`: writes its files, or says in one line why it cannot."""

import sys
from datetime import date
from unittest.mock import patch

import pytest

from tests.cli.people import names, phones_in, shown
from tests.cli.shell import Shell

UNTIL = "2026-03-03"
"""The day before the sample's."""


def test_the_report_is_one_file(petcare: Shell) -> None:
    done = petcare("report", "--out", "report.html", "--until", UNTIL)
    assert (done.code, done.out, done.err) == (0, "report.html\n", "")
    page = (petcare.folder / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "February 2, 2026 to March 3, 2026" in page
    assert "Silver Lake Animal Clinic" in page


def test_it_names_no_owner_no_pet_and_no_number(petcare: Shell) -> None:
    petcare("report", "--out", "report.html", "--until", UNTIL, "--csv", "figures")
    files = [petcare.folder / "report.html", *(petcare.folder / "figures").iterdir()]
    text = "\n".join(each.read_text(encoding="utf-8") for each in files)
    assert phones_in(text, petcare) == []
    assert shown(text, {name for name in names(petcare) if " " in name or "@" in name}) == set()


def test_the_figures_are_csv_files_too(petcare: Shell) -> None:
    done = petcare("report", "--out", "report.html", "--until", UNTIL, "--csv", "new/figures")
    written = sorted(each.name for each in (petcare.folder / "new" / "figures").iterdir())
    assert {"summary.csv", "no_shows_by_service.csv", "businesses.csv"} <= set(written)
    assert sorted(done.out.splitlines()) == sorted(["report.html", *(f"new/figures/{name}" for name in written)])
    summary = (petcare.folder / "new" / "figures" / "summary.csv").read_text(encoding="utf-8-sig")
    assert summary.splitlines()[0] == "Figure,This period,The period before"


def test_a_report_of_one_business_holds_nothing_of_another(petcare: Shell) -> None:
    assert petcare("report", "--out", "report.html", "--until", UNTIL, "--tenant", "silverlake-vet").code == 0
    page = (petcare.folder / "report.html").read_text(encoding="utf-8")
    assert "<h1>Silver Lake Animal Clinic</h1>" in page
    assert "Hudson Paws" not in page


def test_an_empty_database_has_a_report(migrated: Shell) -> None:
    assert migrated("report", "--out", "report.html").code == 0
    assert "There is nothing yet" in (migrated.folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "r.html", "--tenant", "nobody"), "there is no tenant 'nobody'"),
        (("--out", "missing/r.html"), "missing/r.html cannot be written: No such file or directory"),
        (("--out", "r.html", "--csv", "petcare.db"), "'petcare.db' is a file"),
        (("--out", "r.html", "--until", f"{date.max}"), "is not over everywhere"),
        (("--out", "r.html", "--until", "yesterday"), "'yesterday' does not match the format"),
        (("--out", "r.html", "--days", "0"), "0 is not in the range"),
        ((), "Missing option '--out'"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(migrated: Shell, arguments: tuple[str, ...], words: str) -> None:
    done = migrated("report", *arguments)
    assert done.code == 2
    assert words in done.err.splitlines()[-1]
    assert not (migrated.folder / "r.html").exists()


@pytest.mark.parametrize("library", ["pygal", "jinja2"])
def test_without_a_library_of_its_own_it_names_the_command_that_installs_it(migrated: Shell, library: str) -> None:
    ours = [name for name in sys.modules if name.startswith("shared.operations.report") or name == "shared.cli.report"]
    with patch.dict(sys.modules, {library: None}):
        for name in ours:
            del sys.modules[name]
        done = migrated("report", "--out", "report.html")
    assert done.code == 2
    assert done.err == (
        f"error: the report needs {library}, which is not installed; "
        "run: python -m pip install -r requirements-dev.txt\n"
    )


def test_no_other_command_needs_those_libraries(migrated: Shell) -> None:
    with patch.dict(sys.modules, {"pygal": None, "jinja2": None}):
        assert migrated("outbox").code == 0
