"""Texts: templates as files, what fills them, and how many SMS segments they cost."""
