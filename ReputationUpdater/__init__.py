"""Sundays at 00:00: reputation scores of owners."""

import azure.functions as func

from shared.runtime import run_scheduled


def main(timer: func.TimerRequest) -> None:
    """Run the job that the timer asks for."""
    run_scheduled("ReputationUpdater")
