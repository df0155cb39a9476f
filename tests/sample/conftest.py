"""One sample for all tests of this folder: building it is pure, and nobody changes it."""

from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import pytest

from shared.sample import Sample, build

NOW = datetime(2026, 3, 4, 15, 20, tzinfo=UTC)
sample_at = cache(build)
"""Build the sample as of an instant, once."""


class Found:
    """The rows of a sample by id, and those of an odd case by its label."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self._by_id = {(table, row["id"]): row for table, rows in sample.rows.items() for row in rows if "id" in row}
        self.cases = dict(sample.cases)
        self.vaccination_cases = dict(sample.vaccination_cases)

    def row(self, table: str, row_id: UUID) -> dict[str, Any]:
        return self._by_id[table, row_id]

    def appointment(self, label: str) -> dict[str, Any]:
        return self.row("appointments", self.cases[label])

    def owner(self, label: str) -> dict[str, Any]:
        return self.row("owners", self.appointment(label)["owner_id"])

    def pets(self, label: str) -> list[dict[str, Any]]:
        links = self.sample.rows["appointment_pets"]
        return [self.row("pets", link["pet_id"]) for link in links if link["appointment_id"] == self.cases[label]]

    def tenant(self, label: str) -> dict[str, Any]:
        return self.row("tenants", self.appointment(label)["tenant_id"])

    def record(self, label: str) -> dict[str, Any]:
        return self.row("vaccination_records", self.vaccination_cases[label])

    def same_owner(self, label: str) -> list[dict[str, Any]]:
        owner_id = self.appointment(label)["owner_id"]
        return [row for row in self.sample.rows["appointments"] if row["owner_id"] == owner_id]

    def same_pet(self, label: str) -> list[dict[str, Any]]:
        pet_id = self.record(label)["pet_id"]
        return [row for row in self.sample.rows["vaccination_records"] if row["pet_id"] == pet_id]


@pytest.fixture(scope="session")
def sample() -> Sample:
    return sample_at(NOW)


@pytest.fixture(scope="session")
def found(sample: Sample) -> Found:
    return Found(sample)
