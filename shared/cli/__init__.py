"""The command line: `python -m shared`."""

import sys

try:
    from shared.cli.commands import cli, main, main_alone, main_of
except ModuleNotFoundError as error:
    if str(error.name).partition(".")[0] == "shared":
        raise
    print(
        f"error: {error.name} is not installed in this Python; make a virtual environment as README.md shows, "
        "then run in it: pip install -r requirements.txt",
        file=sys.stderr,
    )
    sys.exit(2)

__all__ = ["cli", "main", "main_alone", "main_of"]
