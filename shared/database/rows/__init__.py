"""Rows of the platform's tables as the jobs read them.

A row that breaks a promise of its columns is left out: a platform's mistake in one row must cost nobody else anything.
The row is named once, to the function in the engine's execution option `bad_rows`, otherwise in the log. Only the
columns that a statement selects count: a bad value that nobody reads harms nobody, and `db check` names it.
"""
