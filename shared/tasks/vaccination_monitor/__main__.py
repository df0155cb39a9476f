"""Run the vaccination alerts by hand: `python -m shared.tasks.vaccination_monitor`."""

from shared.cli import main_of

main_of("VaccinationMonitor")
