"""The schema check: whether the platform's database has what the jobs need, and whether its rows can be read."""
