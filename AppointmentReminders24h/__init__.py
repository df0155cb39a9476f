"""Every hour at :00: reminders a day before an appointment."""

import azure.functions as func

from shared.runtime import run_scheduled


def main(timer: func.TimerRequest) -> None:
    """Run the job that the timer asks for."""
    run_scheduled("AppointmentReminders24h")
