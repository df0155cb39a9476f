"""Reputation scores: past visits settled, good days rewarded."""
