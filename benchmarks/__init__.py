"""Benchmarks: `python3 dev.py bench`. They compare within one run; no figure depends on how fast the machine is."""
