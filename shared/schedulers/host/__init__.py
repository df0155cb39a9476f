"""The scheduler alone, without HTTP: `python -m shared.schedulers.host`. With it: `python -m shared host`."""
