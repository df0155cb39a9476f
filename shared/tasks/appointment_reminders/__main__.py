"""Run the reminders from a shell: `python -m shared.tasks.appointment_reminders` (both leads)."""

from shared.cli import main_of

main_of("AppointmentReminders24h", "AppointmentReminders2h")
