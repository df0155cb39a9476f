"""Simulated days on sample data: `demo` in a terminal, `host --demo` on the pages."""
