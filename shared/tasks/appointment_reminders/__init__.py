"""Reminders before an appointment: when they are due, who gets them, what they say."""
