"""Find businesses, owners, pets, visits, vaccination records, fees and texts by name, phone or id."""

from shared.operations.find.searching import Finding, find
from shared.operations.find.words import Found

__all__ = ["Finding", "Found", "find"]
