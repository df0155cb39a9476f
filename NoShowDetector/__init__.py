"""Daily at 06:30: missed appointments, and the fees for them."""

import azure.functions as func

from shared.runtime import run_scheduled


def main(timer: func.TimerRequest) -> None:
    """Run the job that the timer asks for."""
    run_scheduled("NoShowDetector")
