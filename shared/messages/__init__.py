"""Texts: template files, the values that fill them, and the SMS segments they cost."""
