"""The command line: `python -m shared`."""

from shared.cli import main

if __name__ == "__main__":
    main()
