"""The jobs: each finds what may be due, asks the rules, and writes a plan."""
