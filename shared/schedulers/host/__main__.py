"""Run every job on its schedule: `python -m shared.schedulers.host`."""

from shared.cli import main_alone

main_alone()
