"""Missed visits: found, marked, corrected."""
