"""The platform's database as the jobs see it: whether it has what they need."""
