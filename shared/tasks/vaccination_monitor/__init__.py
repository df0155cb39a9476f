"""Vaccination alerts, and the statuses of records and pets."""
