"""How long to wait before the next try."""

from datetime import timedelta

import pytest

from shared.domain.back_off import doubled, jittered


@pytest.mark.parametrize(("failures", "seconds"), [(0, 2), (1, 2), (2, 4), (3, 8), (4, 10), (1000, 10)])
def test_the_wait_doubles_with_each_failure_up_to_the_longest(failures: int, seconds: int) -> None:
    assert doubled(2.0, failures, 10.0) == seconds
    assert doubled(timedelta(seconds=2), failures, timedelta(seconds=10)) == timedelta(seconds=seconds)


def test_without_a_longest_wait_the_doubling_ends_anyway() -> None:
    assert doubled(1.0, 1000) == doubled(1.0, 11) == 1024


@pytest.mark.parametrize(("chance", "full", "half"), [(0.0, 0, 5), (0.5, 5, 10), (1.0, 10, 15)])
def test_chance_spreads_the_wait_between_its_bounds(chance: float, full: int, half: int) -> None:
    assert jittered(10.0, chance) == full
    assert jittered(timedelta(seconds=10), chance) == timedelta(seconds=full)
    assert jittered(10.0, chance, 0.5, 1.5) == half
