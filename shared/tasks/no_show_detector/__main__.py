"""Run the no-show detector from a shell: `python -m shared.tasks.no_show_detector`."""

from shared.cli import main_of

main_of("NoShowDetector")
