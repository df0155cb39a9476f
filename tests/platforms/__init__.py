"""Platforms with tables of their own, as one finds them, to adopt in tests."""
