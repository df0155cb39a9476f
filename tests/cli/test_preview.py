"""`preview` and `explain` by words: what a person types, and what is shown."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.shell import Shell


def test_the_preview_shows_each_business_and_writes_nothing(petcare: Shell) -> None:
    before = petcare.sql("SELECT count(*) FROM decisions"), petcare.sql("SELECT count(*) FROM runs")
    done = petcare("preview")
    assert (done.code, done.err) == (0, "")
    assert "Hudson Paws Grooming (hudson-paws), times of America/New_York" in done.out
    assert "Mile High Mutts" in done.out
    assert "  not served: sms.quiet_hour: unknown key" in done.out
    assert (petcare.sql("SELECT count(*) FROM decisions"), petcare.sql("SELECT count(*) FROM runs")) == before


def test_machines_get_the_same_preview(petcare: Shell) -> None:
    until = datetime.now(UTC) + timedelta(days=2)  # by then each kind of job ran twice, whatever the time is now
    pages = json.loads(petcare("preview", "--until", until.isoformat(), "--json").out)
    texts = [[each for each in page["events"] if each["step"] == "text"] for page in pages]
    assert [sum(each["segments"] for each in its) for its in texts] == [page["segments"] for page in pages]
    assert all("•" in each["to"] for its in texts for each in its)
    assert any(texts)
    (page,) = json.loads(petcare("preview", "--tenant", "heelwork", "--json").out)
    assert page["tenant"] == "heelwork"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--until", "2020-01-01T00:00:00Z"), "is past; only what is to come can be previewed"),
        (("--until", "2098-01-01T00:00:00Z"), "is more than 31 days ahead; choose an earlier time"),
        (("--until", "yesterday"), "'yesterday' is no time"),
        (("--tenant", "nobody"), "there is no tenant 'nobody'"),
    ],
)
def test_wrong_input_is_named(petcare: Shell, arguments: tuple[str, ...], words: str) -> None:
    done = petcare("preview", *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_a_subject_is_explained_by_words_or_an_id_alone(petcare: Shell) -> None:
    ((id_, name),) = petcare.sql("SELECT id, first_name FROM owners WHERE first_name = 'Ujjwal' LIMIT 1")
    by_id, by_kind = petcare("explain", id_[:12]), petcare("explain", "owner", id_[:12])
    assert by_id == by_kind
    assert f"  owner: {name}\n" in by_id.out
    several = petcare("explain", "bella")
    assert (several.code, several.out) == (2, "")
    assert "several things fit; choose one:" in several.err
    assert ": python -m shared explain appointment " in several.err
    assert petcare("explain", "xyzzy").err == (
        "error: nothing that can be explained fits 'xyzzy'; try: python -m shared find\n"
    )


def test_of_a_suspended_business_it_says_why_nothing_happens_there(petcare: Shell) -> None:
    done = petcare("preview", "--tenant", "prairie-clips")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[1:] == ["  not served: it is suspended"]
