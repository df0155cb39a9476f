"""Reputation scores: past visits change them, and good days mend them."""
