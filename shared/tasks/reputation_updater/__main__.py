"""Run the reputation scores by hand: `python -m shared.tasks.reputation_updater`."""

from shared.cli import main_of

main_of("ReputationUpdater")
