"""Daily at 06:00: vaccination statuses, and alerts about what expires soon."""

import azure.functions as func

from shared.runtime import run_scheduled


def main(timer: func.TimerRequest) -> None:
    """Run the job that the timer asks for."""
    run_scheduled("VaccinationMonitor")
