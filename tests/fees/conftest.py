"""A salon for the tests of fees."""

import pytest

from shared.application import Application
from tests.salon import Salon, salon


@pytest.fixture
def paws(application: Application) -> Salon:
    """A salon whose fees are collected by a double."""
    return salon(application)
