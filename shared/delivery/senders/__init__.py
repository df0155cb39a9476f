"""Senders that the provider or the carriers refuse."""
