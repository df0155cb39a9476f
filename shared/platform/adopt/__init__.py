"""Adopting a platform: the SQL that lets the jobs see a platform's own tables under our names."""
