"""Reminders before an appointment: when they are due, to whom they go, what they say."""
