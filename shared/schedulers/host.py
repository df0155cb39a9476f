"""`python -m shared.schedulers.host`: the scheduler alone, without HTTP. With it: `python -m shared host`."""

if __name__ == "__main__":
    from shared.cli import main_alone

    main_alone()
