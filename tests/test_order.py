"""What the order in which tests begin names is there."""

from pathlib import Path

import pytest

from tests.conftest import LONGEST


@pytest.mark.parametrize("name", LONGEST)
def test_what_is_to_begin_first_exists(name: str) -> None:
    assert (Path(__file__).parent / name).exists()
