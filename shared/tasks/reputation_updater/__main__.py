"""Run the reputation updater from a shell: `python -m shared.tasks.reputation_updater`."""

from shared.cli import main_of

main_of("ReputationUpdater")
