"""Deterministic sample data: a few invented businesses, a week of appointments, and every odd case by name."""

from shared.sample.sample import Sample, build, insert

__all__ = ["Sample", "build", "insert"]
