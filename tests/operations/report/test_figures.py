"""The figures of a report: the same as loops over all rows find."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from shared.database.engine import reading
from shared.operations.report.figures import Both, Outcomes, Rate, Report
from shared.operations.report.gathering import report
from tests.operations.report.conftest import NOW, PERIOD
from tests.operations.report.naive import Naive


def of(engine: Engine, subdomain: str | None = None) -> Report:
    with reading(engine) as connection:
        return report(
            connection,
            days=PERIOD.length,
            now=NOW,
            default=ZoneInfo("UTC"),
            subdomain=subdomain,
            until=PERIOD.last,
        )


@pytest.mark.parametrize("subdomain", [None, "kathmandu"])
def test_texts_are_what_a_loop_over_all_rows_counts(drawn: Engine, subdomain: str | None) -> None:
    found, naive = of(drawn, subdomain).texts, Naive(drawn, PERIOD, subdomain)
    nothing = Both(Outcomes(), Outcomes())
    assert found.total == naive.outcomes(lambda _, __: None)[None]
    days = naive.outcomes(lambda when, _: when.date())
    assert found.by_day == {day: days.get(day, nothing).now for day in PERIOD.days}
    assert found.by_kind == naive.outcomes(lambda _, row: row.kind)
    assert found.segments == naive.segments()
    assert found.micros == naive.micros()
    assert found.total.now.sent
    assert found.total.before.rate.whole


@pytest.mark.parametrize("subdomain", [None, "chatham"])
def test_no_shows_are_what_a_loop_over_all_rows_counts(drawn: Engine, subdomain: str | None) -> None:
    found, naive = of(drawn, subdomain).visits, Naive(drawn, PERIOD, subdomain)
    assert found.total == naive.rates(lambda _, __: None)[None]
    assert found.by_weekday == naive.rates(lambda when, _: when.weekday())
    assert found.by_hour == naive.rates(lambda when, _: when.hour)
    assert {name: each for name, each in found.by_service.items() if each != Both(Rate(), Rate())} == naive.rates(
        lambda _, row: naive.service(row)
    )
    assert found.by_reminded == naive.rates(lambda _, row: naive.was_reminded(row))
    unrecorded = [number for number, _, row in naive.visits() if row.status in ("pending", "confirmed", "in_progress")]
    assert found.unrecorded == Both(sum(unrecorded), len(unrecorded) - sum(unrecorded))
    assert set(found.by_reminded) == {True, False}


def test_fees_are_what_a_loop_over_all_rows_sums(drawn: Engine) -> None:
    found = of(drawn).fees
    assert found == Naive(drawn, PERIOD).fees()
    assert {what for its in found.values() for what in its} == {"applied", "collected", "waived", "refunded"}


def test_opt_outs_and_dead_numbers_are_what_a_loop_over_all_rows_counts(drawn: Engine) -> None:
    found, naive = of(drawn), Naive(drawn, PERIOD)
    assert found.opted_out == naive.changes("consent_events", "happened_at", lambda row: not row.given)
    assert found.opted_in == naive.changes("consent_events", "happened_at", lambda row: row.given)
    assert found.dead_numbers == naive.changes("phone_blocks", "created_at")


def test_pets_and_scores_are_what_a_loop_over_all_rows_counts(drawn: Engine) -> None:
    found, naive = of(drawn), Naive(drawn, PERIOD)
    assert found.pets == naive.pets()
    assert found.expiring == naive.expiring(NOW)
    assert found.scores == naive.scores()
    assert found.expiring


def test_the_businesses_add_up_to_the_platform(drawn: Engine) -> None:
    found = of(drawn)
    assert [each.subdomain for each in found.businesses] == ["new_york", "kathmandu", "chatham", "utc"]
    assert sum(each.texts.now.sent for each in found.businesses) == found.texts.total.now.sent
    assert sum(each.segments.before for each in found.businesses) == found.texts.segments.before
    assert sum(each.visits.now.part for each in found.businesses) == found.visits.total.now.part
    for each in found.businesses:
        alone = of(drawn, each.subdomain)
        assert (each.texts, each.visits) == (alone.texts.total, alone.visits.total)
        assert each.collected == {code: its["collected"] for code, its in alone.fees.items() if "collected" in its}
