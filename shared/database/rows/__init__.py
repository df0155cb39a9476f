"""Rows of the platform's tables as the jobs read them.

A row that does not hold what its columns promise is left out: a platform's mistake in one row must cost nobody else
anything, so nothing computes with it. It is named once, to whoever the engine's execution option `bad_rows` says, else
in the log. Only the columns that a statement asks for count: what nobody reads harms nobody, and `db check` names it.
"""
