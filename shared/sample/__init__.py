"""Deterministic sample data: a few invented businesses, a week of appointments, and odd cases by name."""

from shared.sample.sample import Sample, build, insert

__all__ = ["Sample", "build", "insert"]
