"""Run the vaccination monitor from a shell: `python -m shared.tasks.vaccination_monitor`."""

from shared.cli import main_of

main_of("VaccinationMonitor")
